import { eventGroup } from '../callbacks/groups.ts';
import { messageId } from '../callbacks/message.ts';
import type { TaskEvent } from '../callbacks/payloads.ts';
import { evidenceIsDue } from './evidence-records.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { TaskRow } from '../store/tables.ts';
import type { Transition } from './transitions.ts';

/**
 * Reads a task and keeps others from changing it until the transaction ends. The idle update is a row lock that every
 * engine understands, without which two files settling at once could each miss the other.
 */
export const lockTask = ({ db }: StoreTransaction, taskId: string): Promise<TaskRow | undefined> =>
  db
    .updateTable('task')
    .set((eb) => ({ event_seq: eb.ref('event_seq') }))
    .where('id', '=', taskId)
    .returningAll()
    .executeTakeFirst();

/** Events get times that rise strictly within a task, never in the future, so that receivers can sort by EventMsTs. */
function stampEvents(task: TaskRow, events: readonly TaskEvent[], wall: number): { seq: number; ms: number }[] {
  let ms = task.event_ms;
  return events.map((event, index) => {
    ms = Math.max(ms + 1, Math.min(event.atMs, wall));
    return { seq: task.event_seq + index + 1, ms };
  });
}

/** Writes a transition's changes and its events; returns the task as it is now. Files are the caller's. */
export async function recordTransition(tx: StoreTransaction, task: TaskRow, step: Transition): Promise<TaskRow> {
  const stamps = stampEvents(task, step.events, tx.wall);
  const last = stamps.at(-1);
  const patch = { ...step.patch, ...(last ? { event_seq: last.seq, event_ms: last.ms } : {}) };
  if (Object.keys(patch).length > 0) await tx.db.updateTable('task').set(patch).where('id', '=', task.id).execute();
  if (last) await writeEvents(tx, task, step.events, stamps);
  if ((step.patch.state ?? task.state) === 'ended') await evidenceIsDue(tx.db, [task.id]);
  return { ...task, ...patch };
}

async function writeEvents(
  tx: StoreTransaction,
  task: TaskRow,
  events: readonly TaskEvent[],
  stamps: readonly { seq: number; ms: number }[],
): Promise<void> {
  const rows = events.map((event, index) => ({
    stream: task.id,
    seq: stamps[index]!.seq,
    message_id: messageId(task.id, stamps[index]!.seq, stamps[index]!.ms),
    task_id: task.id,
    sdk_app_id: task.sdk_app_id,
    event_group: eventGroup.recording,
    type: event.type,
    event_ms: stamps[index]!.ms,
    payload: JSON.stringify(event.payload),
    state: 'pending' as const,
    attempts: 0,
    next_attempt_ms: tx.wall,
  }));
  await tx.db.insertInto('event').values(rows).execute();
  tx.announce('events');
}
