import type { Dispatcher } from 'undici';
import { Pool } from 'undici';
import type { RoomKey } from '../room-key.ts';

/** What a customer may do to rooms through the API. Promises reject when the rooms role is out of reach. */
export interface RoomControl {
  /** Puts everybody out of a room; false when nobody is in it. */
  dismiss(room: RoomKey): Promise<boolean>;
  /** Puts users out of a room, bots too; who is not in it is ignored. False when nobody at all is in the room. */
  remove(room: RoomKey, userIds: readonly string[]): Promise<boolean>;
}

/** An API call takes six seconds at most (contract §8); this leaves time for the answer. */
const ANSWER_WITHIN_MS = 4_000;

/** Steers rooms over the internal routes of the rooms role, on the customer's behalf. */
export class RemoteRooms implements RoomControl {
  readonly #pool: Pool;
  readonly #token: string;

  /** `origin` is where the rooms role answers, `token` the installation's. */
  constructor({ origin, token }: { readonly origin: string; readonly token: string }) {
    this.#pool = new Pool(origin, {
      connections: 8,
      headersTimeout: ANSWER_WITHIN_MS,
      bodyTimeout: ANSWER_WITHIN_MS,
    });
    this.#token = token;
  }

  dismiss(room: RoomKey): Promise<boolean> {
    return this.#delete(pathOf(room), []);
  }

  remove(room: RoomKey, userIds: readonly string[]): Promise<boolean> {
    return this.#delete(`${pathOf(room)}/users`, userIds);
  }

  get closed(): boolean {
    return this.#pool.closed;
  }

  /** Cuts its connections. Idempotent. */
  async close(): Promise<void> {
    if (!this.#pool.destroyed) await this.#pool.destroy();
  }

  async #delete(path: string, users: readonly string[]): Promise<boolean> {
    const query = new URLSearchParams({ by: 'customer' });
    for (const user of users) query.append('user', user);
    const answer = await this.#pool.request({
      method: 'DELETE',
      path: `${path}?${query.toString()}`,
      headers: { authorization: `Bearer ${this.#token}` },
    });
    await drain(answer);
    if (answer.statusCode === 404) return false;
    if (answer.statusCode === 204) return true;
    throw new Error(`the rooms role answered ${answer.statusCode}`);
  }
}

/** A body that nobody reads would keep its connection. */
const drain = ({ body }: Dispatcher.ResponseData): Promise<void> => body.dump();

const pathOf = ({ sdkAppId, kind, roomId }: RoomKey): string =>
  `/rooms/v1/rooms/${sdkAppId}/${kind}/${encodeURIComponent(roomId)}`;
