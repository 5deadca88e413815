import type { Logger } from 'pino';
import { isWatcherId } from '../bot-id.ts';
import type { Clock } from '../clock.ts';
import type { FeedEjected, FeedEvent, FeedJoin, FeedLeft, FeedTrack } from '../feed/messages.ts';
import type { BatchedPacket } from '../feed/packet-batch.ts';
import type { LeaveReason, RoomClient, RoomMedia, RoomSession } from '../presence/messages.ts';
import { roomKeyText, type MediaId, type RoomKey } from '../room-key.ts';
import type { ReceivedPacket, ReceivedSenderReport } from '../rtp/session.ts';
import type { MonoUs } from '../units.ts';
import { Anchors } from './anchors.ts';
import type { RoomJournal } from './journal.ts';
import type { Publisher, PublisherHost, RoomTrack } from './publisher.ts';
import { Visits } from './visits.ts';

/** Who wants somebody out: the app's own customer through the API, or whoever runs this server (contract §4.3). */
export type RemovedBy = 'customer' | 'server';

/** A recording bot in the room: one connection of the feed. */
export interface RoomBot {
  readonly join: FeedJoin;
  readonly client: RoomClient;
  sendEvent(event: FeedEvent): void;
  /** Takes a packet along if its connection has room for it. */
  sendPacket(track: FeedTrack, packet: BatchedPacket): void;
  /** Ends the connection; the reason goes to its other end. */
  close(reason: string): void;
}

/** Someone who watches one anchor's picture. */
export interface RoomViewer {
  readonly sessionId: string;
  /** The anchor that is watched. */
  readonly userId: string;
  readonly mediaId: MediaId;
  /** The user who watches. */
  readonly viewerId: string;
  readonly client: RoomClient;
  onPacket(track: RoomTrack, packet: ReceivedPacket): void;
  onReport(track: RoomTrack, report: ReceivedSenderReport): void;
  /** The watched anchor is gone for good. */
  onSourceGone(): void;
  /** Ends it; the reason is what the viewer's visit ends with. */
  close(reason?: LeaveReason): void;
  /** Sends what is due. */
  tick(now: MonoUs): void;
  /** Ends it if it is overdue. */
  sweep(now: MonoUs): void;
}

/** A room as operators see it. */
export interface RoomListing {
  readonly room: RoomKey;
  readonly anchors: readonly {
    readonly userId: string;
    readonly order: number;
    readonly enteredMs: number;
    readonly tracks: readonly Pick<FeedTrack, 'track' | 'mediaId' | 'media' | 'codec'>[];
  }[];
  readonly bots: readonly string[];
  readonly viewers: number;
}

/** What a room is made of. */
export interface RoomOptions {
  readonly key: RoomKey;
  readonly clock: Clock;
  /** Where the room writes who enters and leaves. */
  readonly journal: RoomJournal;
  /** Silence, in milliseconds, after which a connected anchor is gone. */
  readonly anchorTimeoutMs: number;
  /** Time, in milliseconds, in which a new session must connect. */
  readonly connectTimeoutMs: number;
  readonly log: Logger;
}

/** One room: its anchors, their tracks, the bots that record it and the viewers that watch it. */
export class Room implements PublisherHost {
  readonly key: RoomKey;
  readonly #options: RoomOptions;
  readonly #log: Logger;
  readonly #anchors: Anchors;
  readonly #opening = new Set<Publisher>();
  readonly #tracks = new Map<number, RoomTrack>();
  readonly #bots = new Map<string, RoomBot>();
  readonly #viewers = new Set<RoomViewer>();
  readonly #visits: Visits;

  constructor(options: RoomOptions) {
    this.key = options.key;
    this.#options = options;
    this.#visits = new Visits(options.key, options.journal);
    this.#log = options.log.child({ room: roomKeyText(options.key) });
    this.#anchors = new Anchors(options.clock);
  }

  /** True when nobody is in it, not even on the way in. */
  get empty(): boolean {
    return this.#anchors.size + this.#opening.size + this.#bots.size + this.#viewers.size === 0;
  }

  /** Lets a session connect. A user's earlier session for the same picture that has not connected yet is given up. */
  admit(publisher: Publisher): void {
    for (const other of this.#opening) {
      if (other.userId === publisher.userId && other.mediaId === publisher.mediaId) this.#giveUp(other);
    }
    this.#opening.add(publisher);
  }

  /** Ends a session: the client left, or an administrator ended it. Unknown and closed ones are ignored. */
  end(publisher: Publisher, reason: FeedLeft['reason']): void {
    const { userId, mediaId } = publisher;
    const had = this.#anchors.session(userId, mediaId) === publisher;
    this.#opening.delete(publisher);
    publisher.close();
    if (this.#anchors.remove(publisher)) this.#announceLeft(userId, reason);
    else if (had) this.#silence(userId, kindsOf(mediaId));
  }

  /** The bot enters; events follow from the state it is told. An earlier bot of the same id goes. */
  join(bot: RoomBot): void {
    const earlier = this.#bots.get(bot.join.botUserId);
    this.#bots.set(bot.join.botUserId, bot);
    this.#log.info({ bot: bot.join.botUserId, task: bot.join.taskId, supersedes: earlier?.join.taskId }, 'bot joined');
    if (earlier) this.#supersede(earlier, bot);
    this.#visits.enter(bot.join.botUserId, 'bot', bot.client);
    bot.sendEvent({
      kind: 'joined',
      anchors: this.#anchors.list,
      tracks: [...this.#tracks.values()].map((track) => track.feed),
    });
  }

  /** The bot is gone. One that was superseded before changes nothing. */
  leave(bot: RoomBot): void {
    if (this.#bots.get(bot.join.botUserId) !== bot) return;
    this.#bots.delete(bot.join.botUserId);
    this.#visits.leave(bot.join.botUserId, 'bot', 'left');
  }

  /** Sessions of anchors now in the room. */
  publishers(): readonly Publisher[] {
    return this.#anchors.sessions();
  }

  /** How many people watch. */
  get viewerCount(): number {
    return this.#viewers.size;
  }

  /** The session of an anchor's picture, if the anchor is in the room with it. */
  source(userId: string, mediaId: MediaId): Publisher | undefined {
    return this.#anchors.session(userId, mediaId);
  }

  watch(viewer: RoomViewer): void {
    this.#viewers.add(viewer);
  }

  /** The viewer's transport is up: now the user who watches is in the room; an administrator is not. */
  onWatching(viewer: RoomViewer): void {
    if (isWatcherId(viewer.viewerId)) {
      const { viewerId, userId: user, mediaId: media } = viewer;
      return this.#log.info({ viewer: viewerId, user, media }, 'watched by an administrator');
    }
    this.#visits.enter(viewer.viewerId, `watch ${viewer.sessionId}`, viewer.client);
  }

  /** The viewer is gone; the reason is what the visit of its user ends with. */
  unwatch(viewer: RoomViewer, reason: LeaveReason): void {
    if (this.#viewers.delete(viewer)) this.#visits.leave(viewer.viewerId, `watch ${viewer.sessionId}`, reason);
  }

  /** Asks a track's sender for a key frame; unknown tracks are ignored, since one may stop while the request is under way. */
  requestKeyFrame(track: number): void {
    const known = this.#tracks.get(track);
    known?.publisher.requestKeyFrame(known.media);
  }

  /** Puts a user out, who publishes, watches or is a bot. False when there is none of that id. */
  removeUser(userId: string, by: RemovedBy = 'server'): boolean {
    for (const publisher of this.#opening) if (publisher.userId === userId) this.#giveUp(publisher);
    const sessions = this.#anchors.sessionsOf(userId);
    const viewers = [...this.#viewers].filter((viewer) => viewer.viewerId === userId);
    const bot = this.#bots.get(userId);
    for (const viewer of viewers) viewer.close('removed');
    for (const session of sessions) this.end(session, 'removed');
    if (bot) this.#eject(bot, by === 'customer' ? 'removed' : 'removed-by-server');
    return sessions.length + viewers.length > 0 || bot !== undefined;
  }

  /** Puts everybody out. */
  dissolve(by: RemovedBy = 'server'): void {
    for (const publisher of this.#opening) this.#giveUp(publisher);
    for (const viewer of this.#viewers) viewer.close('removed');
    for (const session of this.#anchors.sessions()) this.end(session, 'removed');
    for (const bot of this.#bots.values()) this.#eject(bot, by === 'customer' ? 'dissolved' : 'dissolved-by-server');
  }

  /** Whether somebody is in the room, if only a bot; who is still on the way in does not count. */
  get occupied(): boolean {
    return this.#visits.occupied;
  }

  /** The life of the room that goes on, or undefined when nobody is in it. */
  snapshot(): RoomSession | undefined {
    return this.#visits.snapshot();
  }

  /**
   * Lets go of every transport and says goodbye to the bots, with no word of anchors leaving: the role is going down,
   * the people are not, and they come back with the next process. Idempotent.
   */
  close(): void {
    for (const publisher of [...this.#opening, ...this.#anchors.sessions()]) publisher.close();
    for (const bot of this.#bots.values()) bot.close('shutting down');
    for (const viewer of this.#viewers) viewer.onSourceGone();
  }

  /** Sends feedback that is due. */
  tick(now: MonoUs): void {
    for (const session of this.#anchors.sessions()) session.tick(now);
    for (const viewer of this.#viewers) viewer.tick(now);
  }

  /** Gives up sessions and viewers that did not connect and anchors that fell silent. */
  sweep(now: MonoUs): void {
    const { anchorTimeoutMs, connectTimeoutMs } = this.#options;
    for (const publisher of this.#opening) {
      if (now - publisher.heardAt > connectTimeoutMs * 1000) this.#giveUp(publisher);
    }
    for (const session of this.#anchors.sessions()) {
      if (now - session.heardAt > anchorTimeoutMs * 1000) this.end(session, 'timeout');
    }
    for (const viewer of this.#viewers) viewer.sweep(now);
    for (const session of this.#anchors.sessions()) this.#noteFlood(session, now);
  }

  /** The room's anchors, oldest first, with what they send. */
  list(): RoomListing {
    const tracks = [...this.#tracks.values()].map((track) => track.feed);
    return {
      room: this.key,
      anchors: this.#anchors.list.map(({ userId, order, enteredUs }) => ({
        userId,
        order,
        enteredMs: Math.round(enteredUs / 1000),
        tracks: tracks
          .filter((track) => track.userId === userId)
          .map(({ track, mediaId, media, codec }) => ({ track, mediaId, media, codec })),
      })),
      bots: [...this.#bots.keys()],
      viewers: this.#viewers.size,
    };
  }

  onConnected(publisher: Publisher): void {
    if (!this.#opening.delete(publisher)) return;
    const { replaced, entered } = this.#anchors.add(publisher);
    replaced?.close();
    this.#visits.enter(publisher.userId, 'anchor', clientOf(publisher));
    if (replaced) this.#silence(publisher.userId, missingKinds(publisher));
    const { userId: user, mediaId: media } = publisher;
    // A part of the id: whoever knows the whole may end the session.
    const session = publisher.sessionId.slice(0, 8);
    this.#log.info(
      { session, user, media, entered: entered !== undefined, spliced: replaced !== undefined },
      'publishing',
    );
    if (entered) this.#announce({ kind: 'entered', anchor: entered });
  }

  onTrackStarted(track: RoomTrack): void {
    this.#tracks.set(track.feed.track, track);
    this.#visits.setMedia(track.feed.userId, kindOf(track.feed), true);
    this.#announce({ kind: 'started', track: track.feed });
  }

  onTrackPacket(track: RoomTrack, packet: ReceivedPacket): void {
    for (const bot of this.#bots.values()) bot.sendPacket(track.feed, packet);
    for (const viewer of this.#viewers) if (isSourceOf(track, viewer)) viewer.onPacket(track, packet);
  }

  onTrackReport(track: RoomTrack, report: ReceivedSenderReport): void {
    const { ntpUs, rtp, arrivalUs } = report;
    this.#announce({ kind: 'sender-report', track: track.feed.track, ntpUs, rtp, arrivalUs });
    for (const viewer of this.#viewers) if (isSourceOf(track, viewer)) viewer.onReport(track, report);
  }

  onTrackStopped(track: RoomTrack): void {
    this.#tracks.delete(track.feed.track);
    this.#noteStopped(track);
    this.#announce({ kind: 'stopped', track: track.feed.track, atUs: this.#options.clock.wallUs() });
  }

  /**
   * Media counts as stopped only when its sender stopped it: a transport that was lost may come back, and who leaves the
   * room is told as leaving and nothing else, as in the service we are compatible with.
   */
  #noteStopped({ feed, publisher }: RoomTrack): void {
    const kind = kindOf(feed);
    const others = [...this.#tracks.values()].filter((other) => other.feed.userId === feed.userId);
    if (publisher.state !== 'connected' || others.some((other) => kindOf(other.feed) === kind)) return;
    this.#silence(feed.userId, [kind]);
  }

  #silence(userId: string, kinds: readonly RoomMedia[]): void {
    for (const kind of kinds) this.#visits.setMedia(userId, kind, false);
  }

  #noteFlood(session: Publisher, now: MonoUs): void {
    const dropped = session.droppedAsTooMany(now);
    const { userId: user, mediaId: media } = session;
    if (dropped > 0) this.#log.warn({ user, media, dropped }, 'more is sent than one session may: packets dropped');
  }

  #giveUp(publisher: Publisher): void {
    this.#opening.delete(publisher);
    publisher.close();
  }

  #supersede(earlier: RoomBot, bot: RoomBot): void {
    if (earlier.join.taskId !== bot.join.taskId) earlier.sendEvent({ kind: 'ejected', reason: 'replaced' });
    earlier.close('superseded');
  }

  #eject(bot: RoomBot, reason: FeedEjected['reason']): void {
    this.#bots.delete(bot.join.botUserId);
    this.#visits.leave(bot.join.botUserId, 'bot', 'removed');
    bot.sendEvent({ kind: 'ejected', reason });
    bot.close(reason);
  }

  #announceLeft(userId: string, reason: FeedLeft['reason']): void {
    this.#log.info({ user: userId, reason }, 'anchor left');
    this.#visits.leave(userId, 'anchor', reason);
    this.#announce({ kind: 'left', userId, reason, atUs: this.#options.clock.wallUs() });
    for (const viewer of this.#viewers) if (viewer.userId === userId) viewer.onSourceGone();
  }

  #announce(event: FeedEvent): void {
    for (const bot of this.#bots.values()) bot.sendEvent(event);
  }
}

const clientOf = ({ client, robot }: Publisher): RoomClient => (robot ? { ...client, robot: true } : client);

function isSourceOf(track: RoomTrack, viewer: RoomViewer): boolean {
  return track.feed.userId === viewer.userId && track.feed.mediaId === viewer.mediaId;
}

/** The kinds of media that a picture's session can bring. */
const kindsOf = (mediaId: MediaId): readonly RoomMedia[] => (mediaId === 'aux' ? ['aux'] : ['video', 'audio']);

const kindOf = ({ mediaId, media }: Pick<FeedTrack, 'mediaId' | 'media'>): RoomMedia =>
  mediaId === 'aux' ? 'aux' : media;

/** What an earlier session of the same picture may have sent and this one will not. */
function missingKinds({ mediaId, negotiation }: Publisher): RoomMedia[] {
  const coming = new Set(negotiation.media.map(({ media }) => kindOf({ mediaId, media })));
  return kindsOf(mediaId).filter((kind) => !coming.has(kind));
}
