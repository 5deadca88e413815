import { micros, wallUs, type Micros, type WallUs } from '../units.ts';

/**
 * The instants at which a mixed recording shows a picture: tick k stands at k / fps seconds from the recording's zero.
 * Every time is rounded from the absolute k, so a day of ticks is as exact as the first (design §3.1). Pure.
 */
export class TickGrid {
  readonly #zero: WallUs;
  readonly #fps: number;

  constructor(zero: WallUs, fps: number) {
    this.#zero = zero;
    this.#fps = fps;
  }

  /** Recording time of tick k; k may be negative. */
  pts(k: number): Micros {
    return micros(Math.round((k * 1_000_000) / this.#fps));
  }

  /** Wall time of tick k. */
  at(k: number): WallUs {
    return wallUs(this.#zero + this.pts(k));
  }

  /**
   * Tick k shows the newest picture up to this moment, half a tick after it: the picture nearest to the tick. Taking the
   * newest before the tick would put every picture half a tick late on average, and the lips behind the voice.
   */
  sampledUntil(k: number): WallUs {
    return wallUs(this.at(k) + Math.floor(500_000 / this.#fps));
  }

  /** The newest tick that is not after `t`. */
  lastUpTo(t: WallUs): number {
    const k = Math.floor(((t - this.#zero) * this.#fps) / 1_000_000);
    return this.at(k + 1) <= t ? k + 1 : k;
  }

  /** The first tick that is not before `t`. */
  firstFrom(t: WallUs): number {
    const k = this.lastUpTo(t);
    return this.at(k) === t ? k : k + 1;
  }
}
