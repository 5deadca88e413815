/** One point of a statistic: what was recorded from `fromMs` up to, not including, `toMs`. */
export interface TimePoint {
  /** `YYYY-MM-DD` or `YYYY-MM-DD HH:mm:ss`, in the time of {@link DAY_OFFSET_MS}. */
  readonly key: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const DAY_MS = 86_400_000;
const FIVE_MINUTES_MS = 300_000;
/** Days of the service's statistics begin at midnight in Beijing. */
const DAY_OFFSET_MS = 8 * 3_600_000;

/** Milliseconds since the epoch at which a date `YYYY-MM-DD` begins, or undefined when there is no such day. */
export function dayStartMs(date: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return undefined;
  const utcMs = Date.parse(`${date}T00:00:00Z`);
  // Date.parse takes the 30th of February for the 2nd of March in some engines.
  if (Number.isNaN(utcMs) || new Date(utcMs).toISOString().slice(0, 10) !== date) return undefined;
  return utcMs - DAY_OFFSET_MS;
}

/**
 * The points between two days, both included: of five minutes when it is one day, else of a day (documentation of
 * DescribeRecordStatistic).
 */
export function timePoints(firstDayMs: number, lastDayMs: number): TimePoint[] {
  const oneDay = firstDayMs === lastDayMs;
  const stepMs = oneDay ? FIVE_MINUTES_MS : DAY_MS;
  const count = (lastDayMs + DAY_MS - firstDayMs) / stepMs;
  return Array.from({ length: count }, (_, index) => {
    const fromMs = firstDayMs + index * stepMs;
    return { key: keyOf(fromMs).slice(0, oneDay ? undefined : 10), fromMs, toMs: fromMs + stepMs };
  });
}

/** `YYYY-MM-DD HH:mm:ss` of a moment, in the time of {@link DAY_OFFSET_MS}. */
export const keyOf = (ms: number): string => new Date(ms + DAY_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
