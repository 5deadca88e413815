import type { Generated, Insertable, Selectable } from 'kysely';
import type { AppSettingTable } from './app-tables.ts';
import type { AdminAccountTable, AdminSessionTable, AuditEntryTable } from './administrator-tables.ts';
import type {
  ChainCheckTable,
  ChainHeadTable,
  EvidenceDueTable,
  FileDigestsTable,
  TimelineEntryTable,
} from './evidence-tables.ts';

/**
 * Rows of the store. Times are milliseconds since the epoch, objects are JSON text, truths are 0 and 1, so that the
 * same statements run on SQLite and PostgreSQL.
 */
export interface Tables {
  task: TaskTable;
  file: FileTable;
  job: JobTable;
  event: EventTable;
  callback_attempt: CallbackAttemptTable;
  callback_replay: CallbackReplayTable;
  playlist: PlaylistTable;
  image_failure: ImageFailureTable;
  plan_revision: PlanRevisionTable;
  timeline_entry: TimelineEntryTable;
  chain_head: ChainHeadTable;
  chain_check: ChainCheckTable;
  file_digests: FileDigestsTable;
  evidence_due: EvidenceDueTable;
  room_session: RoomSessionTable;
  room_visit: RoomVisitTable;
  journal_cursor: JournalCursorTable;
  admin_account: AdminAccountTable;
  admin_session: AdminSessionTable;
  audit_entry: AuditEntryTable;
  auto_record_rule: AutoRecordRuleTable;
  audit: AuditTable;
  protected_app: ProtectedAppTable;
  app_setting: AppSettingTable;
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
  /** Store time of the last claim. */
  claimed_ms: Generated<number>;
  /** Leases in a row that were let go soon after their claim. */
  short_lives: Generated<number>;
  /** End of the UserSig that the bot came with; null for a task of an earlier version. */
  sig_until_ms: number | null;
  /** Revision of the rule by which the task began, null for a task of the API. */
  auto_revision: number | null;
  /** The room session in which a task by rule began, or was seen running last. */
  auto_session: number | null;
  /** CallbackTarget of the rule; null where the app's own callback is told. */
  callback: string | null;
  /** Form of its files' names; null for a task of an earlier version, whose files have that of the installation. */
  file_names: 'documented' | 'wire' | null;
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
  /** Category in the media library, null for a file that goes to a bucket. */
  class_id: number | null;
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
  /** Wall time after which the library no longer serves it, null for never; 0 once its owner has deleted it. */
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

/** An image of a layout that event 309 was told of. */
export interface ImageFailureTable {
  task_id: string;
  /** Of the task's plan when it was told; a new layout may have the image again. */
  revision: number;
  /** Of the image's address in hex digits: addresses can be longer than a key may be. */
  url_sha256: string;
}

/** Parameters of a task from a moment on; 0 are those that it was accepted with. */
export interface PlanRevisionTable {
  task_id: string;
  revision: number;
  at_ms: number;
  /** RecordingPlan. */
  plan: string;
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
  /** Attempts that ended with a report; a job that ends its recorders has none. */
  reported: Generated<number>;
  /** 1 while the disk of its recorder has no room for the file. */
  waits_for_space: Generated<number>;
  created_ms: number;
  error: string | null;
  /** UploadProgress of an upload in parts, null where none has begun. */
  upload: string | null;
}

/** The callback outbox: what has to be told, in order per stream. */
export interface EventTable {
  /** What the event is told in order with: a task by its id, or a room (`room/…`, `media/…`). */
  stream: string;
  seq: number;
  /** The message's name towards its receiver (`webhook-id`), of its own for ever. */
  message_id: string;
  /** Null for events of rooms. */
  task_id: string | null;
  sdk_app_id: number;
  /** EventGroupId: 1 room, 2 media, 3 recording (contract §4). */
  event_group: number;
  type: number;
  event_ms: number;
  /** JSON of EventInfo.Payload; of a room event, what EventInfo has besides its times. */
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

/** One attempt to deliver an event; goes with its event, or earlier. */
export interface CallbackAttemptTable {
  id: Generated<number>;
  stream: string;
  seq: number;
  /** From 1, of the event, or of its replay. */
  attempt: number;
  /** When the replay was asked for that the attempt belongs to; null for the event's first delivery. */
  replay_ms: number | null;
  started_ms: number;
  duration_ms: number;
  /** Where it went, without user-info and values of the query. */
  url: string;
  /** HTTP status, null when there was no answer. */
  status: number | null;
  /** Why it failed, in words. */
  error: string | null;
  /** Beginning of what the receiver answered. */
  answer: string;
  /** `failed`: another attempt follows; `dropped`: none does; `cut`: by the end of the server, and made anew. */
  outcome: 'delivered' | 'failed' | 'dropped' | 'cut';
}

/** A settled event that is to be sent again. */
export interface CallbackReplayTable {
  stream: string;
  seq: number;
  requested_ms: number;
  /** Failed attempts of this replay so far. */
  attempts: number;
  first_attempt_ms: number | null;
  /** Not before this wall time. */
  next_attempt_ms: number;
}

/** One life of a room, from the first who enters to the last who leaves. */
export interface RoomSessionTable {
  id: Generated<number>;
  /** Start of the rooms role that it belongs to, and its number there. */
  boot: string;
  number: number;
  sdk_app_id: number;
  room_kind: 'number' | 'string';
  room_id: string;
  /** `<sdkappid>_<room>_<seconds>` (contract §2.11); two rooms of one name made in the same second share it. */
  comm_id: string;
  /** The user who entered first. */
  creator: string;
  created_ms: number;
  destroyed_ms: number | null;
}

/** One stay of a user in a room. */
export interface RoomVisitTable {
  id: Generated<number>;
  session_id: number;
  user_id: string;
  /** 20 anchor, 21 viewer (contract §4.5). */
  role: 20 | 21;
  /** TerminalType and UserType of contract §4.5. */
  terminal: number;
  user_type: number;
  /** What the user came with, such as `WHIP`. */
  software: string;
  /** Empty when it is not known. */
  client_ip: string;
  /** Whether the user is no person but a robot that relays a mix into the room. */
  robot: Generated<number>;
  /** Blank-separated list of what the user sends now: video, audio, aux. */
  media: string;
  joined_ms: number;
  left_ms: number | null;
  /** Exit reason of contract §4.5. */
  leave_reason: number | null;
}

/** How far a journal was read. */
export interface JournalCursorTable {
  name: string;
  boot: string;
  seq: number;
  /** Wall time at which its writer was last heard, to within a minute. */
  seen_ms: number;
}

/** A rule of auto recording as it was from some time on; the latest of an app is in force. */
export interface AutoRecordRuleTable {
  revision: Generated<number>;
  sdk_app_id: number;
  /** AutoRecordRule; null where recording by rule ended. */
  rule: string | null;
  /** Rooms that were created from this wall time on are recorded by it. */
  effective_ms: number;
  /** Where it was set. */
  origin: 'configuration' | 'api';
  /** Who set it, as in the audit; empty where that is not known. */
  actor: Generated<string>;
}

/** Who changed what, without secrets; never changed itself. */
export interface AuditTable {
  id: Generated<number>;
  at_ms: number;
  actor: string;
  action: string;
  /** What was changed. */
  subject: string;
  /** JSON, null for nothing. */
  before: string | null;
  after: string | null;
}

/** An app that was last configured with signed addresses for its files. */
export interface ProtectedAppTable {
  sdk_app_id: number;
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
/** A life of a room as read. */
export type RoomSessionRow = Selectable<RoomSessionTable>;
/** A revision of a rule as read. */
export type AutoRecordRuleRow = Selectable<AutoRecordRuleTable>;
/** A stay in a room as read. */
export type RoomVisitRow = Selectable<RoomVisitTable>;
