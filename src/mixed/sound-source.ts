import { OpusVoice } from '../codec/opus-voice.ts';
import { silentLevel, SoundLane, type LaidSound } from '../codec/sound-lane.ts';
import type { AudioSink, AudioUnit } from '../timeline/media.ts';
import { wallUs, type WallUs } from '../units.ts';
import type { SoundBus } from './sound-bus.ts';
import { UnitQueue } from './unit-queue.ts';

/** What one voice went through, in Opus packets. */
export interface SoundSourceStats {
  decoded: number;
  /** Marked as silence by the sender; only the first few of a run are decoded. */
  silent: number;
  /** Wholly or partly too late for the mix. */
  late: number;
  broken: number;
  /** Lost, and their place filled with what the sound before suggests. */
  concealed: number;
  /** Lost, and had from the redundancy in the next. */
  recovered: number;
  /** Not heard because the user is beyond the mix's limit, or removed, or the queue was full. */
  dropped: number;
}

/** How a voice is made. */
export interface SoundSourceOptions {
  readonly zero: WallUs;
  readonly channels: 1 | 2;
  /** Whether the user may be heard at that time. */
  readonly isHeard: (at: WallUs) => boolean;
}

/** One track's sound on its way into the mix. The decoder is opened by the first sound that is not silent. */
export class SoundSource implements AudioSink {
  readonly #counts = { decoded: 0, silent: 0, late: 0, dropped: 0 };
  readonly #options: SoundSourceOptions;
  readonly #lane: SoundLane;
  readonly #queue = new UnitQueue<AudioUnit>();
  #end: WallUs = wallUs(Number.MAX_SAFE_INTEGER);
  #closed = false;

  constructor(options: SoundSourceOptions) {
    this.#options = options;
    this.#lane = new SoundLane({ zero: options.zero, voice: new OpusVoice(options.channels) });
  }

  /** Counters so far. */
  get stats(): SoundSourceStats {
    const { concealed, recovered } = this.#lane.stats;
    const { broken } = this.#lane;
    return { ...this.#counts, decoded: this.#counts.decoded - broken, broken, concealed, recovered };
  }

  /** Wall time from which the source is silent for good. */
  get end(): WallUs {
    return this.#end;
  }

  onAudio(unit: AudioUnit): void {
    if (this.#closed) return;
    if (this.#queue.push(unit)) return;
    this.#counts.dropped += 1 + this.#queue.clear();
  }

  /** Ends the source at `at`; what sounds before is still mixed. The earliest end counts. */
  endAt(at: WallUs): void {
    this.#end = wallUs(Math.min(at, this.#end));
  }

  /** Adds everything that begins before `until`. */
  mixInto(bus: SoundBus, until: WallUs): void {
    const last = wallUs(until - 1);
    const lay = (laid: LaidSound): void => this.#add(bus, laid);
    for (let next = this.#queue.take(last); next; next = this.#queue.take(last)) this.#mix(next.unit, next.at, lay);
  }

  /** Frees the decoder. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#queue.clear();
    this.#lane.close();
  }

  #mix(unit: AudioUnit, at: WallUs, lay: (laid: LaidSound) => void): void {
    if (at >= this.#end || !this.#options.isHeard(at)) {
      this.#counts.dropped += 1;
      return;
    }
    if (unit.level === silentLevel) this.#counts.silent += 1;
    else this.#counts.decoded += 1;
    this.#lane.push(unit, at, lay);
  }

  #add(bus: SoundBus, { start, planes }: LaidSound): void {
    if (planes && bus.add(start, planes) > 0) this.#counts.late += 1;
  }
}
