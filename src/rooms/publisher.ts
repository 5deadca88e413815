import type { Clock } from '../clock.ts';
import type { FeedTrack } from '../feed/messages.ts';
import type { RoomClient } from '../presence/messages.ts';
import type { MediaId } from '../room-key.ts';
import { createReceiverSession } from '../rtp/receiver.ts';
import type { ReceivedPacket, ReceivedSenderReport, ReceiverSession, ReceiverStats } from '../rtp/session.ts';
import { monoUs, type MonoUs } from '../units.ts';
import type { PacketGate } from './intake.ts';
import type { Negotiation } from './negotiation.ts';
import type { LocalTransport, MediaTransport, RemoteTransport, TransportFactory, TransportState } from './transport.ts';

/** A track as the rooms know it: what recorders see, and whom to ask for a key frame. */
export interface RoomTrack {
  readonly feed: FeedTrack;
  readonly publisher: Publisher;
  /** Index of the session's negotiated media. */
  readonly media: number;
  readonly ssrc: number;
}

/** What a publisher tells its room. */
export interface PublisherHost {
  /** ICE and DTLS are up; once. */
  onConnected(publisher: Publisher): void;
  /** The first packet of a track is about to follow. */
  onTrackStarted(track: RoomTrack): void;
  onTrackPacket(track: RoomTrack, packet: ReceivedPacket): void;
  onTrackReport(track: RoomTrack, report: ReceivedSenderReport): void;
  /** Nothing more comes on the track. */
  onTrackStopped(track: RoomTrack): void;
}

/** What a publisher is made of. */
export interface PublisherOptions {
  /** Names the session towards its client; not guessable. */
  readonly sessionId: string;
  readonly userId: string;
  readonly mediaId: MediaId;
  /** Set when the user is no person but a robot that relays a mix into the room. */
  readonly robot?: 'relay';
  readonly negotiation: Negotiation;
  /** With what the user came. */
  readonly client: RoomClient;
  readonly clock: Clock;
  /** Keeps what the user sends within its limits. */
  readonly gate: PacketGate;
  /** Numbers tracks within the process. */
  readonly nextTrack: () => number;
  readonly host: PublisherHost;
}

/** `opening` until the transport is up; `lost` when it died but the user may come back; `closed` for good. */
export type PublisherState = 'opening' | 'connected' | 'lost' | 'closed';

/** One WHIP session: a user's camera or screen coming in over one transport. */
export class Publisher {
  readonly sessionId: string;
  readonly userId: string;
  readonly mediaId: MediaId;
  readonly negotiation: Negotiation;
  readonly #options: PublisherOptions;
  readonly #receiver: ReceiverSession;
  readonly #tracks = new Map<number, RoomTrack>();
  #transport: MediaTransport | undefined;
  #state: PublisherState = 'opening';
  #heardAt: MonoUs;

  constructor(options: PublisherOptions) {
    this.sessionId = options.sessionId;
    this.userId = options.userId;
    this.mediaId = options.mediaId;
    this.negotiation = options.negotiation;
    this.#options = options;
    this.#heardAt = options.clock.monoUs();
    this.#receiver = createReceiverSession(options.negotiation.media, options.negotiation.extensions, {
      onPacket: (packet) => this.#onPacket(packet),
      onSenderReport: (report) => this.#onReport(report),
      // A BYE ends an SSRC, not the session: what comes next on the m-line is a new track.
      onBye: (media) => this.#stopTrack(media),
      sendRtcp: (bytes) => this.#transport?.send(bytes),
    });
  }

  /** What the user said of itself when it began to publish. */
  get robot(): 'relay' | undefined {
    return this.#options.robot;
  }

  /** With what the user came. */
  get client(): RoomClient {
    return this.#options.client;
  }

  get state(): PublisherState {
    return this.#state;
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** Tracks that have started and not stopped, in order of their m-lines. */
  get tracks(): readonly RoomTrack[] {
    return [...this.#tracks.values()].toSorted((a, b) => a.media - b.media);
  }

  /** Microseconds of the monotonic clock when the peer was last heard: its last packet, or when it connected. */
  get heardAt(): MonoUs {
    return this.#heardAt;
  }

  /** Counters of the RTP core. */
  stats(): Readonly<ReceiverStats> {
    return this.#receiver.stats;
  }

  /** Datagrams that were dropped as too many since the last call that said so; now and then, or 0. */
  droppedAsTooMany(now: MonoUs): number {
    return this.#options.gate.report(now);
  }

  /** Opens the transport; its parameters go into the answer. Rejects with TransportError. */
  async open(factory: TransportFactory, remote: RemoteTransport): Promise<LocalTransport> {
    const options = this.#options;
    const transport = await factory(remote, {
      onPacket: (bytes, arrivalUs) => {
        this.#heardAt = options.clock.monoUs();
        if (options.gate.passes(bytes.length, this.#heardAt)) this.#receiver.receive(bytes, arrivalUs, this.#heardAt);
      },
      onState: (state) => this.#onTransport(state),
    });
    this.#transport = transport;
    // Closed while the socket was being opened.
    if (this.#state === 'closed') transport.close();
    return transport.local;
  }

  /** Adds a trickled candidate; false when it is not usable. */
  addCandidate(candidate: string): boolean {
    return this.#transport?.addCandidate(candidate) ?? false;
  }

  /** Sends due feedback; call every 5–20 ms. */
  tick(now: MonoUs): void {
    if (this.#state === 'connected') this.#receiver.tick(now);
  }

  /** Wants a key frame of a negotiated m-line; the core limits the rate. */
  requestKeyFrame(media: number): void {
    if (this.#state === 'connected') this.#receiver.requestKeyFrame(media, this.#options.clock.monoUs());
  }

  /** Stops the tracks and lets go of the transport. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#stopTracks();
    this.#transport?.close();
  }

  #onTransport(state: TransportState): void {
    if (state === 'connected' && this.#state === 'opening') {
      this.#state = 'connected';
      this.#heardAt = this.#options.clock.monoUs();
      this.#options.host.onConnected(this);
    } else if (state === 'failed' || state === 'closed') this.#lose();
  }

  /** The user is kept until the silence is over the room's limit: a page reload or a change of network comes back sooner. */
  #lose(): void {
    if (this.#state === 'closed') return;
    // A transport that never came up leaves nothing to wait for.
    if (this.#state === 'opening') this.#heardAt = monoUs(-Infinity);
    this.#state = 'lost';
    this.#stopTracks();
    this.#transport?.close();
  }

  #onPacket(packet: ReceivedPacket): void {
    if (this.#state !== 'connected') return;
    const running = this.#tracks.get(packet.media);
    const track = running?.ssrc === packet.ssrc ? running : this.#startTrack(packet);
    this.#options.host.onTrackPacket(track, packet);
  }

  #onReport(report: ReceivedSenderReport): void {
    const track = this.#tracks.get(report.media);
    if (track?.ssrc === report.ssrc) this.#options.host.onTrackReport(track, report);
  }

  /** A new SSRC on an m-line is a new RTP stream with its own sequence numbers and time base: a new track. */
  #startTrack(packet: ReceivedPacket): RoomTrack {
    this.#stopTrack(packet.media);
    const media = this.negotiation.media[packet.media]!;
    const feed: FeedTrack = {
      track: this.#options.nextTrack(),
      userId: this.userId,
      mediaId: this.mediaId,
      media: media.media,
      codec: media.codec,
      clockRate: media.clockRate,
      sessionId: this.sessionId,
      startedUs: packet.arrivalUs,
    };
    const track: RoomTrack = { feed, publisher: this, media: packet.media, ssrc: packet.ssrc };
    this.#tracks.set(packet.media, track);
    this.#options.host.onTrackStarted(track);
    return track;
  }

  #stopTrack(media: number): void {
    const track = this.#tracks.get(media);
    if (!track) return;
    this.#tracks.delete(media);
    this.#options.host.onTrackStopped(track);
  }

  #stopTracks(): void {
    for (const media of this.#tracks.keys()) this.#stopTrack(media);
  }
}
