/**
 * Units of time and size, branded so that the compiler tells them apart. All are integers unless said otherwise.
 * Arithmetic on a branded number gives a plain number; wrap the result with the constructor of the unit it has.
 */
declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

/** Milliseconds since the Unix epoch, the unit of the wire contract's stamps. */
export type WallMs = Unit<'wall-ms'>;
/** Microseconds since the Unix epoch: arrival times, sender reports and media time before it is placed on a recording. */
export type WallUs = Unit<'wall-us'>;
/** Microseconds of the process's monotonic clock; comparable within one process only. */
export type MonoUs = Unit<'mono-us'>;
/** Microseconds since the zero of one recording (its absolute start), or a difference of two such times. */
export type Micros = Unit<'us'>;
/** RTP timestamp, 32 bits unsigned, in ticks of the codec's clock (90 kHz video, 48 kHz Opus). */
export type RtpTicks = Unit<'rtp-ticks'>;
/** Whole pixels. */
export type Pixels = Unit<'px'>;

/** Marks a number as milliseconds since the epoch. */
export const wallMs = (n: number): WallMs => n as WallMs;
/** Marks a number as microseconds since the epoch. */
export const wallUs = (n: number): WallUs => n as WallUs;
/** Marks a number as monotonic microseconds. */
export const monoUs = (n: number): MonoUs => n as MonoUs;
/** Marks a number as microseconds of duration or recording time. */
export const micros = (n: number): Micros => n as Micros;
/** Marks a number as RTP ticks; the caller has reduced it to 32 bits. */
export const rtpTicks = (n: number): RtpTicks => n as RtpTicks;
/** Marks a number as pixels. */
export const pixels = (n: number): Pixels => n as Pixels;

/** Wall microseconds to wall milliseconds, rounded to nearest. */
export const toWallMs = (t: WallUs): WallMs => Math.round(t / 1000) as WallMs;
/** Wall microseconds to the millisecond they lie in: for the start of a file, so that none of its media lies before it. */
export const floorWallMs = (t: WallUs): WallMs => Math.floor(t / 1000) as WallMs;
/** Wall milliseconds to wall microseconds. */
export const toWallUs = (t: WallMs): WallUs => (t * 1000) as WallUs;
