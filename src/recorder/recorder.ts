import type { CancelTimer, Clock } from '../clock.ts';
import type { Logger } from '../process/log.ts';
import { effortSteps, type Effort } from '../mixed/effort.ts';
import { micros, type MonoUs } from '../units.ts';
import type {
  LeasedJob,
  LeasedTask,
  PlanChange,
  RecorderLoad,
  SyncRequest,
  SyncResponse,
} from '../worker-api/messages.ts';
import type { FinishRunner } from './finish-runner.ts';
import { LEAVE_ROOM_TIMEOUT } from './idle-rule.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import type { LoadMeter } from './load-meter.ts';
import { Overload } from './overload.ts';
import type { SpaceRelief } from './space-relief.ts';
import type { TaskLoad } from './task-load.ts';

/** A task this process runs, whatever it records. */
export interface RunningTask {
  /** Ends the task with that LeaveCode. */
  stop(leaveCode: number): void;
  /** Goes on by another layout and other lists from now on, which are that revision; the same again changes nothing. */
  change(change: PlanChange, revision: number): void;
  /** What it asks of this process now. */
  load(): TaskLoad;
  /** How much work a mix puts into its pictures from now on; the last one given holds. */
  setEffort(effort: Effort): void;
  /**
   * True once everything is on the spool and only reports are left. Reports name their epoch, so they may wait for a
   * server that is away for longer than a lease.
   */
  readonly onlyReports: boolean;
  /** Writes what is held, then stops without ending the task: the process drains. Resolves when nothing is written any more. */
  drain(): Promise<void>;
  /** Stops writing at once without ending the task: the lease is gone. Idempotent. */
  close(): void;
}

/** The lease that a task or job runs under. */
export interface TaskLease {
  /** False from the moment it ran out, also in a process that was stopped then and did not notice. */
  isHeld(): boolean;
  /** It is needed no more. */
  readonly onEnded: () => void;
}

/** What a recorder needs of the world. */
export interface RecorderOptions {
  readonly recorderId: string;
  readonly sync: (request: SyncRequest) => Promise<SyncResponse>;
  /** Begins a task. */
  readonly runTask: (task: LeasedTask, lease: TaskLease) => RunningTask;
  readonly jobs: FinishRunner;
  /** The most it takes whatever its load. */
  readonly capacity: { readonly tasks: number; readonly jobs: number };
  readonly meter: LoadMeter;
  /** Ends tasks when the disk is nearly full; without it none is. */
  readonly relief?: SpaceRelief;
  readonly clock: Clock;
  readonly log: Logger;
}

const RETRY_MS = 300;
const EXPIRY_CHECK_MS = 250;
const LOAD_CHECK_MS = 1_000;
const nothing = { single: false, mixed: false } as const;

interface HeldTask {
  readonly epoch: number;
  /** Revision of the plan that the run acts by. */
  revision: number;
  readonly run: RunningTask;
}

/** Holds leases: claims tasks and jobs, renews what it holds, and drops at once what it lost. */
export class Recorder {
  #options: RecorderOptions;
  #tasks = new Map<string, HeldTask>();
  #taskLeases = new LeaseKeeper<string>();
  #jobLeases = new LeaseKeeper<number>();
  #overload = new Overload(effortSteps.length);
  #cancelExpiry: CancelTimer;
  #cancelLoad: CancelTimer;
  #closed = false;
  #wake: (() => void) | undefined;
  #loop: Promise<void>;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#cancelExpiry = options.clock.every(EXPIRY_CHECK_MS, () => this.#dropExpired());
    this.#cancelLoad = options.clock.every(LOAD_CHECK_MS, () => this.#watchLoad());
    this.#loop = this.#syncForever();
  }

  /** What is running. */
  stats(): { tasks: number; jobs: number } {
    return { tasks: this.#tasks.size, jobs: this.#options.jobs.size };
  }

  /** Flushes and lets go of everything; the tasks stay resumable. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelExpiry();
    this.#cancelLoad();
    this.#options.jobs.close();
    await Promise.all([...this.#tasks.values()].map(({ run }) => run.drain()));
    this.#wake?.();
    await this.#loop;
    await this.#giveBack();
  }

  async #syncForever(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#syncOnce();
      } catch (error) {
        this.#options.log.warn({ err: error }, 'server out of reach; recordings go on within their leases');
        await this.#pause(RETRY_MS);
      }
    }
  }

  async #syncOnce(): Promise<void> {
    const { clock, capacity, jobs, recorderId } = this.#options;
    const sentAt = clock.monoUs();
    const tasks = [...this.#tasks].map(([taskId, { epoch, revision }]) => ({ taskId, epoch, revision }));
    const request: SyncRequest = {
      recorderId,
      tasks,
      jobs: jobs.held(),
      wantTasks: Math.max(0, capacity.tasks - this.#tasks.size),
      ...(this.#isShortOfSpace ? { onlyStopped: true } : {}),
      wantJobs: Math.max(0, capacity.jobs - jobs.size),
      load: this.#load(),
    };
    const response = await this.#options.sync(request);
    if (this.#closed) return;
    this.#renew(request, response, sentAt);
    for (const task of response.newTasks) this.#begin(task, sentAt, response.leaseMs);
    for (const job of response.newJobs) this.#beginJob(job, sentAt, response.leaseMs);
    for (const change of response.changes) this.#change(change);
    for (const { taskId, leaveCode } of response.stops) this.#tasks.get(taskId)?.run.stop(leaveCode);
  }

  #renew(request: SyncRequest, response: SyncResponse, at: MonoUs): void {
    const taskIds = request.tasks.map((task) => task.taskId);
    const jobIds = request.jobs.map((job) => job.jobId);
    const kept = new Set(response.keptTasks);
    this.#taskLeases.renewed(taskIds, kept, at, response.leaseMs);
    for (const taskId of taskIds) if (!kept.has(taskId)) this.#abandon(taskId, 'lease lost');
    const lostJobs = this.#jobLeases.renewed(jobIds, new Set(response.keptJobs), at, response.leaseMs);
    for (const jobId of lostJobs) this.#options.jobs.abandon(jobId);
  }

  #begin(task: LeasedTask, sentAt: MonoUs, leaseMs: number): void {
    // A task that comes back to the process that lost it must not be written under two epochs at once.
    this.#tasks.get(task.taskId)?.run.close();
    this.#tasks.delete(task.taskId);
    this.#taskLeases.grant(task.taskId, sentAt, leaseMs);
    try {
      const run = this.#options.runTask(task, this.#leaseOf(task));
      run.setEffort(this.#effort);
      this.#tasks.set(task.taskId, { epoch: task.epoch, revision: task.revision, run });
    } catch (error) {
      // The next sync does not list it, which gives it back; the other tasks of this answer must not suffer.
      this.#taskLeases.release(task.taskId);
      this.#options.log.error({ task: task.taskId, err: error }, 'task cannot begin here');
    }
  }

  #leaseOf({ taskId, epoch }: LeasedTask): TaskLease {
    return {
      isHeld: () => this.#taskLeases.holds(taskId, this.#options.clock.monoUs()),
      onEnded: () => this.#forget(taskId, epoch),
    };
  }

  #change({ taskId, revision, ...change }: SyncResponse['changes'][number]): void {
    const held = this.#tasks.get(taskId);
    if (!held) return;
    held.revision = revision;
    held.run.change(change, revision);
  }

  #beginJob(job: LeasedJob, sentAt: MonoUs, leaseMs: number): void {
    this.#options.jobs.abandon(job.jobId);
    this.#jobLeases.grant(job.jobId, sentAt, leaseMs);
    this.#options.jobs.start(job, {
      isHeld: () => this.#jobLeases.holds(job.jobId, this.#options.clock.monoUs()),
      onEnded: () => this.#jobLeases.release(job.jobId),
    });
  }

  /** Who has no room for another lease takes nothing, however little there is to do. */
  #load(): RecorderLoad {
    const load = this.#options.meter.load(this.#overload.step);
    return this.#tasks.size < this.#options.capacity.tasks ? load : { ...load, takes: nothing };
  }

  get #effort(): Effort {
    return effortSteps[this.#overload.step]!;
  }

  /** What cannot be carried whole is carried with less, rather than later and later. */
  #watchLoad(): void {
    const { meter, clock, log } = this.#options;
    const at = clock.monoUs();
    const loads = [...this.#tasks.values()].map(({ run }) => run.load());
    meter.sample(at, loads);
    this.#relieve(at);
    const before = this.#overload.step;
    const { busy, lagUs } = meter;
    // Only mixes have anything that can be left out.
    const mixes = loads.some(({ mode }) => mode === 'mixed');
    const step = this.#overload.sample(mixes ? { at, lagUs, busy } : { at, lagUs: micros(0), busy: 0 });
    if (step === before) return;
    const fields = { step, lagMs: Math.round(lagUs / 1000), busy: Math.round(busy * 100) / 100, ...this.#effort };
    if (step > before) log.warn(fields, 'overload: mixes are made with less work');
    else log.info(fields, 'overload eases: mixes are made with more work again');
    for (const { run } of this.#tasks.values()) run.setEffort(this.#effort);
  }

  get #isShortOfSpace(): boolean {
    const { relief, meter } = this.#options;
    return relief?.isShort(meter.freeMb) ?? false;
  }

  /** A disk that is nearly full: recordings end with what they have, one by one, while their files can still be closed. */
  #relieve(at: MonoUs): void {
    const { relief, meter, log } = this.#options;
    const tasks = Array.from(this.#tasks, ([taskId, { epoch, run }]) => ({
      taskId,
      epoch,
      onlyReports: run.onlyReports,
    }));
    const ending = relief?.next(at, meter.freeMb, tasks);
    if (!ending) return;
    const freeMb = Math.floor(meter.freeMb);
    log.error({ task: ending.taskId, freeMb }, 'the disk is nearly full: the recording ends with what it has');
    this.#tasks.get(ending.taskId)?.run.stop(LEAVE_ROOM_TIMEOUT);
  }

  #forget(taskId: string, epoch: number): void {
    if (this.#tasks.get(taskId)?.epoch !== epoch) return;
    this.#tasks.delete(taskId);
    this.#taskLeases.release(taskId);
  }

  #dropExpired(): void {
    const now = this.#options.clock.monoUs();
    for (const taskId of this.#taskLeases.expired(now)) {
      if (!this.#tasks.get(taskId)?.run.onlyReports) this.#abandon(taskId, 'lease ran out');
    }
    for (const jobId of this.#jobLeases.expired(now)) this.#options.jobs.abandon(jobId);
  }

  #abandon(taskId: string, why: string): void {
    const held = this.#tasks.get(taskId);
    if (!held) return;
    this.#options.log.warn({ task: taskId, why }, 'task abandoned to another recorder');
    this.#tasks.delete(taskId);
    this.#taskLeases.release(taskId);
    held.run.close();
  }

  /** What a sync does not list counts as let go: a last one that lists nothing lets another recorder claim at once. */
  async #giveBack(): Promise<void> {
    const { sync, recorderId, log, meter } = this.#options;
    const load = { ...meter.load(this.#overload.step), takes: nothing };
    const request: SyncRequest = { recorderId, tasks: [], jobs: [], wantTasks: 0, wantJobs: 0, load };
    await sync(request).catch((error: unknown) => log.warn({ err: error }, 'leases run out by themselves'));
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resume) => {
      const cancel = this.#options.clock.after(ms, resume);
      this.#wake = () => {
        cancel();
        resume();
      };
    });
  }
}
