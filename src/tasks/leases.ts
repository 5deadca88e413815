import { sql, type SqlBool } from 'kysely';
import { longestBackOffMs } from '../back-off.ts';
import type { AppDirectory } from '../config/apps.ts';
import type { StoreEngine } from '../store/engine.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { FileRow, JobRow, TaskRow } from '../store/tables.ts';
import type { FileNameMode } from '../naming/file-name.ts';
import { wallMs, type WallMs } from '../units.ts';
import type { LeasedJob, LeasedTask, SyncRequest, SyncResponse, UploadProgress } from '../worker-api/messages.ts';
import { toldHeads } from './evidence-records.ts';
import { defaultGiveUpMs, isFruitless, isHopeless, isWorthTelling } from './giving-up.ts';
import { stemOf, type FinishingOptions } from './finishing.ts';
import { giveUpJob, tellSilentJob } from './silent-jobs.ts';
import { lockTask, recordTransition } from './record.ts';
import { destinationOf, namingOf, planOf, roomOf } from './stored-task.ts';
import { lostForGood } from './transitions.ts';

const taskColumns = [
  'task.id',
  'task.epoch',
  'task.sdk_app_id',
  'task.room_kind',
  'task.room_id',
  'task.bot_user_id',
  'task.plan',
  'task.revision',
  'task.destination',
  'task.user_define_record_id',
  'task.file_names',
  'task.started_ms',
  'task.stop_code',
  'task.created_ms',
  'task.sig_until_ms',
  'task.progress_epoch',
] as const;
type ColumnOf<Name> = Name extends `task.${infer Column extends keyof TaskRow}` ? Column : never;
type ClaimedTask = Pick<TaskRow, ColumnOf<(typeof taskColumns)[number]>>;

type RenewedTask = Pick<TaskRow, 'id' | 'stop_code' | 'revision'>;

/** What leases are granted by. */
export interface LeaseOptions extends FinishingOptions {
  readonly apps: Pick<AppDirectory, 'app'>;
  /** Length of a lease in milliseconds. */
  readonly leaseMs: number;
  /** Whether a bot may come back into its room after its UserSig has ended; `check` (it may not) by default. */
  readonly takeoverUserSig?: 'check' | 'ignore';
}

/**
 * What was let go is free at once, unless it was held for less than `shortLifeMs` so many times in a row. Then it waits for
 * a lease's length, or a task whose recording fails at once would go round without pause and tell a takeover each time.
 */
const promptLives = 5;
const shortLifeMs = 5_000;
/** The same for a job, whose attempts are counted anyway. */
const promptEpochs = 3;

/** LeaveCode of a bot that cannot come back: its client should start a new task (contract §4.3). */
const leaveCodeTimeout = 100;

/**
 * A recorder that carries no more leaves a free task to the others for this long. When none of them wants it, it is
 * recorded with less work rather than not at all.
 */
const fullPatienceMs = 2_000;

/** The kinds of task that a recorder would carry whole, as they stand in a plan's text. */
const kindsTaken = ({ load: { takes } }: SyncRequest): string[] =>
  (['single', 'mixed'] as const).filter((mode) => takes[mode]).map((mode) => `%"mode":"${mode}"%`);

/** `(id, epoch)` is among the held ones; the casts tell PostgreSQL the types of the list. */
const heldIn = (
  id: string,
  idType: 'text' | 'integer',
  held: readonly { id: string | number; epoch: number }[],
): ReturnType<typeof sql<SqlBool>> => {
  const rows = held.map((one) => sql`(cast(${one.id} as ${sql.raw(idType)}), cast(${one.epoch} as integer))`);
  return sql<SqlBool>`(${sql.ref(id)}, epoch) in (values ${sql.join(rows)})`;
};

/**
 * One sync of a recorder: renews what it holds, releases what it does not list (it never learned of it, or let it go),
 * claims up to what it wants. Everything happens in the caller's transaction.
 */
export class Leases {
  readonly #engine: StoreEngine;
  readonly #options: LeaseOptions;
  readonly #leaseMs: number;

  constructor(engine: StoreEngine, options: LeaseOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#leaseMs = options.leaseMs;
  }

  /** Renews, releases and claims for one recorder. */
  async sync(tx: StoreTransaction, request: SyncRequest): Promise<SyncResponse> {
    const keptTasks = await this.#renewTasks(tx, request);
    const keptJobs = await this.#renewJobs(tx, request);
    await this.#release(tx, request.recorderId, keptTasks, keptJobs);
    const newTasks = await this.#claimTasks(tx, request);
    const newJobs = await this.#claimJobs(tx, request);
    const stops = [...keptTasks, ...newTasks].flatMap(({ id, stop_code: code }) =>
      code === null ? [] : [{ taskId: id, leaveCode: code }],
    );
    return {
      leaseMs: this.#leaseMs,
      keptTasks: keptTasks.map(({ id }) => id),
      keptJobs: keptJobs.map(({ id }) => id),
      newTasks: newTasks.map((task) => leasedTask(task, this.#options, tx.wall)),
      newJobs,
      stops,
      changes: await this.#changes(tx, request, keptTasks),
    };
  }

  /**
   * At boot every living lease gets one more term, so that recorders re-attach before others claim (design §3.4).
   * Waits are cut to what they can be, in case the wall clock was set back while the server was down.
   */
  async startTerm({ db, now }: StoreTransaction): Promise<void> {
    const term = now + this.#leaseMs;
    const living = db.updateTable('task').set({ claimable_ms: term }).where('state', '=', 'active');
    await living.where('owner', 'is not', null).where('claimable_ms', '>', now).execute();
    const free = db.updateTable('task').set({ claimable_ms: now }).where('state', '=', 'active');
    await free.where('owner', 'is', null).where('claimable_ms', '>', now).execute();
    const jobs = db.updateTable('job').where('state', '=', 'open');
    await jobs.set({ claimable_ms: term }).where('owner', 'is not', null).where('claimable_ms', '>', now).execute();
    const latest = now + longestBackOffMs;
    await jobs.set({ claimable_ms: latest }).where('claimable_ms', '>', latest).execute();
  }

  /** Plans of tasks whose recorder acts by an older one. */
  async #changes(
    { db }: StoreTransaction,
    request: SyncRequest,
    kept: readonly Pick<TaskRow, 'id' | 'revision'>[],
  ): Promise<SyncResponse['changes']> {
    const known = new Map(request.tasks.map(({ taskId, revision }) => [taskId, revision]));
    const changed = kept.filter(({ id, revision }) => known.get(id) !== revision).map(({ id }) => id);
    if (changed.length === 0) return [];
    const tasks = await db.selectFrom('task').select(['id', 'plan', 'revision']).where('id', 'in', changed).execute();
    return tasks.map((task) => {
      const { layout, subscription } = planOf(task);
      return { taskId: task.id, revision: task.revision, layout, subscription };
    });
  }

  async #renewTasks({ db, now }: StoreTransaction, request: SyncRequest): Promise<RenewedTask[]> {
    if (request.tasks.length === 0) return [];
    const held = request.tasks.map(({ taskId, epoch }) => ({ id: taskId, epoch }));
    return db
      .updateTable('task')
      .set({ claimable_ms: now + this.#leaseMs })
      .where('state', '=', 'active')
      .where('owner', '=', request.recorderId)
      .where(heldIn('id', 'text', held))
      .returning(['id', 'stop_code', 'revision'])
      .execute();
  }

  async #renewJobs({ db, now }: StoreTransaction, request: SyncRequest): Promise<Pick<JobRow, 'id'>[]> {
    if (request.jobs.length === 0) return [];
    const held = request.jobs.map(({ jobId, epoch }) => ({ id: jobId, epoch }));
    return db
      .updateTable('job')
      .set({ claimable_ms: now + this.#leaseMs })
      .where('state', '=', 'open')
      .where('owner', '=', request.recorderId)
      .where(heldIn('id', 'integer', held))
      .returning(['id'])
      .execute();
  }

  /** Recorders that died: what they held is free, as if they had let it go. */
  async gone(tx: StoreTransaction, recorderIds: readonly string[]): Promise<void> {
    for (const recorderId of recorderIds) await this.#release(tx, recorderId, [], []);
  }

  async #release(
    tx: StoreTransaction,
    owner: string,
    tasks: readonly { id: string }[],
    jobs: readonly { id: number }[],
  ): Promise<void> {
    const later = tx.now + this.#leaseMs;
    const taskIds = tasks.map(({ id }) => id);
    const jobIds = jobs.map(({ id }) => id);
    const freed = await tx.db
      .updateTable('task')
      .set((eb) => {
        const isShort = eb('claimed_ms', '>', tx.now - shortLifeMs);
        const isHasty = eb.and([isShort, eb('short_lives', '>=', promptLives - 1)]);
        return {
          owner: null,
          short_lives: eb
            .case()
            .when(isShort)
            .then(eb('short_lives', '+', 1))
            .else(0)
            .end(),
          claimable_ms: eb.case().when(isHasty).then(later).else(tx.now).end(),
        };
      })
      .where('state', '=', 'active')
      .where('owner', '=', owner)
      .$if(taskIds.length > 0, (q) => q.where('id', 'not in', taskIds))
      .returning('id')
      .execute();
    const freedJobs = await tx.db
      .updateTable('job')
      .set((eb) => ({
        owner: null,
        claimable_ms: eb.case().when('epoch', '<=', promptEpochs).then(tx.now).else(later).end(),
      }))
      .where('state', '=', 'open')
      .where('owner', '=', owner)
      .$if(jobIds.length > 0, (q) => q.where('id', 'not in', jobIds))
      .returning('id')
      .execute();
    if (freed.length + freedJobs.length > 0) tx.announce('work');
  }

  async #claimTasks(tx: StoreTransaction, request: SyncRequest): Promise<ClaimedTask[]> {
    if (request.wantTasks <= 0) return [];
    const living: ClaimedTask[] = [];
    for (const task of await this.#claimTaskRows(tx, request)) {
      if (isFruitless(task)) await giveUpTask(tx, task.id);
      else living.push(task);
    }
    return living;
  }

  #claimTaskRows({ db, now }: StoreTransaction, request: SyncRequest): Promise<ClaimedTask[]> {
    return db
      .with(
        (cte) => cte('claim').materialized(),
        (q) =>
          q
            .selectFrom('task')
            .select('id')
            .where('state', '=', 'active')
            .$if(request.onlyStopped === true, (free) => free.where('stop_code', 'is not', null))
            .where((eb) =>
              eb.or([
                eb('claimable_ms', '<=', now - fullPatienceMs),
                eb.and([
                  eb('claimable_ms', '<=', now),
                  eb.or(kindsTaken(request).map((kind) => eb('plan', 'like', kind))),
                ]),
              ]),
            )
            .orderBy('claimable_ms')
            .orderBy('created_ms')
            .limit(request.wantTasks)
            .modifyEnd(this.#engine.skipLocked),
      )
      .updateTable('task')
      .from('claim')
      .set((eb) => ({
        owner: request.recorderId,
        epoch: eb('task.epoch', '+', 1),
        claimable_ms: now + this.#leaseMs,
        claimed_ms: now,
      }))
      .whereRef('task.id', '=', 'claim.id')
      .returning(taskColumns)
      .execute();
  }

  async #claimJobs(tx: StoreTransaction, request: SyncRequest): Promise<LeasedJob[]> {
    if (request.wantJobs <= 0) return [];
    const jobs = await this.#claimJobRows(tx, request);
    const { giveUpMs = defaultGiveUpMs } = this.#options;
    const leased: LeasedJob[] = [];
    for (const job of jobs) {
      // Jobs that end their recorder never report; they are told of and given up here instead.
      if (isHopeless(job, tx.now, giveUpMs)) {
        await giveUpJob(tx, job.id, this.#options);
        continue;
      }
      if (isWorthTelling({ ...job, attempts: job.attempts - 1 }, tx.now))
        await tellSilentJob(tx, job.id, this.#options);
      leased.push(await this.#leasedJob(tx, job));
    }
    return leased;
  }

  #claimJobRows({ db, now }: StoreTransaction, request: SyncRequest) {
    return db
      .with(
        (cte) => cte('claim').materialized(),
        (q) =>
          q
            .selectFrom('job')
            .select('id')
            .where('state', '=', 'open')
            .where('claimable_ms', '<=', now)
            // A destination that hangs may have many files waiting for it; they come after everybody else's.
            .orderBy((eb) => eb.case().when('destination_faults', '>', 0).then(1).else(0).end())
            .orderBy('claimable_ms')
            .orderBy('id')
            .limit(request.wantJobs)
            .modifyEnd(this.#engine.skipLocked),
      )
      .updateTable('job')
      .from('claim')
      .set((eb) => ({
        owner: request.recorderId,
        epoch: eb('job.epoch', '+', 1),
        attempts: eb('job.attempts', '+', 1),
        claimable_ms: now + this.#leaseMs,
      }))
      .whereRef('job.id', '=', 'claim.id')
      .returning([
        'job.id',
        'job.epoch',
        'job.task_id',
        'job.file_id',
        'job.attempts',
        'job.created_ms',
        'job.destination_faults',
        'job.reported',
        'job.upload',
      ])
      .execute();
  }

  async #leasedJob(
    { db }: StoreTransaction,
    job: Pick<JobRow, 'id' | 'epoch' | 'task_id' | 'file_id' | 'attempts' | 'upload'>,
  ): Promise<LeasedJob> {
    const file = await db.selectFrom('file').selectAll().where('file_id', '=', job.file_id).executeTakeFirstOrThrow();
    const task = await db.selectFrom('task').selectAll().where('id', '=', job.task_id).executeTakeFirstOrThrow();
    const heads = await toldHeads(db, file);
    const storage = this.#options.apps.app(task.sdk_app_id)?.storage;
    const leased = leasedJob(job, file, task, this.#options.fileNames);
    return { ...leased, ...(heads.length > 0 ? { heads } : {}), ...(storage ? { storage } : {}) };
  }
}

/** A bot that comes back needs a UserSig that holds, as with the real service, unless the installation says otherwise. */
function entryStop({ sig_until_ms: until, started_ms: started }: ClaimedTask, options: LeaseOptions, wall: WallMs) {
  const isOver = started !== null && until !== null && until <= wall;
  return isOver && options.takeoverUserSig !== 'ignore' ? leaveCodeTimeout : undefined;
}

const leasedTask = (task: ClaimedTask, options: LeaseOptions, wall: WallMs): LeasedTask => ({
  taskId: task.id,
  epoch: task.epoch,
  room: roomOf(task),
  botUserId: task.bot_user_id,
  plan: planOf(task),
  revision: task.revision,
  destination: destinationOf(task),
  naming: namingOf(task, options.fileNames),
  mostStreams: options.apps.app(task.sdk_app_id)?.limits.streamsPerTask,
  startedMs: task.started_ms === null ? undefined : wallMs(task.started_ms),
  stopCode: task.stop_code ?? entryStop(task, options, wall),
});

const leasedJob = (
  job: Pick<JobRow, 'id' | 'epoch' | 'task_id' | 'attempts' | 'upload'>,
  file: FileRow,
  task: TaskRow,
  mode: FileNameMode,
): LeasedJob => ({
  jobId: job.id,
  epoch: job.epoch,
  taskId: job.task_id,
  sdkAppId: task.sdk_app_id,
  fileKey: file.file_key,
  mediaId: file.media_id,
  trackType: file.track_type,
  container: file.container,
  separateMedia: !planOf(task).avMerge,
  nameStem: stemOf(task, file, mode),
  fileId: file.file_id,
  destination: destinationOf(task),
  maxFileMinutes: planOf(task).maxFileMinutes,
  startMs: wallMs(file.start_ms),
  endMs: wallMs(file.end_ms),
  attempt: job.attempts,
  ...(job.upload === null ? {} : { upload: JSON.parse(job.upload) as UploadProgress }),
});

async function giveUpTask(tx: StoreTransaction, taskId: string): Promise<void> {
  const task = await lockTask(tx, taskId);
  if (task) await recordTransition(tx, task, lostForGood(task, tx.wall));
}
