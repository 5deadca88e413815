import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { AppDirectory } from '../config/apps.ts';
import { libraryBytes } from '../library/kept-files.ts';
import type { PlayLinks } from '../library/play-links.ts';
import type { FileNameMode } from '../naming/file-name.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { NewTaskRow, TaskRow } from '../store/tables.ts';
import type {
  GoneRequest,
  JobReport,
  PlanChange,
  RecordingPlan,
  ReportResponse,
  SpoolRequest,
  SpoolResponse,
  SyncRequest,
  SyncResponse,
  TaskReport,
} from '../worker-api/messages.ts';
import { keepPlan, keepTimeline } from './evidence-records.ts';
import { applyJobReport, deliverable, openJobs } from './finishing.ts';
import { newTaskId } from './ids.ts';
import { JobSteps } from './job-steps.ts';
import { Leases } from './leases.ts';
import { applyUploadReport, isUploadReport, storageFiles } from './playlists.ts';
import { lockTask, recordTransition } from './record.ts';
import type { CapacityRefusal, CreateAnswer, NewTask, TaskDescription, TaskService } from './service.ts';
import { expiredTasks, settledFiles } from './settled-files.ts';
import { planOf } from './stored-task.ts';
import { applyReport, lostForGood, requestStop, statusOf, type BotReport } from './transitions.ts';

/** Length of a lease unless configured, in milliseconds. */
export const defaultLeaseMs = 15_000;
/** LeaveCode when the same bot enters the same room again (contract §4.3, C46). */
const leaveCodeReplaced = 101;
const leaveCodeDeleted = 0;

/** What the task service needs. */
export interface TaskServiceOptions {
  readonly store: Store;
  readonly apps: Pick<AppDirectory, 'app'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Makes VideoUrl when a file is announced. */
  readonly links: Pick<PlayLinks, 'urlOf'>;
  readonly fileNames: FileNameMode;
  /** Why no recorder would carry one more task of that kind; by default one always does. */
  readonly refusal?: (mode: RecordingPlan['mode']) => CapacityRefusal | undefined;
  /** Length of a lease in milliseconds, {@link defaultLeaseMs} by default. */
  readonly leaseMs?: number;
  /** Age at which a finishing job is given up, in milliseconds; a week by default. */
  readonly giveUpMs?: number;
  /** Longest time that a file stays in the library, in milliseconds; for ever by default. */
  readonly libraryKeepMs?: number | undefined;
  /** How long segments stay that were never delivered, in milliseconds, after their task has ended; for ever by default. */
  readonly spoolKeepMs?: number | undefined;
  /** Whether a bot may come back after its UserSig has ended, `check` by default. */
  readonly takeoverUserSig?: 'check' | 'ignore';
}

/** Counters of this process, for metrics. */
export interface TaskStats {
  readonly created: number;
  readonly restricted: number;
  readonly overloaded: number;
  readonly staleReports: number;
}

/** Tasks as the API (TaskService) and as recorders see them. Each call is one transaction. */
export class TaskControl implements TaskService {
  /** Where it keeps everything; the worker API listens to its bell. */
  readonly store: Store;
  /** How far running jobs are. */
  readonly steps: JobSteps;
  readonly #options: TaskServiceOptions;
  readonly #leases: Leases;
  readonly #counts = { created: 0, restricted: 0, overloaded: 0, staleReports: 0 };

  /** Use {@link createTaskService}, which also gives living leases their extra term. */
  constructor(options: TaskServiceOptions) {
    this.store = options.store;
    this.steps = new JobSteps(options.clock);
    this.#options = options;
    this.#leases = new Leases(options.store.engine, { ...options, leaseMs: options.leaseMs ?? defaultLeaseMs });
  }

  stats(): TaskStats {
    return { ...this.#counts };
  }

  /** Called once at boot. */
  startTerm(): Promise<void> {
    return this.store.transaction((tx) => this.#leases.startTerm(tx));
  }

  async create(task: NewTask): Promise<CreateAnswer> {
    const answer = await this.store.transaction(async (tx) => {
      // A bot that will not be let in interrupts no other.
      const olds = task.refusal === undefined ? await this.#ofSameBot(tx, task) : [];
      if (await this.#isFull(tx, task, olds.length)) return 'restricted' as const;
      if (await this.#isLibraryFull(tx, task)) return 'library full' as const;
      const refusal = olds.length === 0 ? this.#capacityRefusal(task) : undefined;
      if (refusal !== undefined) return refusal;
      for (const old of olds) await recordTransition(tx, old, requestStop(old, leaveCodeReplaced, tx.wall, tx.now));
      const row = await tx.db
        .insertInto('task')
        .values({ ...newRow(newTaskId(), task, tx), file_names: this.#fileNamesOf(task) })
        .returningAll()
        .executeTakeFirstOrThrow();
      await keepPlan(tx, row);
      if (task.refusal === undefined) tx.announce('work');
      else await this.#refuse(tx, row, task.refusal);
      return { taskId: row.id };
    });
    this.#count(answer);
    return answer;
  }

  async describe(sdkAppId: number, taskId: string): Promise<TaskDescription | undefined> {
    const task = await this.store.db
      .selectFrom('task')
      .select(['state', 'status', 'stop_code'])
      .where('id', '=', taskId)
      .where('sdk_app_id', '=', sdkAppId)
      .where('api_until_ms', '>', this.#options.clock.wallMs())
      .executeTakeFirst();
    const status = task && statusOf(task);
    return status && { status, files: await storageFiles(this.store, taskId) };
  }

  modify(
    sdkAppId: number,
    taskId: string,
    change: (plan: RecordingPlan) => PlanChange,
  ): Promise<{ readonly revision: number } | undefined> {
    return this.store.transaction(async (tx) => {
      const task = await this.#runningTask(tx, sdkAppId, taskId);
      if (!task) return undefined;
      const plan = planOf(task);
      const revision = task.revision + 1;
      const patch = { plan: JSON.stringify({ ...plan, ...change(plan) }), revision };
      await keepPlan(tx, await recordTransition(tx, task, { patch, events: [], files: [] }));
      tx.announce('work');
      return { revision };
    });
  }

  stop(sdkAppId: number, taskId: string): Promise<boolean> {
    return this.store.transaction(async (tx) => {
      const task = await this.#runningTask(tx, sdkAppId, taskId);
      if (!task) return false;
      await recordTransition(tx, task, requestStop(task, leaveCodeDeleted, tx.wall, tx.now));
      tx.announce('work');
      return true;
    });
  }

  /** One sync of a recorder; answers at once, the worker API holds it when there is nothing to say. */
  sync(request: SyncRequest): Promise<SyncResponse> {
    return this.store.transaction((tx) => this.#leases.sync(tx, request));
  }

  /** Recorders that are known to be dead; what they held may be claimed at once. */
  async gone({ recorderIds }: GoneRequest): Promise<void> {
    await this.store.transaction((tx) => this.#leases.gone(tx, recorderIds));
    this.#options.log.warn({ recorders: recorderIds }, 'recorders are gone; their tasks are free');
  }

  /** Takes a recorder's report about a task; idempotent per epoch. */
  async reportTask(taskId: string, report: TaskReport): Promise<ReportResponse> {
    const answer = await this.store.transaction((tx) => this.#applyTaskReport(tx, taskId, report));
    return this.#counted(answer, { task: taskId, epoch: report.epoch, report: report.kind });
  }

  /** Takes a recorder's report about a finishing job; idempotent per epoch. */
  async reportJob(jobId: number, report: JobReport): Promise<ReportResponse> {
    if (report.kind === 'step') return this.#noteStep(jobId, report);
    const answer = await this.store.transaction((tx) => applyJobReport(tx, jobId, report, this.#options));
    if (report.kind !== 'progress' && answer.accepted) this.steps.forget(jobId);
    if (report.kind === 'failed') this.#options.log.warn({ job: jobId, reason: report.reason }, 'finishing failed');
    return this.#counted(answer, { job: jobId, epoch: report.epoch, report: report.kind });
  }

  /** Told every two seconds by every job: it only reads. */
  async #noteStep(jobId: number, report: Extract<JobReport, { kind: 'step' }>): Promise<ReportResponse> {
    const job = await this.store.db
      .selectFrom('job')
      .select(['epoch', 'state', 'owner'])
      .where('id', '=', jobId)
      .executeTakeFirst();
    if (!job) return { accepted: false, reason: 'unknown' };
    if (job.epoch !== report.epoch || job.state !== 'open' || job.owner === null)
      return { accepted: false, reason: 'stale' };
    this.steps.note(jobId, report.epoch, report);
    return { accepted: true };
  }

  /** Which segments may go from a recorder's spool. */
  async sweepable({ taskIds }: SpoolRequest): Promise<SpoolResponse> {
    const answer = await settledFiles(this.store, taskIds);
    const { spoolKeepMs, clock } = this.#options;
    if (spoolKeepMs === undefined) return answer;
    return { ...answer, expired: await expiredTasks(this.store, taskIds, clock.wallMs() - spoolKeepMs) };
  }

  /** A task that the API may still steer. */
  async #runningTask(tx: StoreTransaction, sdkAppId: number, taskId: string): Promise<TaskRow | undefined> {
    const task = await lockTask(tx, taskId);
    if (!task || task.sdk_app_id !== sdkAppId || task.api_until_ms <= tx.wall) return undefined;
    return task.state === 'active' && task.stop_code === null ? task : undefined;
  }

  async #applyTaskReport(tx: StoreTransaction, taskId: string, report: TaskReport): Promise<ReportResponse> {
    const task = await lockTask(tx, taskId);
    if (!task) return { accepted: false, reason: 'unknown' };
    if (task.epoch !== report.epoch) return { accepted: false, reason: 'stale' };
    if (report.kind === 'timeline') {
      await keepTimeline(tx, taskId, report);
      return { accepted: true };
    }
    const step = isUploadReport(report)
      ? await applyUploadReport(tx, task, report)
      : applyReport(task, withDeliverable(task, report), tx.wall);
    const after = await recordTransition(tx, task, step);
    if (step.files.length > 0) await openJobs(tx, after, step.files, this.#options.fileNames);
    return { accepted: true };
  }

  async #refuse(tx: StoreTransaction, task: TaskRow, reason: string): Promise<void> {
    await recordTransition(tx, task, lostForGood(task, tx.wall));
    this.#options.log.warn({ task: task.id, bot: task.bot_user_id, reason }, 'the recording cannot start');
  }

  /** Held for the life of a task: names in a bucket must not change under a recording. */
  #fileNamesOf({ room }: NewTask): FileNameMode {
    const { apps, fileNames } = this.#options;
    return apps.app(room.sdkAppId)?.fileNames ?? fileNames;
  }

  /** Whether the app has as many live tasks as it may, those not counted that make room for this one. */
  async #isFull({ db }: StoreTransaction, task: NewTask, replaced: number): Promise<boolean> {
    const app = this.#options.apps.app(task.room.sdkAppId);
    if (!app) return false;
    const { live } = await db
      .selectFrom('task')
      .select((eb) => eb.fn.countAll<number | string>().as('live'))
      .where('sdk_app_id', '=', task.room.sdkAppId)
      .where('state', '=', 'active')
      .where('stop_code', 'is', null)
      .executeTakeFirstOrThrow();
    return Number(live) - replaced >= app.limits.concurrentTasks;
  }

  /** Whether the app has as much in the library as it may, and this task would add to it. */
  async #isLibraryFull(tx: StoreTransaction, { room, destination, refusal }: NewTask): Promise<boolean> {
    const app = this.#options.apps.app(room.sdkAppId);
    const { libraryGb } = app?.limits ?? {};
    if (libraryGb === undefined || refusal !== undefined) return false;
    if (destination.kind !== 'vod' || app?.storage.kind !== 'library') return false;
    return (await libraryBytes(tx, room.sdkAppId)) >= libraryGb * 1e9;
  }

  /** A task that ends at once needs no recorder. */
  #capacityRefusal({ plan, refusal }: NewTask): CapacityRefusal | undefined {
    return refusal === undefined ? this.#options.refusal?.(plan.mode) : undefined;
  }

  #count(answer: CreateAnswer): void {
    if (typeof answer !== 'string') this.#counts.created += 1;
    else if (answer === 'restricted' || answer === 'library full') this.#counts.restricted += 1;
    else this.#counts.overloaded += 1;
  }

  /** Live tasks of the same bot in the same room, which its new entry ends (contract C46). */
  #ofSameBot(tx: StoreTransaction, { room, botUserId }: NewTask): Promise<TaskRow[]> {
    return tx.db
      .selectFrom('task')
      .selectAll()
      .where('sdk_app_id', '=', room.sdkAppId)
      .where('state', '=', 'active')
      .where('stop_code', 'is', null)
      .where('room_kind', '=', room.kind)
      .where('room_id', '=', room.roomId)
      .where('bot_user_id', '=', botUserId)
      .execute();
  }

  #counted(answer: ReportResponse, fields: object): ReportResponse {
    if (answer.accepted) return answer;
    this.#counts.staleReports += 1;
    this.#options.log.warn({ ...fields, reason: answer.reason }, 'report refused');
    return answer;
  }
}

const withDeliverable = (task: TaskRow, report: BotReport): BotReport =>
  report.kind === 'stopped' ? { ...report, files: deliverable(task, report.files) } : report;

const newRow = (id: string, task: NewTask, tx: StoreTransaction): NewTaskRow => ({
  id,
  sdk_app_id: task.room.sdkAppId,
  room_kind: task.room.kind,
  room_id: task.room.roomId,
  bot_user_id: task.botUserId,
  plan: JSON.stringify(task.plan),
  destination: JSON.stringify(task.destination),
  user_define_record_id: task.userDefineRecordId ?? null,
  sig_until_ms: task.sigUntilMs ?? null,
  auto_revision: task.auto?.revision ?? null,
  auto_session: task.auto?.sessionId ?? null,
  callback: task.callback ? JSON.stringify(task.callback) : null,
  created_ms: tx.wall,
  api_until_ms: tx.wall + task.resourceExpiredHours * 3_600_000,
  state: 'active',
  status: 'Idle',
  epoch: 0,
  claimable_ms: tx.now,
  started_epoch: 0,
  event_seq: 0,
  event_ms: 0,
});

/** The task service on an open store. */
export async function createTaskService(options: TaskServiceOptions): Promise<TaskControl> {
  const control = new TaskControl(options);
  await control.startTerm();
  return control;
}
