import { AV_SAMPLE_FMT_FLTP } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { channelLayout, floatPlane, ok, present } from './native.ts';

/**
 * A reusable native frame of planar floats. It keeps the frame and the views of its planes together: a view does not
 * keep the native memory alive by itself.
 */
export class SoundFrame {
  readonly frame: Frame;
  /** One view per channel, `capacity` samples each. */
  readonly planes: readonly Float32Array[];

  /** Allocates room for `capacity` samples of every channel, zeroed. */
  constructor(capacity: number, channels: 1 | 2, sampleRate: number) {
    this.frame = new Frame();
    this.frame.alloc();
    this.frame.format = AV_SAMPLE_FMT_FLTP;
    this.frame.sampleRate = sampleRate;
    this.frame.channelLayout = channelLayout(channels);
    this.frame.nbSamples = capacity;
    ok('sound frame', this.frame.getBuffer(0));
    this.planes = present('planes', this.frame.data)
      .slice(0, channels)
      .map((plane) => floatPlane(plane, capacity));
    for (const plane of this.planes) plane.fill(0);
  }

  /** Frees the native memory; the planes must not be touched afterwards. */
  free(): void {
    this.frame.free();
  }
}
