import type { CancelTimer, Clock } from '../clock.ts';
import type { Logger } from '../process/log.ts';
import type { SpoolResponse } from '../worker-api/messages.ts';
import type { Spool } from './spool.ts';

/** Tasks asked about in one call. */
const TASKS_AT_A_TIME = 500;
/** Between two sweeps. */
const EVERY_MS = 600_000;

/** What sweeping needs of the world. */
export interface SpoolSweepOptions {
  readonly spool: Spool;
  /** Which segments of these tasks may go. */
  readonly sweepable: (taskIds: readonly string[]) => Promise<SpoolResponse>;
  /** Removes what nobody works on any more of unfinished files. */
  readonly sweepUnfinished?: () => Promise<void>;
  readonly log: Logger;
}

/**
 * Removes segments that may go: those whose files are at their destination already, which a recorder has left that was
 * killed between the server's word and the removal; and those that were never delivered and are kept no longer
 * (`spool.keep_days`). The server decides both (design §3.2). A failure is logged and left for next time.
 */
export async function sweepSpool({ spool, sweepable, sweepUnfinished, log }: SpoolSweepOptions): Promise<void> {
  const taskIds = spool.taskIds();
  try {
    for (let from = 0; from < taskIds.length; from += TASKS_AT_A_TIME) {
      const { settled, expired = [] } = await sweepable(taskIds.slice(from, from + TASKS_AT_A_TIME));
      for (const { taskId, fileKeys } of settled) {
        const files = await remove(spool, taskId, fileKeys === 'all' ? spool.fileKeys(taskId) : fileKeys);
        if (fileKeys === 'all') await spool.removeJournals(taskId);
        log.info({ task: taskId, files, reason: 'delivered' }, 'swept segments of finished files');
      }
      for (const taskId of expired) {
        const files = await remove(spool, taskId, spool.fileKeys(taskId));
        await spool.removeJournals(taskId);
        if (files > 0) log.warn({ task: taskId, files, reason: 'spool.keep_days' }, 'swept segments never delivered');
      }
    }
    await sweepUnfinished?.();
  } catch (error) {
    log.warn({ err: error }, 'the spool was not swept; it is tried again');
  }
}

async function remove(spool: Spool, taskId: string, fileKeys: readonly string[]): Promise<number> {
  for (const fileKey of fileKeys) await spool.removeFile(taskId, fileKey);
  return fileKeys.length;
}

/** Sweeps now and while the recorder runs. */
export function keepSpoolSwept(options: SpoolSweepOptions, clock: Clock): CancelTimer {
  let busy: Promise<void> | undefined;
  const sweep = (): void => {
    busy ??= sweepSpool(options).finally(() => (busy = undefined));
  };
  sweep();
  return clock.every(EVERY_MS, sweep);
}
