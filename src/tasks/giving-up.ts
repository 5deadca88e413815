import type { JobRow } from '../store/tables.ts';

const hourMs = 3_600_000;
/** How long a job is tried unless configured: a week. */
export const defaultGiveUpMs = 7 * 24 * hourMs;
/** A job is given up when it is old and was tried often enough; a stop of the server alone never ends one. */
const giveUpAttempts = 20;

/** After so many attempts, half a minute, it is told that the destination does not take the file (contract E13). */
const toldDestinationFaults = 5;
/** After an hour it is told that a file cannot be made here: most such troubles, a restart among them, are shorter. */
const toldAgeMs = hourMs;

/** A file that failed its checks this often is stuck: what is wrong is in its segments, and waiting will not change them. */
const mostContentFaults = 3;
/** Epochs without media after which a task is given up. */
const mostFruitlessEpochs = 20;

/** What of a job says how it went. */
type Tried = Pick<JobRow, 'created_ms' | 'attempts' | 'reported' | 'destination_faults'>;

/** Whether a finishing job has failed for so long that its file counts as lost. */
export const isExhausted = ({ created_ms: created, attempts }: Tried, now: number, giveUpMs: number): boolean =>
  attempts >= giveUpAttempts && now - created >= giveUpMs;

/**
 * Whether a job that is about to be tried should not be: only one that ends its recorders, so that none ever reports.
 * Any other is tried once more, however long the server was away.
 */
export const isHopeless = (job: Tried, now: number, giveUpMs: number): boolean =>
  isExhausted({ ...job, attempts: unreported(job) }, now, giveUpMs);

/** Attempts before the present one that ended without a report. */
const unreported = ({ attempts, reported }: Tried): number => attempts - 1 - reported;

/** Whether a file has been in trouble for so long that its owner should be told, while it goes on being tried. */
export const isWorthTelling = (
  { created_ms: created, attempts, destination_faults: refusals }: Tried,
  now: number,
): boolean => refusals >= toldDestinationFaults || (attempts >= giveUpAttempts && now - created >= toldAgeMs);

/** Whether a finishing job's file has failed its own checks so often that it counts as stuck. */
export const isStuck = (contentFaults: number): boolean => contentFaults >= mostContentFaults;

/** Whether so many recorders in a row failed at a task, the claim of `epoch` not counted, that no other should try. */
export const isFruitless = (task: { readonly epoch: number; readonly progress_epoch: number }): boolean =>
  task.epoch - task.progress_epoch > mostFruitlessEpochs;
