/** Longest time one attempt may take (contract §4.1). */
export const attemptTimeoutMs = 5000;
/** Time between later attempts, from start to start (contract §4.1). */
const retryEveryMs = 10_000;
/** A message that is this old, counted from its first attempt, is given up (contract §4.1) unless the app says later. */
export const giveUpAfterMs = 60_000;
/** Within that minute no wait is longer. */
export const longestEarlyWaitMs = 30_000;
/** Attempts of a message that is tried for longer: a quarter of its age apart, and no further than this. */
export const longestWaitMs = 600_000;

/** What is known of a message after an attempt of it failed. Times are wall milliseconds. */
export interface FailedAttempt {
  /** Failed attempts including this one. */
  readonly attempts: number;
  readonly firstAttemptMs: number;
  /** When this attempt began. */
  readonly startedMs: number;
  readonly nowMs: number;
}

/**
 * When to try again: at once after the first failure, then every ten seconds, ever more rarely where it goes on for longer
 * than the contract's minute; undefined when the message is to be given up, `giveUpMs` after its first attempt.
 */
export function nextAttemptMs(failed: FailedAttempt, giveUpMs: number = giveUpAfterMs): number | undefined {
  const next = failed.attempts === 1 ? failed.nowMs : Math.max(failed.nowMs, failed.startedMs + waitOf(failed));
  return next - failed.firstAttemptMs < giveUpMs ? next : undefined;
}

function waitOf({ firstAttemptMs, startedMs }: FailedAttempt): number {
  const age = startedMs - firstAttemptMs;
  return age < giveUpAfterMs ? retryEveryMs : Math.min(Math.round(age / 4), longestWaitMs);
}

/**
 * Whether a message found waiting is too old to be tried, as after a long stop of the server. One that never had an
 * attempt with a known result is always tried.
 */
export const isTooOld = (
  attempts: number,
  firstAttemptMs: number | null,
  nowMs: number,
  giveUpMs: number = giveUpAfterMs,
): boolean => attempts > 0 && firstAttemptMs !== null && nowMs - firstAttemptMs >= giveUpMs;
