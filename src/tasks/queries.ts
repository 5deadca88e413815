import type { PlayLinks } from '../library/play-links.ts';
import type { RoomKey } from '../room-key.ts';
import type { Store } from '../store/store.ts';
import type { EventRow, FileRow, TaskRow } from '../store/tables.ts';
import type { Container, RecordingPlan } from '../worker-api/messages.ts';
import { planOf, roomOf } from './stored-task.ts';

/** A file of a task as shown to people. */
export interface FileView {
  readonly fileId: string;
  readonly userId: string;
  readonly mediaId: 'main' | 'aux' | 'mix';
  readonly trackType: 'audio' | 'video' | 'audio_video';
  readonly name: string;
  readonly container: Container;
  readonly part: number;
  readonly state: FileRow['state'];
  readonly startMs: number;
  readonly endMs: number;
  readonly sizeBytes: number | undefined;
  readonly durationMs: number | undefined;
  readonly streams: readonly string[];
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly sha256: string | undefined;
  /** Where it plays; undefined until it is done, and in a bucket, whose addresses are its owner's. */
  readonly videoUrl: string | undefined;
  /** The library of this server has it, or will have it. */
  readonly isHere: boolean;
  readonly error: string | undefined;
}

/** An event of a task and how its delivery went. */
export interface EventView {
  readonly seq: number;
  readonly type: number;
  readonly atMs: number;
  readonly payload: unknown;
  readonly delivery: 'pending' | 'delivered' | 'dropped' | 'skipped';
  readonly failedAttempts: number;
  readonly error: string | undefined;
}

/** A task as shown to people. */
export interface TaskView {
  readonly taskId: string;
  readonly room: RoomKey;
  readonly botUserId: string;
  readonly plan: RecordingPlan;
  readonly state: 'active' | 'finishing' | 'ended';
  readonly status: 'Idle' | 'InProgress';
  readonly stopping: boolean;
  /** The recorder holding it. */
  readonly owner: string | undefined;
  readonly epoch: number;
  readonly createdMs: number;
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly leaveCode: number | undefined;
  readonly result: 'ok' | 'failed' | 'not-started' | undefined;
  readonly files: readonly FileView[];
  /** The latest, oldest first: at most 50 of a task in a list, 1000 in its detail. */
  readonly events: readonly EventView[];
}

/** How much is waiting, for gauges. */
export interface Backlog {
  readonly activeTasks: number;
  readonly unclaimedTasks: number;
  readonly openJobs: number;
  /** Open jobs for whose file the disk has no room. */
  readonly jobsWaitingForSpace: number;
  readonly pendingEvents: number;
}

/** Which tasks to list; all of them without a condition. */
export interface TaskFilter {
  readonly sdkAppId?: number;
  /** Tasks of this room only, whose key names its app. */
  readonly room?: RoomKey;
  /** At most this many: 100 by default, never more than 1000. */
  readonly limit?: number;
}

/** Reads of tasks for people: the demo page, its table, the console. */
export interface TaskQueries {
  /** The newest tasks first. */
  listTasks(filter: TaskFilter): Promise<TaskView[]>;
  /** One task, or undefined. */
  taskDetail(taskId: string): Promise<TaskView | undefined>;
  /** What is waiting in the whole store. */
  backlog(): Promise<Backlog>;
}

const listedEvents = 50;
const detailedEvents = 1000;

const orUndefined = <T>(value: T | null): T | undefined => value ?? undefined;

/** A file of a bucket has no category, and one that is elsewhere has its address from there. */
const isHere = (file: FileRow): boolean => file.class_id !== null && file.url === null;

type Links = Pick<PlayLinks, 'urlOf'>;

const playUrl = (task: TaskRow, file: FileRow, links: Links): string | undefined =>
  isHere(file)
    ? links.urlOf(task.sdk_app_id, { subAppId: file.sub_app_id, fileId: file.file_id, name: file.name })
    : orUndefined(file.url);

const fileView = (task: TaskRow, file: FileRow, links: Links): FileView => ({
  fileId: file.file_id,
  userId: file.user_id,
  mediaId: file.media_id,
  trackType: file.track_type,
  name: file.name,
  container: file.container,
  part: file.part,
  state: file.state,
  startMs: file.start_ms,
  endMs: file.end_ms,
  sizeBytes: orUndefined(file.size_bytes),
  durationMs: orUndefined(file.duration_ms),
  streams: file.streams === null ? [] : (JSON.parse(file.streams) as string[]),
  width: orUndefined(file.width),
  height: orUndefined(file.height),
  sha256: orUndefined(file.sha256),
  videoUrl: file.state === 'done' ? playUrl(task, file, links) : undefined,
  isHere: isHere(file),
  error: orUndefined(file.error),
});

const eventView = (event: EventRow): EventView => ({
  seq: event.seq,
  type: event.type,
  atMs: event.event_ms,
  payload: JSON.parse(event.payload) as unknown,
  delivery: event.state,
  failedAttempts: event.attempts,
  error: orUndefined(event.error),
});

const taskView = (task: TaskRow, files: readonly FileView[], events: readonly EventView[]): TaskView => ({
  taskId: task.id,
  room: roomOf(task),
  botUserId: task.bot_user_id,
  plan: planOf(task),
  state: task.state,
  status: task.status,
  stopping: task.stop_code !== null || task.state === 'finishing',
  owner: orUndefined(task.owner),
  epoch: task.epoch,
  createdMs: task.created_ms,
  startedMs: orUndefined(task.started_ms),
  endedMs: orUndefined(task.ended_ms),
  leaveCode: orUndefined(task.leave_code),
  result: orUndefined(task.result),
  files,
  events,
});

/** The latest `most` events of each task, in order. Sequence numbers have no gaps, so the latest one tells where to begin. */
const latestEvents = ({ db }: Store, taskIds: readonly string[], most: number): Promise<EventRow[]> =>
  db
    .selectFrom('event')
    .innerJoin('task', 'task.id', 'event.stream')
    .selectAll('event')
    .where('event.stream', 'in', taskIds)
    .where((eb) => eb('event.seq', '>', eb('task.event_seq', '-', most)))
    .orderBy('event.seq')
    .execute();

interface PartsOptions {
  readonly links: Links;
  readonly mostEvents: number;
}

async function withParts(store: Store, tasks: readonly TaskRow[], options: PartsOptions): Promise<TaskView[]> {
  if (tasks.length === 0) return [];
  const ids = tasks.map(({ id }) => id);
  const files = await store.db.selectFrom('file').selectAll().where('task_id', 'in', ids).orderBy('name').execute();
  const events = await latestEvents(store, ids, options.mostEvents);
  const filesOf = Map.groupBy(files, (file) => file.task_id);
  const eventsOf = Map.groupBy(events, (event) => event.stream);
  return tasks.map((task) => {
    const own = (filesOf.get(task.id) ?? []).map((file) => fileView(task, file, options.links));
    return taskView(task, own, (eventsOf.get(task.id) ?? []).map(eventView));
  });
}

async function backlog({ db }: Store): Promise<Backlog> {
  const counted = await db
    .selectNoFrom((eb) => [
      eb
        .selectFrom('task')
        .select(eb.fn.countAll<number | string>().as('n'))
        .where('state', '=', 'active')
        .as('activeTasks'),
      eb
        .selectFrom('task')
        .select(eb.fn.countAll<number | string>().as('n'))
        .where('state', '=', 'active')
        .where('owner', 'is', null)
        .as('unclaimedTasks'),
      eb.selectFrom('job').select(eb.fn.countAll<number | string>().as('n')).where('state', '=', 'open').as('openJobs'),
      eb
        .selectFrom('job')
        .select(eb.fn.countAll<number | string>().as('n'))
        .where('state', '=', 'open')
        .where('waits_for_space', '=', 1)
        .as('jobsWaitingForSpace'),
      eb
        .selectFrom('event')
        .select(eb.fn.countAll<number | string>().as('n'))
        .where('state', '=', 'pending')
        .as('pendingEvents'),
    ])
    .executeTakeFirstOrThrow();
  return {
    activeTasks: Number(counted.activeTasks),
    unclaimedTasks: Number(counted.unclaimedTasks),
    openJobs: Number(counted.openJobs),
    jobsWaitingForSpace: Number(counted.jobsWaitingForSpace),
    pendingEvents: Number(counted.pendingEvents),
  };
}

function newestTasks({ db }: Store, { sdkAppId, room, limit = 100 }: TaskFilter): Promise<TaskRow[]> {
  let query = db.selectFrom('task').selectAll();
  if (sdkAppId !== undefined) query = query.where('sdk_app_id', '=', sdkAppId);
  if (room !== undefined) {
    query = query
      .where('sdk_app_id', '=', room.sdkAppId)
      .where('room_kind', '=', room.kind)
      .where('room_id', '=', room.roomId);
  }
  return query
    .orderBy('created_ms', 'desc')
    .orderBy('id')
    .limit(Math.min(Math.max(limit, 0), 1000))
    .execute();
}

/** Queries over an open store. */
export function createTaskQueries(options: { readonly store: Store; readonly links: Links }): TaskQueries {
  const { store, links } = options;
  return {
    async listTasks(filter) {
      const tasks = await newestTasks(store, filter);
      return withParts(store, tasks, { links, mostEvents: listedEvents });
    },
    async taskDetail(taskId) {
      const tasks = await store.db.selectFrom('task').selectAll().where('id', '=', taskId).execute();
      return (await withParts(store, tasks, { links, mostEvents: detailedEvents }))[0];
    },
    backlog: () => backlog(store),
  };
}
