import { pino } from 'pino';
import { systemClock } from '../../src/clock.ts';
import type { AppDirectory } from '../../src/config/apps.ts';
import { connectFeed, type FeedClient } from '../../src/feed/client.ts';
import type { FeedEvent, FeedJoin, FeedPacket } from '../../src/feed/messages.ts';
import type { RoomKey } from '../../src/room-key.ts';
import { startRooms, type RoomsOptions, type RunningRooms } from '../../src/rooms/start.ts';
import { signUserSig } from '../../src/usersig/verify.ts';

export const SDK_APP_ID = 1400000000;
export const TOKEN = 'installation-token';
export const SECRET = '5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e';

/** One app without callbacks. */
export const testApps: AppDirectory = {
  account: () => undefined,
  app: (sdkAppId) =>
    sdkAppId === SDK_APP_ID
      ? {
          sdkAppId,
          secretKey: SECRET,
          callback: undefined,
          storage: { kind: 'library' },
          limits: { concurrentTasks: 1, queriesPerSecond: 1, streamsPerTask: 1 },
        }
      : undefined,
};

/** Rooms on an ephemeral loopback port. */
export function startTestRooms(options: Partial<RoomsOptions> = {}): Promise<RunningRooms> {
  return startRooms({
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    apps: testApps,
    clock: systemClock(),
    log: pino({ level: 'silent' }),
    maxSessions: 100,
    ...options,
  });
}

export const sigFor = (userId: string, nowMs: number = Date.now()): string =>
  signUserSig({ userId, sdkAppId: SDK_APP_ID, secretKey: SECRET, nowMs, expireS: 3600 });

export const roomOf = (kind: RoomKey['kind'], roomId: string): RoomKey => ({ sdkAppId: SDK_APP_ID, kind, roomId });

/** Everything a feed brought, with a way to wait for it. */
export class RecordedFeed {
  readonly events: FeedEvent[] = [];
  readonly packets: FeedPacket[] = [];
  readonly client: FeedClient;
  closedBy: string | undefined;
  #waiting: (() => void)[] = [];

  constructor(rooms: RunningRooms, join: Partial<FeedJoin> & Pick<FeedJoin, 'room'>) {
    this.client = connectFeed({
      url: `http://127.0.0.1:${rooms.port}`,
      token: TOKEN,
      join: { kind: 'join', botUserId: 'bot', taskId: 'task', ...join },
      clock: systemClock(),
      on: {
        onEvent: (event) => this.#add(() => this.events.push(event)),
        onPacket: (packet) =>
          this.#add(() => this.packets.push({ ...packet, payload: Uint8Array.from(packet.payload) })),
        onClosed: (reason) => this.#add(() => (this.closedBy = reason)),
      },
    });
  }

  kinds(): string[] {
    return this.events.map((event) => event.kind);
  }

  of<Kind extends FeedEvent['kind']>(kind: Kind): Extract<FeedEvent, { kind: Kind }>[] {
    return this.events.filter((event): event is Extract<FeedEvent, { kind: Kind }> => event.kind === kind);
  }

  /** Resolves when the condition holds, looked at after whatever comes. The test's own timeout ends a wait in vain. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #add(action: () => unknown): void {
    action();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
