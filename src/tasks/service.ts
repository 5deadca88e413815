import type { CallbackTarget } from '../config/apps.ts';
import type { RoomKey } from '../room-key.ts';
import type { TrackType } from '../segment/recording-folder.ts';
import type { WallMs } from '../units.ts';
import type { Destination, PlanChange, RecordingPlan } from '../worker-api/messages.ts';

/** A validated CreateCloudRecording, as the API hands it on. */
export interface NewTask {
  readonly room: RoomKey;
  readonly botUserId: string;
  readonly plan: RecordingPlan;
  readonly destination: Destination;
  /** Begins every file's name (contract §5). */
  readonly userDefineRecordId: string | undefined;
  /** Hours during which query, modify and stop are answered (contract §2.1). */
  readonly resourceExpiredHours: number;
  /** End of the bot's UserSig; absent when it never ends. */
  readonly sigUntilMs?: WallMs | undefined;
  /** The rule that asked for it and the room session that the rule found; absent for a task of the API. */
  readonly auto?: { readonly revision: number; readonly sessionId: number };
  /** Where its events go in the place of the app's own callback. */
  readonly callback?: CallbackTarget | undefined;
  /** Why the bot will never enter, for the log: such a task ends at once with 301 Status 1 (contract C49, D-8, D-10). */
  readonly refusal?: string;
}

/** Describe's Status; `Exited` is the window between stop and the end of the task (contract §2.7). */
export type TaskStatus = 'Idle' | 'InProgress' | 'Exited';

/** A playlist in the bucket, as Describe lists it (contract §2.7). */
export interface StorageFile {
  /** Empty for the mix. */
  readonly userId: string;
  readonly name: string;
  readonly trackType: TrackType;
  readonly beginMs: WallMs;
}

/** A task as Describe tells it. */
export interface TaskDescription {
  readonly status: TaskStatus;
  /** Empty unless the files go to a bucket. */
  readonly files: readonly StorageFile[];
}

/** Why no recorder would carry a task whole. */
export type CapacityRefusal = 'recorders busy' | 'spools full';

/** Why an app may have no further task: its live ones are at their limit (contract C44), or its files in the library. */
export type AppRefusal = 'restricted' | 'library full';

/** What became of a task that was asked for: accepted, or refused for what its app has, or by the recorders. */
export type CreateAnswer = { readonly taskId: string } | AppRefusal | CapacityRefusal;

/** What the recording API needs of tasks. All promises reject only on a fault of ours (`InternalError.CRInternalError`). */
export interface TaskService {
  /** Accepts a task, or says why not. */
  create(task: NewTask): Promise<CreateAnswer>;
  /** The task, or undefined when unknown, of another app, ended, or past its ResourceExpiredHour (D-6). */
  describe(sdkAppId: number, taskId: string): Promise<TaskDescription | undefined>;
  /**
   * Replaces layout and lists (contract §2.8); recorders learn of it at once. Undefined when describe would find nothing.
   * `change` gets the task's plan, since what is allowed depends on the canvas; what it throws changes nothing.
   */
  modify(
    sdkAppId: number,
    taskId: string,
    change: (plan: RecordingPlan) => PlanChange,
  ): Promise<{ readonly revision: number } | undefined>;
  /** Asks the task to stop with LeaveCode 0; false when describe would find nothing, or it is stopping already (Q16). */
  stop(sdkAppId: number, taskId: string): Promise<boolean>;
}
