import { AV_SAMPLE_FMT_FLTP } from 'node-av/constants';
import { SoftwareResampleContext } from 'node-av/lib';
import { channelLayout, floatPlane, ok } from './native.ts';

// 120 ms of 48 kHz sound in, never more samples out since the rates only go down.
const maxSamples = 5760;

/**
 * 48 kHz sound to a lower rate. The stream is continuous: output sample k stands at input time k / rate, some of it is
 * given only when later input arrives.
 */
export class Resampler {
  #context: SoftwareResampleContext | undefined;
  readonly #bytes: readonly Buffer[];
  readonly #planes: readonly Float32Array[];

  /** Opens it at once. @throws NativeError when the library refuses the rate. */
  constructor(sampleRate: number, channels: 1 | 2) {
    const layout = channelLayout(channels);
    this.#context = new SoftwareResampleContext();
    const set = this.#context.allocSetOpts2(layout, AV_SAMPLE_FMT_FLTP, sampleRate, layout, AV_SAMPLE_FMT_FLTP, 48_000);
    ok('resampler options', set);
    ok('open resampler', this.#context.init());
    this.#bytes = Array.from({ length: channels }, () => Buffer.from(new ArrayBuffer(maxSamples * 4)));
    this.#planes = this.#bytes.map((bytes) => floatPlane(bytes, maxSamples));
  }

  /** Takes at most 5760 samples per channel and gives what is ready; the planes are valid until the next call. */
  convert(planes: readonly Float32Array[]): readonly Float32Array[] {
    if (!this.#context) return [];
    const input = planes.map((plane) => Buffer.from(plane.buffer, plane.byteOffset, plane.byteLength));
    const count = this.#context.convertSync([...this.#bytes], maxSamples, input, planes[0]?.length ?? 0);
    ok('resample', count);
    return this.#planes.map((plane) => plane.subarray(0, count));
  }

  /** Frees it. Idempotent. */
  close(): void {
    this.#context?.free();
    this.#context = undefined;
  }
}
