import type { ExpressionBuilder, Selectable } from 'kysely';
import { roomKeyText, type RoomKey } from '../room-key.ts';
import type { Store } from '../store/store.ts';
import type { RoomSessionRow, Tables, TaskTable } from '../store/tables.ts';
import { planOf, roomOf } from '../tasks/stored-task.ts';
import type { AutoTask, SendingRoom } from './decision.ts';

/** A room of some app in which an anchor sends. */
export interface FoundRoom extends SendingRoom {
  readonly room: RoomKey;
}

/** A living room, whether or not somebody sends in it. */
export interface LivingRoom extends FoundRoom {
  readonly sends: boolean;
}

/** The living rooms of those apps in which a person sends something now, with what rules have begun in them. */
export async function sendingRooms(store: Pick<Store, 'db'>, apps: readonly number[]): Promise<FoundRoom[]> {
  if (apps.length === 0) return [];
  return found(store, await livingSessions(store, apps).where(isSentIn).execute());
}

/** All living rooms of those apps. */
export async function livingRooms(store: Pick<Store, 'db'>, apps: readonly number[]): Promise<LivingRoom[]> {
  if (apps.length === 0) return [];
  const sending = await livingSessions(store, apps).where(isSentIn).execute();
  const sentIn = new Set(sending.map(({ id }) => id));
  const rooms = await found(store, await livingSessions(store, apps).execute());
  return rooms.map((room) => ({ ...room, sends: sentIn.has(room.sessionId) }));
}

const livingSessions = ({ db }: Pick<Store, 'db'>, apps: readonly number[]) =>
  db
    .selectFrom('room_session')
    .selectAll()
    .where('sdk_app_id', 'in', apps)
    .where('destroyed_ms', 'is', null)
    .orderBy('id');

/** A person, no robot, sends something. */
const isSentIn = (eb: ExpressionBuilder<Tables, 'room_session'>) =>
  eb.exists(
    eb
      .selectFrom('room_visit')
      .select('room_visit.id')
      .whereRef('room_visit.session_id', '=', 'room_session.id')
      .where('room_visit.left_ms', 'is', null)
      .where('room_visit.robot', '=', 0)
      .where('room_visit.media', '!=', ''),
  );

async function found({ db }: Pick<Store, 'db'>, sessions: readonly RoomSessionRow[]): Promise<FoundRoom[]> {
  if (sessions.length === 0) return [];
  const tasks = await autoTasks({ db }, sessions);
  return sessions.map((session) => foundRoom(session, tasks));
}

/** Writes down that a task goes on in that room session. */
export async function moveTask(store: Store, taskId: string, sessionId: number): Promise<void> {
  await store.transaction(async ({ db }) =>
    db.updateTable('task').set({ auto_session: sessionId }).where('id', '=', taskId).execute(),
  );
}

type TaskFacts = Pick<
  Selectable<TaskTable>,
  | 'id'
  | 'sdk_app_id'
  | 'room_kind'
  | 'room_id'
  | 'plan'
  | 'auto_session'
  | 'state'
  | 'stop_code'
  | 'leave_code'
  | 'ended_ms'
  | 'event_ms'
  | 'owner'
> & { readonly files: number | string | bigint };

function autoTasks({ db }: Pick<Store, 'db'>, sessions: readonly RoomSessionRow[]): Promise<TaskFacts[]> {
  const ids = sessions.map(({ id }) => id);
  return db
    .selectFrom('task')
    .select(['sdk_app_id', 'room_kind', 'room_id', 'plan', 'auto_session', 'state', 'stop_code', 'leave_code'])
    .select(['id', 'ended_ms', 'event_ms', 'owner'])
    .select((eb) =>
      eb
        .selectFrom('file')
        .whereRef('file.task_id', '=', 'task.id')
        .select((inner) => inner.fn.countAll<number>().as('n'))
        .as('files'),
    )
    .where('auto_session', 'is not', null)
    .where((eb) => eb.or([eb('auto_session', 'in', ids), eb('state', '=', 'active')]))
    .orderBy('created_ms')
    .execute() as Promise<TaskFacts[]>;
}

function foundRoom(session: RoomSessionRow, tasks: readonly TaskFacts[]): FoundRoom {
  const room = roomOf(session);
  const name = roomKeyText(room);
  const own = tasks.filter((task) => roomKeyText(roomOf(task)) === name);
  return { room, sessionId: session.id, createdMs: session.created_ms, tasks: own.map(autoTask) };
}

const autoTask = (task: TaskFacts): AutoTask => ({
  taskId: task.id,
  mode: planOf(task).mode,
  sessionId: task.auto_session ?? 0,
  running: task.state === 'active',
  hasRecorder: task.owner !== null,
  stopping: task.stop_code !== null,
  // One that was stopped before it began has no LeaveCode of its own.
  leaveCode: task.leave_code ?? task.stop_code ?? undefined,
  endedMs: task.ended_ms ?? task.event_ms,
  fruitful: Number(task.files) > 0,
});
