import type { RoomKey } from '../room-key.ts';
import type { RecordingPlan } from '../worker-api/messages.ts';

/** A validated CreateCloudRecording, as the API hands it on. */
export interface NewTask {
  readonly room: RoomKey;
  readonly botUserId: string;
  readonly plan: RecordingPlan;
  /** VOD destination (contract §2.4); SubAppId defaults to the SdkAppId. */
  readonly vod: {
    readonly subAppId: number;
    readonly expireSeconds: number;
    readonly userDefineRecordId: string | undefined;
  };
  /** Hours during which query, modify and stop are answered (contract §2.1). */
  readonly resourceExpiredHours: number;
}

/** Describe's Status; `Exited` is the window between stop and the end of the task (contract §2.7). */
export type TaskStatus = 'Idle' | 'InProgress' | 'Exited';

/** What the recording API needs of tasks. All promises reject only on a fault of ours (`InternalError.CRInternalError`). */
export interface TaskService {
  /** Accepts a task; `restricted` when the app's live tasks are at their limit (contract C44). */
  create(task: NewTask): Promise<{ readonly taskId: string } | 'restricted'>;
  /** The task's status, or undefined when unknown, of another app, ended, or past its ResourceExpiredHour (D-6). */
  describe(sdkAppId: number, taskId: string): Promise<TaskStatus | undefined>;
  /** Asks the task to stop with LeaveCode 0; false when describe would find nothing, or it is stopping already (Q16). */
  stop(sdkAppId: number, taskId: string): Promise<boolean>;
}
