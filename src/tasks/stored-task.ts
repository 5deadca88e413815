import { gridPlan } from '../layout/layout-plan.ts';
import type { FileNameMode } from '../naming/file-name.ts';
import type { RoomKey } from '../room-key.ts';
import type { TaskRow } from '../store/tables.ts';
import { defaultPlan } from '../worker-api/default-plan.ts';
import type { Destination, FileNaming, RecordingPlan } from '../worker-api/messages.ts';

/** The room of a task. */
export const roomOf = (task: Pick<TaskRow, 'sdk_app_id' | 'room_kind' | 'room_id'>): RoomKey => ({
  sdkAppId: task.sdk_app_id,
  kind: task.room_kind,
  roomId: task.room_id,
});

/** A task's plan as it is now. What a plan that was stored by an earlier version does not say is at its default. */
export function planOf({ plan }: Pick<TaskRow, 'plan'>): RecordingPlan {
  const stored = JSON.parse(plan) as RecordingPlan;
  return { ...defaultPlan, ...stored, layout: { ...gridPlan, ...stored.layout } };
}

/** Where a task's files go. */
export const destinationOf = ({ destination }: Pick<TaskRow, 'destination'>): Destination =>
  JSON.parse(destination) as Destination;

/** How a task's files are named; one of an earlier version goes by `mode`. */
export const namingOf = (
  task: Pick<TaskRow, 'user_define_record_id' | 'file_names'>,
  mode: FileNameMode,
): FileNaming => ({
  mode: task.file_names ?? mode,
  ...(task.user_define_record_id === null ? {} : { userDefineRecordId: task.user_define_record_id }),
});
