import { microsToSamples, samplesToMicros } from '../timeline/audio-placer.ts';
import { wallUs, type WallUs } from '../units.ts';
import { Limiter, limiterBlock } from './limiter.ts';
import { SoundBus } from './sound-bus.ts';
import type { SoundSource, SoundSourceStats } from './sound-source.ts';

/** Longest stretch that is summed at once, half a second. */
const stride = 100 * limiterBlock;

const nothing: SoundSourceStats = {
  decoded: 0,
  silent: 0,
  late: 0,
  broken: 0,
  dropped: 0,
  concealed: 0,
  recovered: 0,
};

/** The sum of all voices, limited, in blocks of 5 ms without a hole from `from` on. */
export class SoundMixer {
  readonly #zero: WallUs;
  readonly #bus: SoundBus;
  readonly #limiter: Limiter;
  readonly #block: readonly Float32Array[];
  readonly #sources = new Set<SoundSource>();
  readonly #past: SoundSourceStats = { ...nothing };
  /** The limiter's first block is its look-ahead, not sound. */
  #primed = false;

  constructor(options: { readonly zero: WallUs; readonly from: WallUs; readonly channels: 1 | 2 }) {
    this.#zero = options.zero;
    this.#bus = new SoundBus(options.channels, microsToSamples(options.from - options.zero));
    this.#limiter = new Limiter(options.channels);
    this.#block = Array.from({ length: options.channels }, () => new Float32Array(limiterBlock));
  }

  /** Adds a voice. */
  add(source: SoundSource): void {
    this.#sources.add(source);
  }

  /** Gives the sound up to the last whole block before `until`. The blocks are valid within `use` only. */
  mixUntil(until: WallUs, use: (block: readonly Float32Array[]) => void): void {
    const target = microsToSamples(until - this.#zero);
    while (this.#bus.position + limiterBlock <= target) {
      const next = Math.min(target, this.#bus.position + stride);
      const end = wallUs(this.#zero + samplesToMicros(next));
      for (const source of this.#sources) source.mixInto(this.#bus, end);
      while (this.#bus.position + limiterBlock <= next) this.#take(use);
      this.#dropEnded(end);
    }
  }

  /** Gives the rest up to `until`, the last block in full. */
  finish(until: WallUs, use: (block: readonly Float32Array[]) => void): void {
    this.mixUntil(wallUs(until + samplesToMicros(limiterBlock) - 1), use);
    for (const plane of this.#block) plane.fill(0);
    this.#limiter.process(this.#block);
    if (this.#primed) use(this.#block);
  }

  /** Sums over all voices there are and were. */
  stats(): SoundSourceStats {
    const sum = { ...this.#past };
    for (const source of this.#sources) addTo(sum, source.stats);
    return sum;
  }

  /** Closes every voice. Idempotent. */
  close(): void {
    for (const source of this.#sources) this.#drop(source);
  }

  #take(use: (block: readonly Float32Array[]) => void): void {
    this.#bus.take(this.#block);
    this.#limiter.process(this.#block);
    if (this.#primed) use(this.#block);
    this.#primed = true;
  }

  #dropEnded(t: WallUs): void {
    for (const source of this.#sources) if (source.end <= t) this.#drop(source);
  }

  #drop(source: SoundSource): void {
    addTo(this.#past, source.stats);
    source.close();
    this.#sources.delete(source);
  }
}

function addTo(sum: SoundSourceStats, part: SoundSourceStats): void {
  sum.decoded += part.decoded;
  sum.silent += part.silent;
  sum.late += part.late;
  sum.broken += part.broken;
  sum.dropped += part.dropped;
  sum.concealed += part.concealed;
  sum.recovered += part.recovered;
}
