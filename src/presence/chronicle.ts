import {
  exitReason,
  mediaChanged,
  roleChanged,
  roomCreated,
  roomDestroyed,
  userEntered,
  userLeft,
  writeRoomEvent,
  type RoomEvent,
} from '../callbacks/room-events.ts';
import type { AppDirectory } from '../config/apps.ts';
import type { RoomKey } from '../room-key.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { RoomSessionRow, RoomVisitRow } from '../store/tables.ts';
import type { LeaveReason, RoomClient, RoomMedia, RoomMoment, RoomRole } from './messages.ts';

/** A room's life as it begins. */
export interface SessionBirth {
  readonly boot: string;
  /** Number of the session within its boot. */
  readonly number: number;
  readonly room: RoomKey;
  readonly creator: string;
  readonly atMs: number;
}

/** Somebody entering a room. */
export interface Arrival {
  readonly userId: string;
  readonly role: RoomRole;
  readonly client: RoomClient;
  readonly atMs: number;
}

const mediaOf = (visit: Pick<RoomVisitRow, 'media'>): Set<RoomMedia> =>
  new Set(visit.media.split(' ').filter((word) => word !== '') as RoomMedia[]);

const mediaText = (media: Iterable<RoomMedia>): string => [...media].toSorted().join(' ');

/**
 * Writes what happened in rooms into the store: sessions and visits, and the events that tell of them, in the transaction
 * it is made with (design §3.3).
 */
export class Chronicle {
  readonly #tx: StoreTransaction;
  readonly #apps: Pick<AppDirectory, 'app'>;

  constructor(tx: StoreTransaction, apps: Pick<AppDirectory, 'app'>) {
    this.#tx = tx;
    this.#apps = apps;
  }

  /** The sessions of a boot that go on, or with `not` those of every other boot. */
  openSessions(boot: string, which: 'of' | 'not' = 'of'): Promise<RoomSessionRow[]> {
    return this.#tx.db
      .selectFrom('room_session')
      .selectAll()
      .where('boot', which === 'of' ? '=' : '!=', boot)
      .where('destroyed_ms', 'is', null)
      .orderBy('id')
      .execute();
  }

  /** The session of that number; undefined when it is not known or over. */
  session(boot: string, number: number): Promise<RoomSessionRow | undefined> {
    return this.#tx.db
      .selectFrom('room_session')
      .selectAll()
      .where('boot', '=', boot)
      .where('number', '=', number)
      .where('destroyed_ms', 'is', null)
      .executeTakeFirst();
  }

  /** Who is in the room, in order of entry. */
  visits(session: RoomSessionRow): Promise<RoomVisitRow[]> {
    return this.#tx.db
      .selectFrom('room_visit')
      .selectAll()
      .where('session_id', '=', session.id)
      .where('left_ms', 'is', null)
      .orderBy('id')
      .execute();
  }

  /** The visit of a user who is in the room. */
  visit(session: RoomSessionRow, userId: string): Promise<RoomVisitRow | undefined> {
    return this.#tx.db
      .selectFrom('room_visit')
      .selectAll()
      .where('session_id', '=', session.id)
      .where('user_id', '=', userId)
      .where('left_ms', 'is', null)
      .executeTakeFirst();
  }

  /** A room comes into being. */
  async create({ boot, number, room, creator, atMs }: SessionBirth): Promise<RoomSessionRow> {
    const session = await this.#tx.db
      .insertInto('room_session')
      .values({
        boot,
        number,
        sdk_app_id: room.sdkAppId,
        room_kind: room.kind,
        room_id: room.roomId,
        comm_id: `${room.sdkAppId}_${room.roomId}_${Math.floor(atMs / 1000)}`,
        creator,
        created_ms: atMs,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await this.#tell(session, roomCreated(atMs, creator));
    return session;
  }

  /** Applies a moment of a session that goes on. */
  async apply(session: RoomSessionRow, moment: RoomMoment, atMs: number): Promise<void> {
    if (moment.kind === 'created') return undefined;
    if (moment.kind === 'destroyed') return this.destroy(session, atMs, 'left');
    if (moment.kind === 'entered') return this.enter(session, { ...moment, atMs });
    const visit = await this.visit(session, moment.userId);
    if (!visit) return undefined;
    if (moment.kind === 'left') return this.leave(session, visit, moment.reason, atMs);
    if (moment.kind === 'role') return this.setRole(session, visit, moment.role, atMs);
    return this.setMedia(session, visit, moment.media, moment.on, atMs);
  }

  /** A user enters. */
  async enter(session: RoomSessionRow, { userId, role, client, atMs }: Arrival): Promise<void> {
    const visit = await this.#tx.db
      .insertInto('room_visit')
      .values({
        session_id: session.id,
        user_id: userId,
        role,
        terminal: client.terminal,
        user_type: client.userType,
        software: client.software,
        client_ip: client.address,
        robot: client.robot ? 1 : 0,
        media: '',
        joined_ms: atMs,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await this.#tell(session, userEntered(atMs, visit));
  }

  /** A user leaves. */
  async leave(session: RoomSessionRow, visit: RoomVisitRow, reason: LeaveReason, atMs: number): Promise<void> {
    const leftMs = Math.max(atMs, visit.joined_ms);
    await this.#updateVisit(visit, { left_ms: leftMs, leave_reason: exitReason[reason], media: '' });
    await this.#tell(session, userLeft(leftMs, visit, reason));
  }

  /** A user's role changes. */
  async setRole(session: RoomSessionRow, visit: RoomVisitRow, role: RoomRole, atMs: number): Promise<void> {
    if (visit.role === role) return;
    await this.#updateVisit(visit, { role });
    await this.#tell(session, roleChanged(atMs, { ...visit, role }));
  }

  /** A user begins or ceases to send a kind of media. */
  async setMedia(
    session: RoomSessionRow,
    visit: RoomVisitRow,
    media: RoomMedia,
    on: boolean,
    atMs: number,
  ): Promise<void> {
    const sent = mediaOf(visit);
    if (sent.has(media) === on) return;
    if (on) sent.add(media);
    else sent.delete(media);
    await this.#updateVisit(visit, { media: mediaText(sent) });
    await this.#tell(session, mediaChanged(atMs, visit.user_id, media, on));
  }

  /** The room is no more; whoever was still in it leaves for that reason. */
  async destroy(session: RoomSessionRow, atMs: number, reason: LeaveReason): Promise<void> {
    for (const visit of await this.visits(session)) await this.leave(session, visit, reason, atMs);
    const destroyed = { destroyed_ms: Math.max(atMs, session.created_ms) };
    await this.#tx.db.updateTable('room_session').set(destroyed).where('id', '=', session.id).execute();
    await this.#tell(session, roomDestroyed(atMs));
  }

  async #updateVisit(visit: RoomVisitRow, set: Partial<Omit<RoomVisitRow, 'id' | 'session_id'>>): Promise<void> {
    await this.#tx.db.updateTable('room_visit').set(set).where('id', '=', visit.id).execute();
  }

  #tell(session: RoomSessionRow, event: RoomEvent): Promise<void> {
    return writeRoomEvent(this.#tx, session, event, this.#apps.app(session.sdk_app_id));
  }
}
