import type { RtpTicks, WallUs } from '../units.ts';
import { wallUs } from '../units.ts';
import { RtpTimeline } from './rtp-timeline.ts';
import type { SessionClock } from './session-clock.ts';
import { WindowedMin } from './windowed-min.ts';

/** What a track's clock needs to know of its track. */
export interface TrackClockOptions {
  readonly session: SessionClock;
  /** RTP ticks per second. */
  readonly clockRate: number;
  /** Sound is corrected slowly or in silence; pictures may be moved faster. */
  readonly media: 'audio' | 'video';
}

/** A coded unit that is to be placed. */
export interface TimedUnit {
  readonly rtp: RtpTicks;
  /** Arrival of the unit's first packet. */
  readonly arrivalUs: WallUs;
  /** Microseconds the unit lasts, 0 when unknown. */
  readonly durationUs: number;
  /** Nobody hears it: a correction of the clock can be made here in one step. */
  readonly quiet: boolean;
}

/** One sender report, RFC 3550 §6.4.1, as the feed hands it out. */
export interface SenderReport {
  readonly ntpUs: WallUs;
  readonly rtp: RtpTicks;
  readonly arrivalUs: WallUs;
}

/** Counters of one track's clock. */
export interface TrackClockStats {
  /** Stretches of continuous RTP time; more than one means that the sender's timestamps jumped. */
  sections: number;
  reports: number;
  /** Reports that cannot be true of this track, or contradict the ones before and were not confirmed by the next. */
  rejectedReports: number;
}

/** NTP time zero means "unknown" (RFC 3550 §6.4.1); both eras that a converter may have put it in. */
const UNKNOWN_NTP = new Set([-2_208_988_800_000_000, 2_085_978_496_000_000]);
/** A section's first units may all have been late; while it is this young an earlier one corrects it at once. */
const SETTLE_US = 3_000_000;
/** With no report for this long, 100 ppm have become 6 ms and arrival is the better witness. */
const REPORT_LIFE_US = 60_000_000;
/** Two cheap clocks of ±100 ppm, one against the other, and half as much for a warm day. */
const MOST_DRIFT = 0.000_3;
const REPORT_EARLY_US = 1_500_000;
const REPORT_LATE_US = 5_000_000;
/** Chromium's reports agree to 0.5 ms, so a larger change has a cause; a second report must confirm it. */
const RELATION_JUMP_US = 100_000;
const RELATION_AGREES_US = 50_000;
/** 5 ms a second is a pitch change of 0.5 %. */
const AUDIO_SLEW = 0.005;
const VIDEO_SLEW = 0.5;
const AUDIO_STEP_US = 100_000;
/** An offset that calls for a step waits this long for a gap. */
const AUDIO_STEP_WAIT_US = 2_000_000;
const VIDEO_STEP_US = 1_000_000;
const GAP_US = 10_000;

const clamp = (value: number, most: number): number => Math.max(-most, Math.min(most, value));

/**
 * Maps one track's RTP time to our wall clock: by arrival until its first sender report, by the reports and the
 * session's offset from then on. What changes is slewed; times never run backwards within the track. Pure.
 */
export class TrackClock {
  readonly #session: SessionClock;
  readonly #audio: boolean;
  readonly #timeline: RtpTimeline;
  /** Least (arrival − stream time) of the last minute. */
  readonly #transit = new WindowedMin(5_000_000, 12);
  /** Wall time minus stream time, as used now. */
  #shift = 0;
  #sectionUs = 0;
  #started = false;
  #lastAt = Number.NEGATIVE_INFINITY;
  #lastEndUs = 0;
  #lastStreamUs = 0;
  #stepDueUs: number | undefined;
  /** Sender's NTP time minus stream time, by the newest report that was believed. */
  #relation = 0;
  #relationGeneration = -1;
  #relationUs = 0;
  #doubted: number | undefined;
  #early: SenderReport | undefined;
  readonly #stats: TrackClockStats = { sections: 0, reports: 0, rejectedReports: 0 };

  constructor(options: TrackClockOptions) {
    this.#session = options.session;
    this.#audio = options.media === 'audio';
    this.#timeline = new RtpTimeline(options.clockRate);
  }

  /** Whether a first unit has been placed. */
  get started(): boolean {
    return this.#started;
  }

  /** Counters so far. */
  stats(): TrackClockStats {
    return { ...this.#stats };
  }

  /** Microseconds by which a unit came later than its timestamp says; negative when its timestamp lies in the future. */
  lateness(unit: TimedUnit): number {
    return unit.arrivalUs - this.#timeline.toMicros(unit.rtp, unit.arrivalUs) - this.#shift;
  }

  /** Begins a stretch of RTP time that has nothing to do with the one before: it starts when its first unit arrived. */
  startSection(first: TimedUnit): void {
    const streamUs = this.#timeline.toMicros(first.rtp, first.arrivalUs);
    this.#timeline.settle(first.rtp, first.arrivalUs);
    this.#shift = first.arrivalUs - streamUs;
    this.#sectionUs = first.arrivalUs;
    this.#lastStreamUs = streamUs;
    this.#lastEndUs = streamUs;
    this.#transit.clear();
    this.#relationGeneration = -1;
    this.#doubted = undefined;
    this.#stats.sections++;
    this.#started = true;
    this.#takeEarlyReport();
  }

  /** Wall time of the next unit in order. */
  place(unit: TimedUnit): WallUs {
    const { arrivalUs } = unit;
    const streamUs = this.#timeline.toMicros(unit.rtp, arrivalUs);
    this.#timeline.settle(unit.rtp, arrivalUs);
    if (this.#isForgotten(streamUs, arrivalUs)) this.#settleAnew(streamUs, arrivalUs);
    this.#transit.add(arrivalUs, arrivalUs - streamUs);
    if (this.#isReported(arrivalUs)) this.#session.observeUnit(streamUs + this.#relation, arrivalUs);
    this.#shift += Math.round(this.#correction(unit, streamUs));
    const at = Math.max(streamUs + this.#shift, this.#earliest(streamUs));
    this.#lastStreamUs = streamUs;
    this.#lastEndUs = streamUs + unit.durationUs;
    this.#lastAt = at;
    return wallUs(at);
  }

  /** Wall time of a unit whose timestamp is of no use: its arrival, after everything placed before. The clock stays as it is. */
  placeByArrival(unit: TimedUnit): WallUs {
    this.#lastAt = Math.max(this.#lastAt + 1, unit.arrivalUs);
    return wallUs(this.#lastAt);
  }

  /** Takes a sender report; one that cannot be true is counted and ignored. */
  onSenderReport(report: SenderReport): void {
    this.#stats.reports++;
    if (!this.#started) this.#early = report;
    else if (!this.#believe(report)) this.#stats.rejectedReports++;
  }

  #takeEarlyReport(): void {
    const report = this.#early;
    this.#early = undefined;
    if (report && !this.#believe(report)) this.#stats.rejectedReports++;
  }

  #believe({ ntpUs, rtp, arrivalUs }: SenderReport): boolean {
    if (!Number.isSafeInteger(ntpUs) || UNKNOWN_NTP.has(ntpUs)) return false;
    const streamUs = this.#timeline.toMicros(rtp, arrivalUs);
    const late = arrivalUs - streamUs - this.#shift;
    if (late < -REPORT_EARLY_US || late > REPORT_LATE_US) return false;
    const relation = ntpUs - streamUs;
    const fits = this.#session.fits(ntpUs, arrivalUs);
    if (!(fits && this.#continues(relation, arrivalUs)) && !this.#confirms(relation)) return false;
    if (fits) this.#session.observeReport(ntpUs, arrivalUs);
    else this.#session.restart(ntpUs, arrivalUs);
    this.#relation = relation;
    this.#relationGeneration = this.#session.generation;
    this.#relationUs = arrivalUs;
    this.#doubted = undefined;
    return true;
  }

  #continues(relation: number, arrivalUs: number): boolean {
    return !this.#isReported(arrivalUs) || Math.abs(relation - this.#relation) <= RELATION_JUMP_US;
  }

  #confirms(relation: number): boolean {
    const agrees = this.#doubted !== undefined && Math.abs(relation - this.#doubted) <= RELATION_AGREES_US;
    this.#doubted = relation;
    return agrees;
  }

  #isReported(arrivalUs: number): boolean {
    return this.#relationGeneration === this.#session.generation && arrivalUs - this.#relationUs <= REPORT_LIFE_US;
  }

  /** After a long silence without reports the window of arrivals is empty, and drift makes the old shift a guess. */
  #isForgotten(streamUs: number, arrivalUs: number): boolean {
    return streamUs - this.#lastStreamUs > REPORT_LIFE_US && !this.#isReported(arrivalUs);
  }

  /** Believes the arrival as far as drift explains it; a shift that is too late is corrected by the units themselves. */
  #settleAnew(streamUs: number, arrivalUs: number): void {
    const drift = (streamUs - this.#lastStreamUs) * MOST_DRIFT;
    this.#shift += Math.round(Math.max(0, Math.min(arrivalUs - streamUs - this.#shift, drift)));
    this.#sectionUs = arrivalUs;
    this.#transit.clear();
  }

  #earliest(streamUs: number): number {
    if (this.#audio) return this.#lastAt + 1;
    // Pictures that a correction moved back still keep half their distance instead of falling on one moment.
    return this.#lastAt + Math.max(1, Math.min(Math.floor((streamUs - this.#lastStreamUs) / 2), 1_000_000));
  }

  #correction(unit: TimedUnit, streamUs: number): number {
    const passed = Math.max(0, Math.min(streamUs - this.#lastStreamUs, 1_000_000));
    if (this.#isReported(unit.arrivalUs)) {
      const error = this.#relation + (this.#session.offsetUs ?? 0) - this.#shift;
      return this.#audio ? this.#audioStep(error, passed, unit, streamUs) : this.#videoStep(error, passed);
    }
    const error = this.#transit.min - this.#shift;
    if (unit.arrivalUs - this.#sectionUs < SETTLE_US) return Math.min(0, error);
    return clamp(error, passed * (this.#audio ? AUDIO_SLEW : VIDEO_SLEW));
  }

  #videoStep(error: number, passed: number): number {
    return Math.abs(error) > VIDEO_STEP_US ? error : clamp(error, passed * VIDEO_SLEW);
  }

  #audioStep(error: number, passed: number, unit: TimedUnit, streamUs: number): number {
    const gap = streamUs - this.#lastEndUs;
    if (unit.quiet) return error;
    if (gap > GAP_US) return Math.max(error, -gap);
    if (Math.abs(error) <= AUDIO_STEP_US) this.#stepDueUs = undefined;
    else if (this.#stepDueUs === undefined) this.#stepDueUs = unit.arrivalUs + AUDIO_STEP_WAIT_US;
    else if (unit.arrivalUs >= this.#stepDueUs) return error;
    return clamp(error, passed * AUDIO_SLEW);
  }
}
