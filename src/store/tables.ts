import type { Generated, Insertable, Selectable } from 'kysely';

/**
 * Rows of the store. Times are milliseconds since the epoch, objects are JSON text, truths are 0 and 1, so that the
 * same statements run on SQLite and PostgreSQL.
 */
export interface Tables {
  task: TaskTable;
  file: FileTable;
  job: JobTable;
  event: EventTable;
  playlist: PlaylistTable;
}

/** A recording task from its acceptance on; never deleted while files or events of it remain. */
export interface TaskTable {
  id: string;
  sdk_app_id: number;
  room_kind: 'number' | 'string';
  room_id: string;
  bot_user_id: string;
  /** RecordingPlan. */
  plan: string;
  /** Destination; secrets of a bucket among it. */
  destination: string;
  /** Rises with each change of the plan. */
  revision: Generated<number>;
  /** Status of event 303, null until it was told. */
  upload_began: number | null;
  /** Status of the last event 305, null until it was told. */
  upload_stop: number | null;
  user_define_record_id: string | null;
  created_ms: number;
  /** End of ResourceExpiredHour: query and stop find nothing after it. */
  api_until_ms: number;
  /** `active` until the bot has left, `finishing` until the last file is settled, then `ended`. */
  state: 'active' | 'finishing' | 'ended';
  /** Whether media is arriving, as the recorder last said. */
  status: 'Idle' | 'InProgress';
  /** LeaveCode the recorder is asked to stop with, null while nobody asked. */
  stop_code: number | null;
  /** The recorder holding the lease. */
  owner: string | null;
  /** Fencing epoch: rises with each lease, and a report naming another one is stale. */
  epoch: number;
  /** Store time from which anyone may claim an active task; the end of the lease while it is owned. */
  claimable_ms: number;
  started_ms: number | null;
  /** Epoch of the last `started` report, which makes a repeated one silent. */
  started_epoch: number;
  /** Latest epoch in which media arrived; a task whose epochs all stay without any is given up. */
  progress_epoch: Generated<number>;
  leave_code: number | null;
  ended_ms: number | null;
  result: 'ok' | 'failed' | 'not-started' | null;
  /** Sequence and time of the latest event; both only rise. */
  event_seq: number;
  event_ms: number;
}

/** One file of a task: a part, in one form, of an anchor's main or aux or of the mix. */
export interface FileTable {
  file_id: string;
  task_id: string;
  file_key: string;
  container: 'mp4' | 'hls' | 'aac';
  /** From 1; the first one exists before it is known whether there are more. */
  part: number;
  user_id: string;
  media_id: 'main' | 'aux' | 'mix';
  track_type: 'audio' | 'video' | 'audio_video';
  name: string;
  sub_app_id: number;
  /** `stuck`: its failure was told and it is still being tried. `removed`: it was in the library and is no more. */
  state: 'finishing' | 'stuck' | 'done' | 'failed' | 'removed';
  start_ms: number;
  end_ms: number;
  size_bytes: number | null;
  duration_ms: number | null;
  sha256: string | null;
  /** JSON list of codec names. */
  streams: string | null;
  width: number | null;
  height: number | null;
  /** MediaFacts. */
  facts: string | null;
  /** FileId at Tencent VOD, where the file is there. */
  remote_id: string | null;
  /** Where it plays, when the destination says so itself. */
  url: string | null;
  done_ms: number | null;
  /** Wall time after which the library no longer serves it, null for never. */
  expires_ms: number | null;
  removed_ms: number | null;
  error: string | null;
}

/** A playlist of a task in its bucket, from its first segment on: Describe's StorageFileList. */
export interface PlaylistTable {
  task_id: string;
  name: string;
  user_id: string;
  media_id: 'main' | 'aux' | 'mix';
  track_type: 'audio' | 'video' | 'audio_video';
  begin_ms: number;
  /** Whether the list itself is in the bucket: event 304 was told. */
  listed: number;
}

/** The durable duty to finish one file. */
export interface JobTable {
  id: Generated<number>;
  task_id: string;
  file_id: string;
  state: 'open' | 'done' | 'failed';
  owner: string | null;
  epoch: number;
  /** Store time from which anyone may claim an open job: its back-off, or the end of a lease. */
  claimable_ms: number;
  attempts: number;
  /** Attempts that failed because the file did not pass its checks. */
  content_faults: Generated<number>;
  /** Attempts that failed because the destination did not take the file. */
  destination_faults: Generated<number>;
  created_ms: number;
  error: string | null;
}

/** The callback outbox: what has to be told, in order per task. */
export interface EventTable {
  task_id: string;
  seq: number;
  sdk_app_id: number;
  type: number;
  event_ms: number;
  /** JSON of EventInfo.Payload. */
  payload: string;
  /** `dropped` when the retry schedule ran out, `skipped` when the app has no callback. */
  state: 'pending' | 'delivered' | 'dropped' | 'skipped';
  /** Exact bytes of the message, fixed before the first attempt. */
  body: string | null;
  /** Failed attempts so far. */
  attempts: number;
  first_attempt_ms: number | null;
  /** Not before this wall time. */
  next_attempt_ms: number;
  settled_ms: number | null;
  error: string | null;
}

/** A task as read. */
export type TaskRow = Selectable<TaskTable>;
/** A playlist as read. */
export type PlaylistRow = Selectable<PlaylistTable>;
/** A file as read. */
export type FileRow = Selectable<FileTable>;
/** A job as read. */
export type JobRow = Selectable<JobTable>;
/** An event as read. */
export type EventRow = Selectable<EventTable>;
/** A task as written first. */
export type NewTaskRow = Insertable<TaskTable>;
/** A file as written first. */
export type NewFileRow = Insertable<FileTable>;
