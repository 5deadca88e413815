import type { AppDirectory } from '../config/apps.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { RoomSessionRow, RoomVisitRow } from '../store/tables.ts';
import { Chronicle } from './chronicle.ts';
import type { JournalEntry, JournalPage, RoomMedia, RoomPresence, RoomSession } from './messages.ts';

/** Where the server stands in the rooms' journal. */
export interface JournalCursor {
  readonly boot: string;
  readonly after: number;
  /** Wall time at which that boot was last heard, as far as it was written down. */
  readonly seenMs: number;
}

const CURSOR = 'rooms';
const NOWHERE: JournalCursor = { boot: '', after: 0, seenMs: 0 };

/** How far the journal was read; the beginning when it never was. */
export async function readCursor({ db }: Pick<Store, 'db'>): Promise<JournalCursor> {
  const row = await db.selectFrom('journal_cursor').selectAll().where('name', '=', CURSOR).executeTakeFirst();
  return row ? { boot: row.boot, after: row.seq, seenMs: row.seen_ms } : NOWHERE;
}

/** Writes down when the rooms were last heard, in wall milliseconds. */
export async function noteHeard(store: Store, heardMs: number): Promise<void> {
  await store.transaction(async ({ db }) =>
    db.updateTable('journal_cursor').set({ seen_ms: heardMs }).where('name', '=', CURSOR).execute(),
  );
}

/** What a page is applied with. */
export interface PageOptions {
  readonly store: Store;
  readonly apps: Pick<AppDirectory, 'app'>;
  /** Wall time at which the boot before was last heard: when its rooms count as ended. */
  readonly lastHeardMs: number;
}

/**
 * Takes a page of the journal into the store, whole or not at all, and moves the cursor with it: each entry counts once
 * however often a page is read. Resolves with the new cursor; rejects when the page does not follow the cursor.
 */
export function applyPage(page: JournalPage, { store, apps, lastHeardMs }: PageOptions): Promise<JournalCursor> {
  return store.transaction(async (tx) => {
    const chronicle = new Chronicle(tx, apps);
    let cursor = await readCursor(tx);
    if (cursor.boot !== page.boot) {
      await endLostSessions(chronicle, page.boot, Math.min(lastHeardMs, tx.wall));
      cursor = { ...NOWHERE, boot: page.boot };
    }
    if (page.snapshot) await resync(chronicle, page.boot, page.snapshot, tx.wall);
    else await applyEntries(chronicle, page.boot, entriesAfter(page, cursor.after));
    tx.announce('rooms');
    return writeCursor(tx, { boot: page.boot, after: page.upTo, seenMs: tx.wall });
  });
}

async function writeCursor({ db }: StoreTransaction, cursor: JournalCursor): Promise<JournalCursor> {
  const row = { boot: cursor.boot, seq: cursor.after, seen_ms: cursor.seenMs };
  await db
    .insertInto('journal_cursor')
    .values({ name: CURSOR, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
  return cursor;
}

/** The rooms of a process that is gone died with it, and everybody in them with a time-out (contract §4.5). */
async function endLostSessions(chronicle: Chronicle, boot: string, atMs: number): Promise<void> {
  for (const session of await chronicle.openSessions(boot, 'not')) await chronicle.destroy(session, atMs, 'timeout');
}

function entriesAfter({ entries }: JournalPage, after: number): readonly JournalEntry[] {
  const fresh = entries.filter(({ seq }) => seq > after);
  fresh.forEach(({ seq }, index) => {
    if (seq !== after + 1 + index)
      throw new Error(`entry ${seq} of the rooms' journal does not follow ${after + index}`);
  });
  return fresh;
}

async function applyEntries(chronicle: Chronicle, boot: string, entries: readonly JournalEntry[]): Promise<void> {
  for (const { session: number, moment, atMs } of entries) {
    if (moment.kind === 'created') {
      await chronicle.create({ boot, number, room: moment.room, creator: moment.userId, atMs });
      continue;
    }
    const session = await chronicle.session(boot, number);
    if (session) await chronicle.apply(session, moment, atMs);
  }
}

/** Makes the store agree with a snapshot; what happened in between is known by its outcome only. */
async function resync(
  chronicle: Chronicle,
  boot: string,
  snapshot: readonly RoomSession[],
  nowMs: number,
): Promise<void> {
  const living = new Map(snapshot.map((session) => [session.session, session]));
  for (const known of await chronicle.openSessions(boot)) {
    const now = living.get(known.number);
    living.delete(known.number);
    if (now) await resyncVisits(chronicle, known, now.present, nowMs);
    else await chronicle.destroy(known, nowMs, 'left');
  }
  for (const { session: number, room, creator, createdMs, present } of living.values()) {
    const session = await chronicle.create({ boot, number, room, creator, atMs: createdMs });
    await resyncVisits(chronicle, session, present, nowMs);
  }
}

async function resyncVisits(
  chronicle: Chronicle,
  session: RoomSessionRow,
  present: readonly RoomPresence[],
  nowMs: number,
): Promise<void> {
  const isSame = (visit: RoomVisitRow, one: RoomPresence): boolean =>
    visit.user_id === one.userId && visit.joined_ms === one.enteredMs;
  const known = await chronicle.visits(session);
  for (const visit of known) {
    if (!present.some((one) => isSame(visit, one))) await chronicle.leave(session, visit, 'left', nowMs);
  }
  for (const one of present) {
    const fresh = !known.some((visit) => isSame(visit, one));
    if (fresh) await chronicle.enter(session, { ...one, atMs: one.enteredMs });
    await resyncMedia(chronicle, session, one, nowMs);
  }
}

const KINDS = ['video', 'audio', 'aux'] as const satisfies readonly RoomMedia[];

async function resyncMedia(
  chronicle: Chronicle,
  session: RoomSessionRow,
  { userId, role, media }: RoomPresence,
  nowMs: number,
): Promise<void> {
  for (const kind of KINDS) {
    // Read anew for each: every change writes the whole list.
    const visit = await chronicle.visit(session, userId);
    if (!visit) return;
    await chronicle.setRole(session, visit, role, nowMs);
    await chronicle.setMedia(session, visit, kind, media.includes(kind), nowMs);
  }
}
