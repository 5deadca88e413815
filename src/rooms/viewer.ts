import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { LeaveReason, RoomClient } from '../presence/messages.ts';
import type { MediaId } from '../room-key.ts';
import type { OutgoingMedia, SenderStats } from '../rtp/sender-options.ts';
import { createSenderSession, type SenderSession } from '../rtp/sender.ts';
import type { ReceivedPacket, ReceivedSenderReport } from '../rtp/session.ts';
import type { MonoUs } from '../units.ts';
import type { PacketGate } from './intake.ts';
import type { Negotiation } from './negotiation.ts';
import type { RoomTrack } from './publisher.ts';
import type { Room, RoomViewer } from './room.ts';
import type { LocalTransport, MediaTransport, RemoteTransport, TransportFactory, TransportState } from './transport.ts';

/** What a viewer is made of. */
export interface ViewerOptions {
  /** Names the session towards its client; not guessable. */
  readonly sessionId: string;
  /** The anchor that is watched. */
  readonly userId: string;
  readonly mediaId: MediaId;
  /** The user who watches, and with what. */
  readonly viewerId: string;
  readonly client: RoomClient;
  readonly room: Room;
  readonly negotiation: Negotiation;
  readonly clock: Clock;
  /** Keeps what the viewer sends within its limits. */
  readonly gate: PacketGate;
  /** Time in which the transport must come up. */
  readonly connectTimeoutMs: number;
}

/** Canonical name of everything we send; one clock, one name (RFC 3550 §6.5.1). */
export const SENDER_CNAME = 'roomtape';

/** One WHEP session: an anchor's picture and sound going out to someone who watches. */
export class Viewer implements RoomViewer {
  readonly sessionId: string;
  readonly userId: string;
  readonly mediaId: MediaId;
  readonly viewerId: string;
  readonly client: RoomClient;
  /** What is sent, by index of the negotiated media. */
  readonly streams: readonly OutgoingMedia[];
  readonly #options: ViewerOptions;
  readonly #sender: SenderSession;
  readonly #openedAt: MonoUs;
  #transport: MediaTransport | undefined;
  #connected = false;
  #closed = false;

  constructor(options: ViewerOptions) {
    this.sessionId = options.sessionId;
    this.userId = options.userId;
    this.mediaId = options.mediaId;
    this.viewerId = options.viewerId;
    this.client = options.client;
    this.#options = options;
    this.#openedAt = options.clock.monoUs();
    this.streams = options.negotiation.media.map((media) => ({
      ...media,
      ssrc: newSsrc(),
      ...(media.rtxPayloadType === undefined ? {} : { rtxSsrc: newSsrc() }),
    }));
    const send = (bytes: Uint8Array): void => void this.#transport?.send(bytes);
    this.#sender = createSenderSession(
      this.streams,
      { sendRtp: send, sendRtcp: send, onKeyFrameWanted: () => this.#requestKeyFrame() },
      { cname: SENDER_CNAME, extensions: options.negotiation.extensions },
    );
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Counters of the sending core. */
  stats(): Readonly<SenderStats> {
    return this.#sender.stats();
  }

  /** Opens the transport; its parameters go into the answer. Rejects with TransportError. */
  async open(factory: TransportFactory, remote: RemoteTransport): Promise<LocalTransport> {
    const transport = await factory(remote, {
      onPacket: (bytes) => this.#onFeedback(bytes),
      onState: (state) => this.#onTransport(state),
    });
    this.#transport = transport;
    // Closed while the socket was being opened.
    if (this.#closed) transport.close();
    return transport.local;
  }

  /** Adds a trickled candidate; false when it is not usable. */
  addCandidate(candidate: string): boolean {
    return this.#transport?.addCandidate(candidate) ?? false;
  }

  onPacket(track: RoomTrack, packet: ReceivedPacket): void {
    const index = this.#connected ? this.#streamOf(track) : -1;
    if (index >= 0) this.#sender.forward(index, packet, this.#options.clock.monoUs());
  }

  onReport(track: RoomTrack, report: ReceivedSenderReport): void {
    const index = this.#streamOf(track);
    if (index >= 0) this.#sender.senderReport(index, report);
  }

  onSourceGone(): void {
    this.close();
  }

  tick(now: MonoUs): void {
    if (this.#connected) this.#sender.tick(now);
  }

  sweep(now: MonoUs): void {
    const overdue = now - this.#openedAt > this.#options.connectTimeoutMs * 1000;
    if (!this.#connected && overdue) this.close();
  }

  /** Says BYE and lets go of the transport. Idempotent. */
  close(reason: LeaveReason = 'left'): void {
    if (this.#closed) return;
    this.#sender.close();
    this.#closed = true;
    this.#connected = false;
    this.#options.room.unwatch(this, reason);
    this.#transport?.close();
  }

  #onFeedback(bytes: Uint8Array): void {
    const now = this.#options.clock.monoUs();
    if (this.#options.gate.passes(bytes.length, now)) this.#sender.receive(bytes, now);
  }

  #onTransport(state: TransportState): void {
    if (state === 'connected' && !this.#closed && !this.#connected) {
      this.#connected = true;
      this.#options.room.onWatching(this);
    } else if (state === 'failed' || state === 'closed') this.close(state === 'failed' ? 'timeout' : 'left');
  }

  /** The source may come back with another codec than was negotiated with us: then there is nothing to send. */
  #streamOf(track: RoomTrack): number {
    const { media, codec } = track.feed;
    return this.streams.findIndex((stream) => stream.media === media && stream.codec === codec);
  }

  #requestKeyFrame(): void {
    const source = this.#options.room.source(this.userId, this.mediaId);
    const media = source?.negotiation.media.findIndex((one) => one.media === 'video') ?? -1;
    if (media >= 0) source?.requestKeyFrame(media);
  }
}

/** Random and not zero (RFC 3550 §8.1); two streams of a session collide once in four billion. */
const newSsrc = (): number => randomBytes(4).readUInt32BE() || 1;
