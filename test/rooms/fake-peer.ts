import type { Clock } from '../../src/clock.ts';
import type {
  LocalTransport,
  MediaTransport,
  RemoteTransport,
  TransportEvents,
  TransportFactory,
  TransportState,
} from '../../src/rooms/transport.ts';
import { buildRtp } from '../../src/rtp/rtp-build.ts';

/** The far end of a transport that has no sockets: what it "sends" arrives at once. */
export class FakePeer implements MediaTransport {
  readonly local: LocalTransport = {
    ufrag: 'Ab12',
    pwd: 'abcdefghijklmnopqrstuv',
    fingerprint: { algorithm: 'sha-256', value: 'AB:CD' },
    setup: 'passive',
    candidates: ['candidate:1 1 udp 2130706431 198.51.100.1 40000 typ host'],
  };
  readonly remote: RemoteTransport;
  readonly sent: Uint8Array[] = [];
  readonly candidates: string[] = [];
  state: TransportState = 'new';
  closed = false;
  readonly #events: TransportEvents;
  readonly #clock: Clock;

  constructor(clock: Clock, remote: RemoteTransport, events: TransportEvents) {
    this.#clock = clock;
    this.remote = remote;
    this.#events = events;
  }

  send(bytes: Uint8Array): boolean {
    this.sent.push(Uint8Array.from(bytes));
    return !this.closed;
  }

  addCandidate(candidate: string): boolean {
    this.candidates.push(candidate);
    return true;
  }

  close(): void {
    this.closed = true;
    this.state = 'closed';
  }

  become(state: TransportState): void {
    this.state = state;
    this.#events.onState(state);
  }

  rtp(payloadType: number, ssrc: number, sequenceNumber: number, payload: readonly number[] = [0x65, 1, 2]): void {
    const timestamp = (sequenceNumber * 3000) >>> 0;
    const bytes = buildRtp({
      payloadType,
      marker: true,
      sequenceNumber,
      timestamp,
      ssrc,
      payload: Uint8Array.from(payload),
    });
    this.raw(bytes);
  }

  /** An empty receiver report: proof of life and nothing else. */
  rtcp(): void {
    this.raw(Uint8Array.from([0x80, 201, 0, 1, 0, 0, 0, 9]));
  }

  raw(bytes: Uint8Array): void {
    this.#events.onPacket(Buffer.from(bytes), this.#clock.wallUs());
  }
}

/** A factory that keeps what it made, in order. */
export function fakeTransports(clock: Clock): { factory: TransportFactory; peers: FakePeer[] } {
  const peers: FakePeer[] = [];
  const factory: TransportFactory = async (remote, events) => {
    const peer = new FakePeer(clock, remote, events);
    peers.push(peer);
    return peer;
  };
  return { factory, peers };
}
