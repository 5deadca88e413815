import type { FeedPacket } from '../feed/messages.ts';
import type { WallUs } from '../units.ts';
import { H264Assembler } from './h264-assembler.ts';
import type { VideoSink } from './media.ts';
import type { CodedPicture, PictureAssembler } from './picture-assembler.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { SectionGate } from './section-gate.ts';
import type { SessionClock } from './session-clock.ts';
import { TrackClock, type SenderReport, type TimedUnit } from './track-clock.ts';
import type { TrackReader, TrackReaderStats } from './reader.ts';
import { Vp8Assembler } from './vp8-assembler.ts';

/** What a video reader needs. */
export interface VideoTrackReaderOptions {
  readonly codec: 'h264' | 'vp8';
  /** The clock shared by the tracks of the publishing session. */
  readonly clock: SessionClock;
  readonly sink: VideoSink;
  /** Called when decoding cannot go on without a key frame. */
  readonly requestKeyFrame: () => void;
  /** RTP ticks per second; 90000 by default. */
  readonly clockRate?: number;
  /** Longest wait for a missing packet; 600 ms by default. */
  readonly maxWaitUs?: number;
}

/** Counters of a video reader. */
export interface VideoReaderStats extends TrackReaderStats {
  keyUnits: number;
  /** Whole pictures not handed out because one they build on was lost. */
  undecodable: number;
  keyFrameRequests: number;
  /** Size of the newest key picture, 0 before one. */
  width: number;
  height: number;
}

type TimedPicture = TimedUnit & Pick<CodedPicture, 'key' | 'data'>;

/** `rooms` repeats a request by itself; asking again this much later only covers one that was lost on the way. */
const ASK_AGAIN_US = 1_000_000;
/** Damage is reported at once, but a stream of damage not for every packet. */
const ASK_AFTER_DAMAGE_US = 200_000;

/**
 * Packets of one video track to pictures on our wall clock. It begins with a key frame; after a loss it asks for another
 * and hands out nothing until that one is there, so that every picture can be decoded.
 */
export class VideoTrackReader implements TrackReader {
  readonly #options: VideoTrackReaderOptions;
  readonly #clock: TrackClock;
  readonly #gate: SectionGate<TimedPicture>;
  readonly #order: ReorderBuffer;
  readonly #assembler: PictureAssembler;
  #closed = false;
  #nowUs = 0;
  #askedUs = Number.NEGATIVE_INFINITY;
  #awaitsKey = true;
  #lossAhead = false;
  readonly #counts = { packets: 0, units: 0, keyUnits: 0, undecodable: 0, keyFrameRequests: 0 };

  constructor(options: VideoTrackReaderOptions) {
    const { clock, clockRate = 90_000, maxWaitUs, codec } = options;
    this.#options = options;
    this.#clock = new TrackClock({ session: clock, clockRate, media: 'video' });
    this.#gate = new SectionGate<TimedPicture>({ clock: this.#clock, emit: (unit, at) => this.#emit(unit, at) });
    this.#order = new ReorderBuffer({
      ...(maxWaitUs === undefined ? {} : { maxWaitUs }),
      deliver: (packet, afterLoss) => this.#take(packet, afterLoss),
    });
    const events = {
      onPicture: (picture: CodedPicture) => this.#onPicture(picture),
      onDamage: () => this.#onDamage(),
    };
    this.#assembler = codec === 'h264' ? new H264Assembler(events) : new Vp8Assembler(events);
  }

  get closed(): boolean {
    return this.#closed;
  }

  push(packet: FeedPacket): void {
    if (this.#closed) return;
    this.#counts.packets++;
    this.#nowUs = packet.arrivalUs;
    this.#order.push(packet);
    this.#gate.advance(packet.arrivalUs);
  }

  onSenderReport(report: SenderReport): void {
    if (!this.#closed) this.#clock.onSenderReport(report);
  }

  advance(now: WallUs): void {
    this.#nowUs = now;
    this.#order.advance(now);
    this.#gate.advance(now);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#order.flush();
    this.#assembler.flush();
    this.#gate.flush();
  }

  stats(): VideoReaderStats {
    const { lost, late } = this.#order.stats();
    const { outliers } = this.#gate;
    return { ...this.#counts, ...this.#assembler.stats(), ...this.#clock.stats(), lost, late, outliers };
  }

  /** A packet without payload is padding: it closes a gap in the numbers and is no part of a picture. */
  #take(packet: FeedPacket, afterLoss: boolean): void {
    const loss = afterLoss || this.#lossAhead;
    this.#lossAhead = loss && packet.payload.length === 0;
    if (packet.payload.length > 0) this.#assembler.push(packet, loss);
    else if (afterLoss) this.#onDamage();
  }

  #onPicture({ rtp, arrivalUs, key, data }: CodedPicture): void {
    if (key) this.#awaitsKey = false;
    if (this.#awaitsKey) {
      this.#counts.undecodable++;
      this.#ask(ASK_AGAIN_US);
      return;
    }
    this.#gate.push({ rtp, arrivalUs, durationUs: 0, quiet: false, key, data });
  }

  #onDamage(): void {
    this.#awaitsKey = true;
    this.#ask(ASK_AFTER_DAMAGE_US);
  }

  #ask(againUs: number): void {
    if (this.#closed || this.#nowUs - this.#askedUs < againUs) return;
    this.#askedUs = this.#nowUs;
    this.#counts.keyFrameRequests++;
    this.#options.requestKeyFrame();
  }

  #emit({ key, data }: TimedPicture, at: WallUs): void {
    this.#counts.units++;
    if (key) this.#counts.keyUnits++;
    this.#options.sink.onVideo({ at, key, codec: this.#options.codec, data });
  }
}
