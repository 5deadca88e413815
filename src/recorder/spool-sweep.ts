import type { Logger } from '../process/log.ts';
import type { SpoolResponse } from '../worker-api/messages.ts';
import type { Spool } from './spool.ts';

/** Tasks asked about in one call. */
const TASKS_AT_A_TIME = 500;

/** What sweeping needs of the world. */
export interface SpoolSweepOptions {
  readonly spool: Spool;
  /** Which files of these tasks the library has: their segments may go. */
  readonly sweepable: (taskIds: readonly string[]) => Promise<SpoolResponse['settled']>;
  readonly log: Logger;
}

/**
 * Removes segments whose files are in the library already: a recorder that was killed between the server's word and the
 * removal has left them. Only what the server has committed goes (design §3.2). A failure is logged and left for next time.
 */
export async function sweepSpool({ spool, sweepable, log }: SpoolSweepOptions): Promise<void> {
  const taskIds = spool.taskIds();
  try {
    for (let from = 0; from < taskIds.length; from += TASKS_AT_A_TIME) {
      for (const { taskId, fileKeys } of await sweepable(taskIds.slice(from, from + TASKS_AT_A_TIME))) {
        const keys = fileKeys === 'all' ? spool.fileKeys(taskId) : fileKeys;
        for (const fileKey of keys) await spool.removeFile(taskId, fileKey);
        if (fileKeys === 'all') await spool.removeJournals(taskId);
        log.info({ task: taskId, files: keys.length }, 'swept segments of finished files');
      }
    }
  } catch (error) {
    log.warn({ err: error }, 'the spool was not swept; the next start tries again');
  }
}
