import type { FeedPacket } from '../feed/messages.ts';
import type { WallUs } from '../units.ts';
import type { AudioSink, AudioUnit } from './media.ts';
import { opusSamples } from './opus-packet.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { SectionGate } from './section-gate.ts';
import type { SessionClock } from './session-clock.ts';
import { TrackClock, type SenderReport, type TimedUnit } from './track-clock.ts';
import type { TrackReader, TrackReaderStats } from './reader.ts';

/** What an audio reader needs. */
export interface AudioTrackReaderOptions {
  /** The clock shared by the tracks of the publishing session. */
  readonly clock: SessionClock;
  readonly sink: AudioSink;
  /** RTP ticks per second; 48000, as Opus always has (RFC 7587 §4.1), by default. */
  readonly clockRate?: number;
  /** Longest wait for a missing packet; 600 ms by default. */
  readonly maxWaitUs?: number;
}

type TimedSound = TimedUnit & Omit<AudioUnit, 'at'>;

/** From this level down (−dBov, RFC 6464) nothing is heard. */
const INAUDIBLE = 100;
const UNKNOWN_LEVEL = 255;
/** Discontinuous transmission: the TOC, or the TOC and one byte (RFC 6716 §2.1.9). */
const DTX_BYTES = 2;

/** Numbers that are further apart are a sender that began anew, no loss: nothing longer (20 s) could be mended anyhow. */
const MOST_LOST = 1000;

/** Opus packets of one track to sounds on our wall clock. A lost packet is a gap in `at`, and counted in `lost`. */
export class AudioTrackReader implements TrackReader {
  readonly #clock: TrackClock;
  readonly #gate: SectionGate<TimedSound>;
  readonly #order: ReorderBuffer;
  #lastSeq: number | undefined;
  #closed = false;
  #packets = 0;
  #malformed = 0;
  #units = 0;

  constructor({ clock, sink, clockRate = 48_000, maxWaitUs }: AudioTrackReaderOptions) {
    this.#clock = new TrackClock({ session: clock, clockRate, media: 'audio' });
    this.#gate = new SectionGate<TimedSound>({
      clock: this.#clock,
      emit: ({ samples, data, level, lost }, at) => {
        this.#units++;
        sink.onAudio({ at, samples, data, level, ...(lost ? { lost } : {}) });
      },
    });
    this.#order = new ReorderBuffer({
      ...(maxWaitUs === undefined ? {} : { maxWaitUs }),
      deliver: (packet) => this.#take(packet),
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  push(packet: FeedPacket): void {
    if (this.#closed) return;
    this.#packets++;
    this.#order.push(packet);
    this.#gate.advance(packet.arrivalUs);
  }

  onSenderReport(report: SenderReport): void {
    if (!this.#closed) this.#clock.onSenderReport(report);
  }

  advance(now: WallUs): void {
    this.#order.advance(now);
    this.#gate.advance(now);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#order.flush();
    this.#gate.flush();
  }

  stats(): TrackReaderStats {
    const { lost, late } = this.#order.stats();
    const { sections, reports, rejectedReports } = this.#clock.stats();
    const { outliers } = this.#gate;
    const counted = { packets: this.#packets, malformed: this.#malformed, units: this.#units };
    return { ...counted, lost, late, sections, outliers, reports, rejectedReports };
  }

  #take(packet: FeedPacket): void {
    const samples = packet.payload.length === 0 ? 0 : opusSamples(packet.payload);
    // A malformed packet is as good as lost; one without a payload held no sound.
    if (samples === undefined) this.#malformed++;
    else {
      const lost = this.#lostBefore(packet.seq);
      if (samples > 0) this.#place(packet, samples, lost);
    }
  }

  #lostBefore(seq: number): number {
    const missing = seq - (this.#lastSeq ?? seq - 1) - 1;
    this.#lastSeq = seq;
    return missing > 0 && missing <= MOST_LOST ? missing : 0;
  }

  #place({ payload, timestamp, arrivalUs, level }: FeedPacket, samples: number, lost: number): void {
    const inaudible = level >= INAUDIBLE && level !== UNKNOWN_LEVEL;
    this.#gate.push({
      rtp: timestamp,
      arrivalUs,
      durationUs: Math.round((samples * 1000) / 48),
      quiet: inaudible || payload.length <= DTX_BYTES,
      samples,
      level,
      lost,
      data: new Uint8Array(payload),
    });
  }
}
