import { micros, monoUs, type MonoUs } from '../units.ts';

/** About an hour of ten seconds each. */
const shortSegments = 360;
const pause = micros(60_000_000);

/**
 * When a growing playlist is written again: with every segment while it is short, later once a minute, because an object
 * is written as a whole and by the end of a day that is more than a megabyte.
 */
export const nextWriteAt = (segments: number, writtenAt: MonoUs): MonoUs =>
  segments > shortSegments ? monoUs(writtenAt + pause) : writtenAt;
