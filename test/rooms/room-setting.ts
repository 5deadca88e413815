import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { FakeClock } from '../../src/clock.ts';
import type { FeedEvent, FeedTrack } from '../../src/feed/messages.ts';
import type { BatchedPacket } from '../../src/feed/packet-batch.ts';
import type { MediaId } from '../../src/room-key.ts';
import { botClient } from '../../src/rooms/client-description.ts';
import { Intake } from '../../src/rooms/intake.ts';
import { negotiatePublish } from '../../src/rooms/negotiation.ts';
import { Publisher } from '../../src/rooms/publisher.ts';
import { RoomRegistry } from '../../src/rooms/room-registry.ts';
import type { Room, RoomBot } from '../../src/rooms/room.ts';
import { readOffer } from '../../src/rooms/sdp-offer.ts';
import { fakeTransports, type FakePeer } from './fake-peer.ts';

export const OPUS = 111;
export const H264 = 106;
const offerOf = (name: string) => readOffer(readFileSync(new URL(`offers/${name}.sdp`, import.meta.url), 'utf8'));

/** A bot that keeps what it is told. */
export class TestBot implements RoomBot {
  readonly join;
  readonly client = botClient('127.0.0.1');
  readonly events: FeedEvent[] = [];
  readonly packets: { track: number; seq: number }[] = [];
  closedBy: string | undefined;

  constructor(room: Room, botUserId = 'bot', taskId = 'task') {
    this.join = { kind: 'join', room: room.key, botUserId, taskId } as const;
    room.join(this);
  }

  sendEvent(event: FeedEvent): void {
    this.events.push(event);
  }

  sendPacket(track: FeedTrack, packet: BatchedPacket): void {
    this.packets.push({ track: track.track, seq: packet.seq });
  }

  close(reason: string): void {
    this.closedBy = reason;
  }

  /** The events after `joined`, in short. */
  story(): string[] {
    return this.events.slice(1).map((event) => {
      switch (event.kind) {
        case 'entered':
          return `entered ${event.anchor.userId} #${event.anchor.order}`;
        case 'left':
          return `left ${event.userId} ${event.reason}`;
        case 'started':
          return `started ${event.track.track} ${event.track.userId} ${event.track.mediaId} ${event.track.codec}`;
        case 'stopped':
          return `stopped ${event.track}`;
        case 'ejected':
          return `ejected ${event.reason}`;
        default:
          return event.kind;
      }
    });
  }
}

/** A room on a fake clock, with sessions whose transports are in the test's hand. */
export function roomSetting(): {
  clock: FakeClock;
  registry: RoomRegistry;
  room: Room;
  publish: (userId: string, mediaId?: MediaId, offerName?: string) => Promise<{ publisher: Publisher; peer: FakePeer }>;
} {
  const clock = new FakeClock();
  const { factory, peers } = fakeTransports(clock);
  const registry = new RoomRegistry(
    clock,
    { anchorTimeoutMs: 10_000, connectTimeoutMs: 20_000, log: pino({ level: 'silent' }) },
    () => {},
  );
  const room = registry.open({ sdkAppId: 1, kind: 'number', roomId: '7' });
  const intake = new Intake();
  let sessions = 0;
  const publish = async (
    userId: string,
    mediaId: MediaId = 'main',
    offerName = 'ffmpeg',
  ): Promise<{ publisher: Publisher; peer: FakePeer }> => {
    const offer = offerOf(offerName);
    const publisher = new Publisher({
      sessionId: `s${++sessions}`,
      userId,
      mediaId,
      negotiation: negotiatePublish(offer),
      client: { terminal: 1, userType: 1, software: 'WHIP', address: '192.0.2.7' },
      clock,
      gate: intake.gate(),
      nextTrack: registry.nextTrack,
      host: room,
    });
    room.admit(publisher);
    await publisher.open(factory, offer.transport);
    return { publisher, peer: peers.at(-1)! };
  };
  return { clock, registry, room, publish };
}
