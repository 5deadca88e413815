import type { CancelTimer, Clock } from '../clock.ts';
import type { FeedEvent, FeedPacket } from '../feed/messages.ts';
import type { Logger } from '../process/log.ts';
import type { Effort } from '../mixed/effort.ts';
import { WindowedMin } from '../timeline/windowed-min.ts';
import { micros, type WallMs, type WallUs } from '../units.ts';
import type { LeasedTask, PlanChange, RecordedFile, TaskReport } from '../worker-api/messages.ts';
import {
  IdleRule,
  LEAVE_DISSOLVED,
  LEAVE_DISSOLVED_BY_SERVER,
  LEAVE_REMOVED,
  LEAVE_REMOVED_BY_SERVER,
  LEAVE_REPLACED,
  LEAVE_ROOM_TIMEOUT,
  LEAVE_STOPPED,
} from './idle-rule.ts';
import type { SubscribedRecording } from './room-recording.ts';
import type { TaskLease } from './recorder.ts';
import type { TaskLoad } from './task-load.ts';
import { RoomView, type RoomChange } from './room-view.ts';
import { TrackDesk } from './track-desk.ts';

/** The bot's connection to its room. */
export interface RoomConnection {
  requestKeyFrame(track: number): void;
  close(): void;
}

/** What a room connection tells the run. */
export interface RoomListener {
  onEvent(event: FeedEvent): void;
  onPacket(packet: FeedPacket): void;
  /** The connection ended, or never came to be. Not called after `close`. */
  onClosed(reason: string): void;
}

/** What a task's run needs of the world. */
export interface TaskRunOptions {
  readonly task: LeasedTask;
  readonly connect: (listener: RoomListener) => RoomConnection;
  readonly recording: SubscribedRecording;
  /** Queues a report; resolves when the server accepted it. */
  readonly report: (report: TaskReport) => Promise<void>;
  /** The files of this epoch together with what earlier epochs of the task left on the spool. */
  readonly withEarlier: (current: readonly RecordedFile[]) => RecordedFile[];
  readonly lease: TaskLease;
  readonly clock: Clock;
  readonly log: Logger;
}

const ADVANCE_MS = 100;
const RECONNECT_MS = 300;
/** After a stop, media that was sent before it may still be on its way: a retransmission's time. */
const STRAGGLER_MS = 400;
/** Without a packet for this long the task counts as Idle (contract §2.7: no upstream at present). */
const IDLE_STATUS_US = 5_000_000;

const EJECTED_CODE = {
  replaced: LEAVE_REPLACED,
  removed: LEAVE_REMOVED,
  dissolved: LEAVE_DISSOLVED,
  'removed-by-server': LEAVE_REMOVED_BY_SERVER,
  'dissolved-by-server': LEAVE_DISSOLVED_BY_SERVER,
} as const;

/** One leased task while this process records it: joins the room, feeds the recording, and ends it by the task's rules. */
export class TaskRun {
  #options: TaskRunOptions;
  #view = new RoomView();
  #desk: TrackDesk;
  #idle: IdleRule;
  #connection: RoomConnection | undefined;
  #cancelAdvance: CancelTimer = () => {};
  #cancelReconnect: CancelTimer = () => {};
  #startedMs: WallMs | undefined;
  #lastPacketUs: WallUs | undefined;
  #status: 'Idle' | 'InProgress' = 'Idle';
  #spentUs = 0;
  /** The shortest time that a packet was on its way from the rooms to here in the last minutes, and how much longer it is now. */
  readonly #transit = new WindowedMin(60_000_000, 3);
  #feedLagUs = 0;
  #transitDue = true;
  #stopping = false;
  #writing = false;
  #closed = false;
  #onlyReports = false;

  constructor(options: TaskRunOptions) {
    this.#options = options;
    this.#startedMs = options.task.startedMs;
    this.#idle = new IdleRule(options.task.plan.maxIdleSeconds, options.clock.wallUs());
    this.#desk = new TrackDesk((track) => this.#connection?.requestKeyFrame(track));
  }

  /** Enters the room. */
  start(): void {
    this.#connect();
    this.#cancelAdvance = this.#options.clock.every(ADVANCE_MS, () => this.#guard(() => this.#advance()));
  }

  /** Leaves the room with that LeaveCode, ends the files and reports. Later calls change nothing. */
  stop(leaveCode: number): void {
    if (this.#stopping || this.#closed) return;
    this.#stopping = true;
    this.#stop(leaveCode, this.#options.clock.wallUs()).catch((error: unknown) => this.fail(error));
  }

  /** Goes on by another layout and other lists from now on (contract §2.8). Nothing is cut; a run that ends changes nothing. */
  change({ layout, subscription }: PlanChange): void {
    if (this.#stopping || this.#closed) return;
    const { recording, clock, log } = this.#options;
    const now = clock.wallUs();
    log.info('layout and subscription change');
    this.#guard(() => {
      recording.changeSubscription(subscription, now);
      recording.changeLayout(layout, now);
    });
  }

  /** What the task asks of this process. */
  load(): TaskLoad {
    const { task, recording, clock } = this.#options;
    const running = !this.#closed && !this.#stopping;
    const lagUs = micros(running ? Math.max(recording.lag(clock.wallUs()), this.#feedLagUs) : 0);
    const flowing = running && this.#status === 'InProgress';
    return { mode: task.plan.mode, flowing, spentUs: micros(this.#spentUs), lagUs };
  }

  /** How much work a mix puts into its pictures from now on. */
  setEffort(effort: Effort): void {
    if (!this.#closed) this.#options.recording.setEffort(effort);
  }

  /** True once everything is on the spool and only the last reports are left. */
  get onlyReports(): boolean {
    return this.#onlyReports;
  }

  /** Writes what is held and stops without ending the task: the process drains, another epoch goes on. */
  async drain(): Promise<void> {
    if (this.#closed || this.#stopping) return this.close();
    this.#stopping = true;
    this.#desk.closeAll();
    this.#leaveRoom();
    await this.#options.recording.finish(this.#options.clock.wallUs()).catch((error: unknown) => this.fail(error));
    this.close();
  }

  /** Stops writing at once without ending the task: the lease is gone. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leaveRoom();
    this.#options.recording.close();
  }

  #connect(): void {
    if (this.#closed || this.#stopping) return;
    this.#connection = this.#options.connect({
      onEvent: (event) => this.#guard(() => this.#onEvent(event)),
      onPacket: (packet) => this.#guard(() => this.#onPacket(packet)),
      onClosed: (reason) => this.#guard(() => this.#onDisconnected(reason)),
    });
  }

  /**
   * A native fault in one task's media must not take the process, and all other tasks, along. And a process that was
   * stopped reads what came meanwhile before any timer: the task may be another's by then (design, invariant 4).
   */
  #guard(step: () => void): void {
    if (!this.#closed && !this.#onlyReports && !this.#options.lease.isHeld()) this.close();
    if (this.#closed) return;
    try {
      step();
    } catch (error) {
      this.fail(error);
    }
  }

  #onDisconnected(reason: string): void {
    if (this.#closed) return;
    const now = this.#options.clock.wallUs();
    this.#options.log.warn({ reason }, 'room feed lost; joining again');
    this.#connection = undefined;
    this.#idle.onUnreachable(now);
    this.#apply(this.#view.disconnected(now));
    this.#cancelReconnect = this.#options.clock.after(RECONNECT_MS, () => this.#connect());
  }

  #onEvent(event: FeedEvent): void {
    if (this.#closed) return;
    const now = this.#options.clock.wallUs();
    if (event.kind === 'sender-report') return this.#desk.onSenderReport(event);
    if (event.kind === 'ejected') return this.stop(EJECTED_CODE[event.reason]);
    if (event.kind === 'refused') return this.#options.log.warn({ reason: event.reason }, 'room refused the bot');
    this.#apply(this.#view.apply(event, now));
    this.#idle.onAnchors(this.#view.anchorCount, now);
    if (event.kind === 'joined') this.#reportStarted();
  }

  #reportStarted(): void {
    const { task, clock, report } = this.#options;
    const startedMs = (this.#startedMs ??= clock.wallMs());
    void report({ kind: 'started', epoch: task.epoch, startedMs });
  }

  #onPacket(packet: FeedPacket): void {
    if (this.#closed) return;
    this.#lastPacketUs = packet.arrivalUs;
    if (this.#transitDue) this.#noteTransit(packet);
    this.#desk.onPacket(packet);
  }

  /**
   * A recorder that reads too slowly has its backlog in the feed's sockets. The clocks of two machines may differ and
   * drift: what counts is how much longer a packet took than it could.
   */
  #noteTransit({ arrivalUs }: FeedPacket): void {
    this.#transitDue = false;
    const transitUs = this.#options.clock.wallUs() - arrivalUs;
    this.#transit.add(this.#options.clock.monoUs(), transitUs);
    this.#feedLagUs = transitUs - this.#transit.min;
  }

  #apply(changes: readonly RoomChange[]): void {
    for (const change of changes) this.#applyOne(change);
  }

  #applyOne(change: RoomChange): void {
    const { recording, log } = this.#options;
    if (change.kind === 'anchor-entered') recording.anchorEntered(change.anchor);
    else if (change.kind === 'anchor-left') recording.anchorLeft(change.userId, change.at);
    else if (change.kind === 'track-opened') {
      const { userId, mediaId, media, codec } = change.track;
      log.info({ user: userId, mediaId, media, codec }, 'track begins');
      const sink = recording.openTrack(change.track);
      if (sink) this.#desk.open(change.track, sink);
    } else {
      this.#desk.close(change.track.track);
      recording.closeTrack(change.track, change.at);
    }
  }

  #advance(): void {
    if (this.#closed || this.#stopping) return;
    const now = this.#options.clock.wallUs();
    if (this.#transitDue) this.#feedLagUs = 0;
    this.#transitDue = true;
    this.#desk.advance(now);
    this.#write(now);
    if (this.#closed) return;
    this.#reportStatus(now);
    const leaveCode = this.#isOver() ? LEAVE_STOPPED : this.#idle.leaveCode(now);
    if (leaveCode !== undefined) this.stop(leaveCode);
  }

  /** Whether it has lasted as long as it may; recorders that took over count from the same start. */
  #isOver(): boolean {
    const { clock, task } = this.#options;
    const { mostSeconds } = task.plan;
    if (mostSeconds === undefined || this.#startedMs === undefined) return false;
    return clock.wallMs() - this.#startedMs >= mostSeconds * 1000;
  }

  /** A long step is taken in pieces, so that packets of other tasks are read in between. */
  #write(now: WallUs): void {
    if (this.#closed || this.#stopping || this.#writing) return;
    const { recording, clock } = this.#options;
    const begun = clock.monoUs();
    this.#writing = recording.advance(now);
    this.#spentUs += clock.monoUs() - begun;
    if (!this.#writing) return;
    this.#options.clock.after(0, () => {
      this.#writing = false;
      this.#guard(() => this.#write(now));
    });
  }

  #reportStatus(now: WallUs): void {
    const flowing = this.#lastPacketUs !== undefined && now - this.#lastPacketUs < IDLE_STATUS_US;
    const status = flowing ? 'InProgress' : 'Idle';
    if (status === this.#status) return;
    this.#status = status;
    void this.#options.report({ kind: 'status', epoch: this.#options.task.epoch, status });
  }

  async #stop(leaveCode: number, at: WallUs): Promise<void> {
    const { task, log, clock, recording } = this.#options;
    log.info({ leaveCode }, 'leaving the room');
    await new Promise<void>((resume) => clock.after(STRAGGLER_MS, resume));
    if (this.#closed) return;
    this.#desk.closeAll();
    this.#leaveRoom();
    const own = await recording.finish(at);
    // The lease may have gone meanwhile, and with it the right to touch what earlier epochs left.
    if (this.#closed || !this.#options.lease.isHeld()) return this.close();
    const files = this.#options.withEarlier(own);
    this.#onlyReports = true;
    const neverThere = leaveCode === LEAVE_ROOM_TIMEOUT && this.#startedMs === undefined;
    await this.#options.report(
      neverThere
        ? { kind: 'start-failed', epoch: task.epoch, reason: 'the room could not be reached' }
        : { kind: 'stopped', epoch: task.epoch, leaveCode, atMs: clock.wallMs(), files },
    );
    this.close();
    this.#options.lease.onEnded();
  }

  #leaveRoom(): void {
    this.#cancelAdvance();
    this.#cancelReconnect();
    this.#connection?.close();
    this.#connection = undefined;
  }

  /** Writing or ending failed (disk full, native fault): what is on the spool stays, and another recorder may try. */
  fail(error: unknown): void {
    if (this.#closed) return;
    this.#options.log.error({ err: error }, 'the recording cannot go on here; leaving it to another recorder');
    this.close();
    this.#options.lease.onEnded();
  }
}
