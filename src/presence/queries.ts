import type { RoomKind } from '../room-key.ts';
import type { Store } from '../store/store.ts';

/** Part of a list: `number` counts pages of `size` from 0. */
export interface PageOf {
  readonly number: number;
  readonly size: number;
}

/** Which room sessions to list: those of an app that went on at some time of [fromMs, toMs]. */
export interface SessionFilter {
  readonly sdkAppId: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Rooms of this name, numeric or not. */
  readonly roomId?: string | undefined;
  readonly page: PageOf;
}

/** One life of a room. */
export interface SessionView {
  readonly commId: string;
  readonly kind: RoomKind;
  readonly roomId: string;
  readonly creator: string;
  readonly createdMs: number;
  /** Undefined while somebody is in it. */
  readonly destroyedMs: number | undefined;
}

/** Which visits to list: those of one room session at some time of [fromMs, toMs]. */
export interface VisitFilter {
  readonly sdkAppId: number;
  readonly commId: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Only of these users. */
  readonly userIds?: readonly string[] | undefined;
  readonly page: PageOf;
}

/** One stay of a user in a room. */
export interface VisitView {
  readonly roomId: string;
  readonly userId: string;
  readonly joinedMs: number;
  /** Undefined while the user is in the room. */
  readonly leftMs: number | undefined;
  /** TerminalType of contract §4.5. */
  readonly terminal: number;
  readonly software: string;
  readonly clientIp: string;
}

/** Reads of who was in which room when; the last 14 days are kept. */
export interface PresenceQueries {
  /** Room sessions, oldest first, and how many there are on all pages. */
  sessions(filter: SessionFilter): Promise<{ readonly total: number; readonly sessions: readonly SessionView[] }>;
  /** Visits, earliest first, and how many there are on all pages. */
  visits(filter: VisitFilter): Promise<{ readonly total: number; readonly visits: readonly VisitView[] }>;
}

/** Queries over an open store. */
export const createPresenceQueries = (store: Store): PresenceQueries => ({
  sessions: (filter) => sessions(store, filter),
  visits: (filter) => visits(store, filter),
});

async function sessions({ db }: Store, filter: SessionFilter): ReturnType<PresenceQueries['sessions']> {
  const { sdkAppId, fromMs, toMs, roomId, page } = filter;
  const query = db
    .selectFrom('room_session')
    .where('sdk_app_id', '=', sdkAppId)
    .where('created_ms', '<=', toMs)
    .where((eb) => eb.or([eb('destroyed_ms', 'is', null), eb('destroyed_ms', '>=', fromMs)]))
    .$if(roomId !== undefined, (q) => q.where('room_id', '=', roomId!));
  const rows = await query
    .selectAll()
    .orderBy('created_ms')
    .orderBy('id')
    .limit(page.size)
    .offset(page.number * page.size)
    .execute();
  const { n } = await query.select((eb) => eb.fn.countAll<number | string>().as('n')).executeTakeFirstOrThrow();
  const views = rows.map((row): SessionView => ({
    commId: row.comm_id,
    kind: row.room_kind,
    roomId: row.room_id,
    creator: row.creator,
    createdMs: row.created_ms,
    destroyedMs: row.destroyed_ms ?? undefined,
  }));
  return { total: Number(n), sessions: views };
}

async function visits({ db }: Store, filter: VisitFilter): ReturnType<PresenceQueries['visits']> {
  const { sdkAppId, commId, fromMs, toMs, userIds, page } = filter;
  const query = db
    .selectFrom('room_visit as v')
    .innerJoin('room_session as s', 's.id', 'v.session_id')
    .where('s.comm_id', '=', commId)
    .where('s.sdk_app_id', '=', sdkAppId)
    .where('v.joined_ms', '<=', toMs)
    .where((eb) => eb.or([eb('v.left_ms', 'is', null), eb('v.left_ms', '>=', fromMs)]))
    .$if(userIds !== undefined, (q) => q.where('v.user_id', 'in', userIds!));
  const rows = await query
    .selectAll('v')
    .select('s.room_id')
    .orderBy('v.joined_ms')
    .orderBy('v.id')
    .limit(page.size)
    .offset(page.number * page.size)
    .execute();
  const { n } = await query.select((eb) => eb.fn.countAll<number | string>().as('n')).executeTakeFirstOrThrow();
  const views = rows.map((row): VisitView => ({
    roomId: row.room_id,
    userId: row.user_id,
    joinedMs: row.joined_ms,
    leftMs: row.left_ms ?? undefined,
    terminal: row.terminal,
    software: row.software,
    clientIp: row.client_ip,
  }));
  return { total: Number(n), visits: views };
}
