/** A job is given up when it is this old and was tried often enough; a stop of the server alone never ends one. */
const giveUpAgeMs = 24 * 3600 * 1000;
const giveUpAttempts = 20;

/** A job whose destination does not take the file is given up at this age. */
const destinationAgeMs = 7 * 24 * 3600 * 1000;
/** After so many attempts, half a minute, it is told that the destination does not take the file (contract E13). */
const toldDestinationFaults = 5;

/** A file that failed its checks this often is stuck: what is wrong is in its segments, and waiting will not change them. */
const mostContentFaults = 3;
/** Epochs without media after which a task is given up. */
const mostFruitlessEpochs = 20;

/** Whether a finishing job has failed for so long that its file counts as lost. */
export function isExhausted(
  job: { readonly created_ms: number; readonly attempts: number; readonly destination_faults: number },
  now: number,
): boolean {
  const age = job.destination_faults > 0 ? destinationAgeMs : giveUpAgeMs;
  return job.attempts >= giveUpAttempts && now - job.created_ms >= age;
}

/** Whether a destination has refused a file so often that its owner should be told, while it goes on being tried. */
export const isWorthTelling = (destinationFaults: number): boolean => destinationFaults >= toldDestinationFaults;

/** Whether a finishing job's file has failed its own checks so often that it counts as stuck. */
export const isStuck = (contentFaults: number): boolean => contentFaults >= mostContentFaults;

/** Whether so many recorders in a row failed at a task, the claim of `epoch` not counted, that no other should try. */
export const isFruitless = (task: { readonly epoch: number; readonly progress_epoch: number }): boolean =>
  task.epoch - task.progress_epoch > mostFruitlessEpochs;
