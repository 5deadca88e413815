import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from './clock.ts';
import type { MediaId, RoomKey } from './room-key.ts';
import { wallMs, type WallMs } from './units.ts';

/** What a ticket allows: to watch one picture of one user, as that viewer, for the time in which it must be used. */
export interface WatchRight {
  readonly room: RoomKey;
  readonly userId: string;
  readonly mediaId: MediaId;
  readonly viewerId: string;
}

/** A ticket as a bearer token. */
export interface WatchTicket {
  readonly token: string;
  readonly expiresMs: WallMs;
}

/** A connection is made at once; another one gets another ticket. */
const validMs = 60_000;
const signed = z.object({ right: z.string(), expiresMs: z.int() });

const textOf = ({ room, userId, mediaId, viewerId }: WatchRight): string =>
  JSON.stringify([room.sdkAppId, room.kind, room.roomId, userId, mediaId, viewerId]);

/**
 * Tickets by which administrators watch a room: the server issues them and the rooms role checks them. They are signed
 * with the installation's token, which no app has, so that nobody else watches without being seen.
 */
export class WatchTickets {
  readonly #key: Buffer;
  readonly #clock: Pick<Clock, 'wallMs'>;

  /** `token` is the installation's. */
  constructor(token: string, clock: Pick<Clock, 'wallMs'>) {
    this.#key = createHmac('sha256', token).update('watch tickets').digest();
    this.#clock = clock;
  }

  /** A ticket that has to be used within a minute. */
  issue(right: WatchRight): WatchTicket {
    const expiresMs = wallMs(this.#clock.wallMs() + validMs);
    const text = Buffer.from(JSON.stringify({ right: textOf(right), expiresMs }));
    return { token: `${text.toString('base64url')}.${this.#sign(text).toString('base64url')}`, expiresMs };
  }

  /** Whether the token is a ticket for just that, now. */
  allows(token: string, right: WatchRight): boolean {
    const [text = '', mac = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url'));
    if (!(text instanceof Buffer) || !(mac instanceof Buffer)) return false;
    const own = this.#sign(text);
    if (mac.length !== own.length || !timingSafeEqual(mac, own)) return false;
    const { right: allowed, expiresMs } = signed.parse(JSON.parse(text.toString('utf8')));
    return allowed === textOf(right) && this.#clock.wallMs() < expiresMs;
  }

  #sign(text: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}
