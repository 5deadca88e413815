import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock, type Clock } from '../../src/clock.ts';
import type { AppDirectory } from '../../src/config/apps.ts';
import { RoomFollower } from '../../src/presence/follower.ts';
import type { RunningRooms } from '../../src/rooms/start.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { fakeTransports, type FakePeer } from '../rooms/fake-peer.ts';
import { SDK_APP_ID, sigFor, startTestRooms, TOKEN } from '../rooms/rooms-fixture.ts';
import { silentLog, tempFolder } from '../tasks/fixture.ts';

export const OPUS = 111;
export const H264 = 106;

const offer = (name: string): string => readFileSync(new URL(`../rooms/offers/${name}.sdp`, import.meta.url), 'utf8');

/** A session over HTTP whose media transport is in the test's hand. */
export interface OpenedSession {
  readonly peer: FakePeer;
  readonly status: number;
  /** The client leaves. */
  end(): Promise<void>;
}

/** A real rooms role without sockets for media. */
export class RoomsUnderTest {
  readonly rooms: RunningRooms;
  readonly #peers: FakePeer[];

  private constructor(rooms: RunningRooms, peers: FakePeer[]) {
    this.rooms = rooms;
    this.#peers = peers;
  }

  static async start(t: TestContext, apps: AppDirectory, port = 0, clock: Clock = systemClock()) {
    const { factory, peers } = fakeTransports(clock);
    const rooms = await startTestRooms({ apps, clock, port, transports: factory });
    t.after(() => rooms.close());
    return new RoomsUnderTest(rooms, peers);
  }

  get origin(): string {
    return `http://127.0.0.1:${this.rooms.port}`;
  }

  /** Posts an offer; the transport comes up when it was taken. */
  async open(path: string, userId: string, agent = 'Lavf/62', offerName = 'ffmpeg'): Promise<OpenedSession> {
    const response = await fetch(this.origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${sigFor(userId)}`, 'user-agent': agent },
      body: offer(offerName),
    });
    const peer = this.#peers.at(-1)!;
    if (response.status === 201) peer.become('connected');
    const end = async (): Promise<void> => {
      await fetch(this.origin + response.headers.get('location'), { method: 'DELETE' });
    };
    return { peer, status: response.status, end };
  }

  publish(roomId: string, userId: string, query = '', agent?: string): Promise<OpenedSession> {
    return this.open(`/whip/${SDK_APP_ID}/${encodeURIComponent(roomId)}/${userId}?${query}`, userId, agent);
  }

  watch(roomId: string, userId: string, viewer: string, query = ''): Promise<OpenedSession> {
    const path = `/whep/${SDK_APP_ID}/${encodeURIComponent(roomId)}/${userId}?viewer=${viewer}${query}`;
    return this.open(path, viewer, undefined, 'chromium-watch');
  }
}

/** A store that follows rooms. */
export async function follow(
  t: TestContext,
  origin: string,
  apps: Pick<AppDirectory, 'app'>,
  options: { clock?: Clock; store?: Store } = {},
): Promise<{ store: Store; follower: RoomFollower }> {
  const clock = options.clock ?? systemClock();
  const path = join(await tempFolder(t), 'store.sqlite');
  const store = options.store ?? (await openStore({ path, clock }));
  const follower = new RoomFollower({ rooms: { origin, token: TOKEN }, store, apps, clock, log: silentLog });
  t.after(async () => {
    await follower.close();
    await store.close();
  });
  return { store, follower };
}

/** Resolves with the value when it is there; fails after ten seconds. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await pause(5);
  }
}
