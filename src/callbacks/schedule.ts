/** Longest time one attempt may take (contract §4.1). */
export const attemptTimeoutMs = 5000;
/** Time between later attempts, from start to start (contract §4.1). */
const retryEveryMs = 10_000;
/** A message that is this old, counted from its first attempt, is given up (contract §4.1). */
const giveUpAfterMs = 60_000;

/** What is known of a message after an attempt of it failed. Times are wall milliseconds. */
export interface FailedAttempt {
  /** Failed attempts including this one. */
  readonly attempts: number;
  readonly firstAttemptMs: number;
  /** When this attempt began. */
  readonly startedMs: number;
  readonly nowMs: number;
}

/** When to try again: at once after the first failure, then every ten seconds; undefined when the message is to be given up. */
export function nextAttemptMs(failed: FailedAttempt): number | undefined {
  const next = failed.attempts === 1 ? failed.nowMs : Math.max(failed.nowMs, failed.startedMs + retryEveryMs);
  return next - failed.firstAttemptMs < giveUpAfterMs ? next : undefined;
}

/**
 * Whether a message found waiting is too old to be tried, as after a long stop of the server. One that never had an
 * attempt with a known result is always tried.
 */
export const isTooOld = (attempts: number, firstAttemptMs: number | null, nowMs: number): boolean =>
  attempts > 0 && firstAttemptMs !== null && nowMs - firstAttemptMs >= giveUpAfterMs;
