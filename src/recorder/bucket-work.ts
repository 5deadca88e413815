import type { Clock } from '../clock.ts';
import type { Logger } from '../process/log.ts';
import type { LeasedTask, TaskReport } from '../worker-api/messages.ts';

/** What a running task's bucket needs. */
export interface BucketWorkOptions {
  readonly task: LeasedTask;
  /** Folder of the task's present epoch on the spool. */
  readonly dir: string;
  /** Whether the bucket may be in a private network. */
  readonly allowPrivate: boolean;
  /** Queues a report; what is reported twice is told once. */
  readonly report: (report: TaskReport) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a running task has to do with its bucket. Nothing that happens there touches the recording. */
export interface BucketWork {
  /** Media arrives; absent where the segments tell that. */
  onMedia?(): void;
  /** Resolves when nothing is written any more; the recording has ended and its end is not told yet. */
  finish(): Promise<void>;
  /** Stops at once. Idempotent. */
  close(): void;
}
