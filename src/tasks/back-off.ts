const firstWaitMs = 1000;
/** The longest wait between two attempts of a job, in milliseconds. */
export const longestWaitMs = 60_000;
/** A job is given up when it is this old and was tried often enough; a stop of the server alone never ends one. */
const giveUpAgeMs = 24 * 3600 * 1000;
const giveUpAttempts = 20;

/** How long a finishing job waits after its n-th failed attempt: 1 s, doubling to a minute. */
export const backOffMs = (attempts: number): number =>
  Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(Math.max(attempts - 1, 0), 16));

/** Whether a finishing job has failed for so long that its file counts as lost. */
export const isExhausted = (job: { readonly created_ms: number; readonly attempts: number }, now: number): boolean =>
  job.attempts >= giveUpAttempts && now - job.created_ms >= giveUpAgeMs;
