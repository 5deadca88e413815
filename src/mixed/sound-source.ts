import { openOpusDecoderNow, type OpusDecoder } from '../codec/opus-decoder.ts';
import { AudioPlacer, stretchPcm } from '../timeline/audio-placer.ts';
import type { AudioSink, AudioUnit } from '../timeline/media.ts';
import { wallUs, type WallUs } from '../units.ts';
import type { SoundBus } from './sound-bus.ts';
import { UnitQueue } from './unit-queue.ts';

/** RFC 6464: digital silence. */
const silentLevel = 127;

/** What one voice went through, in Opus packets. */
export interface SoundSourceStats {
  decoded: number;
  /** Not decoded because the sender marked them as silence. */
  silent: number;
  /** Wholly or partly too late for the mix. */
  late: number;
  broken: number;
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
  readonly stats: SoundSourceStats = { decoded: 0, silent: 0, late: 0, broken: 0, dropped: 0 };
  readonly #options: SoundSourceOptions;
  readonly #placer: AudioPlacer;
  readonly #queue = new UnitQueue<AudioUnit>();
  #decoder: OpusDecoder | undefined;
  #end: WallUs = wallUs(Number.MAX_SAFE_INTEGER);
  #closed = false;

  constructor(options: SoundSourceOptions) {
    this.#options = options;
    this.#placer = new AudioPlacer({ zero: options.zero, stretch: true });
  }

  /** Wall time from which the source is silent for good. */
  get end(): WallUs {
    return this.#end;
  }

  onAudio(unit: AudioUnit): void {
    if (this.#closed) return;
    if (this.#queue.push(unit)) return;
    this.stats.dropped += 1 + this.#queue.clear();
  }

  /** Ends the source at `at`; what sounds before is still mixed. The earliest end counts. */
  endAt(at: WallUs): void {
    this.#end = wallUs(Math.min(at, this.#end));
  }

  /** Adds everything that begins before `until`. */
  mixInto(bus: SoundBus, until: WallUs): void {
    const last = wallUs(until - 1);
    for (let next = this.#queue.take(last); next; next = this.#queue.take(last)) this.#mix(bus, next.unit, next.at);
  }

  /** Frees the decoder. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#queue.clear();
    this.#decoder?.close();
    this.#decoder = undefined;
  }

  #mix(bus: SoundBus, unit: AudioUnit, at: WallUs): void {
    if (at >= this.#end || !this.#options.isHeard(at)) {
      this.stats.dropped += 1;
      return;
    }
    if (unit.level === silentLevel) {
      this.stats.silent += 1;
      this.#placer.place(at, unit.samples, true);
      return;
    }
    this.#decoder ??= openOpusDecoderNow(this.#options.channels);
    const sound = this.#decoder.decode(unit.data);
    if (sound) this.#place(bus, at, sound.planes);
    else this.stats.broken += 1;
  }

  #place(bus: SoundBus, at: WallUs, planes: readonly Float32Array[]): void {
    this.stats.decoded += 1;
    const placement = this.#placer.place(at, planes[0]?.length ?? 0);
    const kept = planes.map((plane) => stretchPcm(plane.subarray(placement.skip), placement.stretch));
    if (bus.add(placement.start, kept) > 0) this.stats.late += 1;
  }
}
