import { wallUs, type WallUs } from '../units.ts';
import { timestampDelta } from './unwrap.ts';

/**
 * The offset from a source's NTP clock to ours, shared by its streams so that sound and picture stay together. The
 * report that came fastest is the best guess: arrival can only be late.
 */
export class SourceClock {
  #offsetUs = Infinity;

  report(ntpUs: WallUs, arrivalUs: WallUs): void {
    this.#offsetUs = Math.min(this.#offsetUs, arrivalUs - ntpUs);
  }

  /** Our wall time of an NTP time of the source; undefined before the first report. */
  toOurs(ntpUs: WallUs): WallUs | undefined {
    return Number.isFinite(this.#offsetUs) ? wallUs(ntpUs + this.#offsetUs) : undefined;
  }
}

/** Where one RTP timeline lies on our wall clock: by its sender reports, by arrival before the first. */
export class StreamAnchor {
  readonly #clockRate: number;
  readonly #clock: SourceClock;
  #rtp: number;
  #atUs: WallUs;
  #ntpUs: WallUs | undefined;

  /** Starts from a packet's timestamp and arrival. */
  constructor(clockRate: number, clock: SourceClock, rtp: number, arrivalUs: WallUs) {
    this.#clockRate = clockRate;
    this.#clock = clock;
    this.#rtp = rtp;
    this.#atUs = arrivalUs;
  }

  /** A sender report of the stream; its clock must have been told before. */
  report(rtp: number, ntpUs: WallUs): void {
    this.#rtp = rtp;
    this.#ntpUs = ntpUs;
  }

  /** RTP timestamp of a moment of our wall clock. */
  rtpAt(time: WallUs): number {
    return (this.#rtp + Math.round(((time - this.#at()) * this.#clockRate) / 1_000_000)) >>> 0;
  }

  /** Our wall time of a timestamp that is near the anchor. */
  wallAt(rtp: number): WallUs {
    return wallUs(this.#at() + Math.round((timestampDelta(rtp, this.#rtp) * 1_000_000) / this.#clockRate));
  }

  #at(): WallUs {
    return (this.#ntpUs === undefined ? undefined : this.#clock.toOurs(this.#ntpUs)) ?? this.#atUs;
  }
}
