const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const steps = [
  1_000,
  2_000,
  5_000,
  10_000,
  15_000,
  30_000,
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
  28 * day,
];

/** A place on a time axis. */
export interface AxisTick {
  readonly atMs: number;
  /** Whether seconds have to be said, or only the day and the hour make sense. */
  readonly unit: 'second' | 'minute' | 'day';
}

/** Round wall times between two, at most `most`; `offsetMs` is how far local time is ahead of UTC then. Pure. */
export function axisTicks(fromMs: number, toMs: number, most: number, offsetMs: number): AxisTick[] {
  const step = steps.find((one) => (toMs - fromMs) / one <= most) ?? steps.at(-1)!;
  const unit = step < minute ? 'second' : step < day ? 'minute' : 'day';
  const first = Math.ceil((fromMs + offsetMs) / step) * step - offsetMs;
  const ticks: AxisTick[] = [];
  for (let atMs = first; atMs <= toMs; atMs += step) ticks.push({ atMs, unit });
  return ticks;
}
