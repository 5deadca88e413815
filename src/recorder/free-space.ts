/** Free space of a recorder's disk at which things change, in MiB. */
export interface SpaceLimits {
  /** With less no new task is begun. */
  readonly leastMb: number;
  /** With less running tasks are ended, one after the other. */
  readonly stopMb: number;
  /** What finished files leave: half way between the two, so that no job brings a running recording to its end. */
  readonly reserveMb: number;
}

/** By default of {@link spaceLimits}, where `least_free_mb` leaves room for it. */
const defaultStopMb = 48;

/** The limits as the configuration has them. */
export function spaceLimits(recorders: {
  readonly least_free_mb: number;
  readonly stop_free_mb?: number | undefined;
}): SpaceLimits {
  const leastMb = recorders.least_free_mb;
  const stopMb = recorders.stop_free_mb ?? Math.min(defaultStopMb, Math.floor(leastMb / 2));
  return { leastMb, stopMb, reserveMb: Math.round((leastMb + stopMb) / 2) };
}
