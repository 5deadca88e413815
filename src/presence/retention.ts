import type { Logger } from 'pino';
import { isNotReplayed } from '../callbacks/retention.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import type { Store, StoreTransaction } from '../store/store.ts';

/** What is older cannot be asked for (contract §2.11). */
export const RETENTION_MS = 14 * 24 * 3_600_000;
/** An event of a room that waited this long behind others for a dead receiver is of no use to it any more. */
const STALE_EVENT_MS = 3_600_000;
/** How long a settled event of a room is kept, for whoever looks for what became of it. */
const SETTLED_EVENT_MS = 24 * 3_600_000;
const EVERY_MS = 600_000;

/** What the retention works on. */
export interface RoomRetentionOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Removes what is too old of rooms, their visits and their events; tasks and their events are not touched. */
export async function pruneRooms(store: Store): Promise<void> {
  await store.transaction(async (tx) => {
    await pruneEvents(tx);
    await pruneVisits(tx);
  });
}

async function pruneEvents({ db, wall }: StoreTransaction): Promise<void> {
  await db
    .updateTable('event')
    .set({ state: 'dropped', settled_ms: wall, error: 'waited too long behind others' })
    .where('state', '=', 'pending')
    .where('task_id', 'is', null)
    .where('event_ms', '<', wall - STALE_EVENT_MS)
    .execute();
  const settledBefore = wall - SETTLED_EVENT_MS;
  await db
    .deleteFrom('event')
    .where('task_id', 'is', null)
    .where('settled_ms', '<', settledBefore)
    .where(isNotReplayed)
    .execute();
}

async function pruneVisits({ db, wall }: StoreTransaction): Promise<void> {
  const oldest = wall - RETENTION_MS;
  await db.deleteFrom('room_visit').where('left_ms', '<', oldest).execute();
  await db
    .deleteFrom('room_session')
    .where('destroyed_ms', '<', oldest)
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom('room_visit').select('id').whereRef('session_id', '=', 'room_session.id'))),
    )
    .execute();
}

/** Prunes at once and then every ten minutes; the result stops it and may be called twice. */
export function keepRoomsPruned({ store, clock, log }: RoomRetentionOptions): CancelTimer {
  const prune = (): void => {
    pruneRooms(store).catch((error: unknown) => {
      if (!store.closed) log.error({ err: error }, 'old visits of rooms cannot be removed');
    });
  };
  prune();
  return clock.every(EVERY_MS, prune);
}
