import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { FakeClock, type Clock } from '../../src/clock.ts';
import type { App, AppDirectory, CallbackTarget } from '../../src/config/apps.ts';
import { PlayLinks } from '../../src/library/play-links.ts';
import { fileKey } from '../../src/naming/file-key.ts';
import { partName, type FileNameMode } from '../../src/naming/file-name.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { createTaskService, type TaskControl } from '../../src/tasks/control.ts';
import type { CapacityRefusal, NewTask } from '../../src/tasks/service.ts';
import { wallMs } from '../../src/units.ts';
import type {
  BucketDestination,
  FinishedPart,
  JobReport,
  LeasedJob,
  LeasedTask,
  RecordedFile,
  RecorderLoad,
  RecordingPlan,
  SyncRequest,
  VodDestination,
} from '../../src/worker-api/messages.ts';
import { defaultPlan } from '../../src/worker-api/default-plan.ts';
import type { Closing } from '../kit/closers.ts';

export const sdkAppId = 1400000000;
export const silentLog = pino({ level: 'silent' });

/** A folder that is removed after the test. */
export async function tempFolder(t: Closing): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'roomtape-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A store in a real file, closed after the test. */
export async function tempStore(t: Closing, clock: Clock = new FakeClock()): Promise<Store> {
  const store = await openStore({ path: join(await tempFolder(t), 'store.sqlite'), clock });
  t.after(() => store.close());
  return store;
}

export const oneApp = (callback?: CallbackTarget, concurrentTasks = 100): Pick<AppDirectory, 'app'> => {
  const limits = { concurrentTasks, queriesPerSecond: 20, streamsPerTask: 25 };
  const app: App = { sdkAppId, secretKey: 'k', callback, storage: { kind: 'library' }, limits };
  return { app: (id) => (id === sdkAppId ? app : undefined) };
};

/** Addresses of apps without a `play_key`. */
export const plainLinks = (publicUrl: string): PlayLinks =>
  new PlayLinks({ publicUrl: () => publicUrl, apps: oneApp(), clock: new FakeClock() });

export const plan: RecordingPlan = {
  ...defaultPlan,
  mode: 'single',
  video: { width: 640, height: 360, fps: 15, bitrate: 550_000, gopSeconds: 10 },
  audio: { sampleRate: 48000, channels: 2, bitrate: 64_000 },
};

/** The embedded library as a destination. */
export const library = (change: Partial<VodDestination> = {}): VodDestination => ({
  kind: 'vod',
  subAppId: sdkAppId,
  expireSeconds: 0,
  classId: 0,
  ...change,
});

/** A customer's bucket as a destination. */
export const bucket: BucketDestination = {
  kind: 'bucket',
  vendor: 's3',
  region: 'r',
  bucket: 'b',
  accessKey: 'a',
  secretKey: 's',
  prefix: [],
};

export const newTask = (change: Partial<NewTask> = {}): NewTask => ({
  room: { sdkAppId, kind: 'number', roomId: '10001' },
  botUserId: 'recorder',
  plan,
  destination: library(),
  userDefineRecordId: undefined,
  resourceExpiredHours: 72,
  ...change,
});

export interface Bench {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly tasks: TaskControl;
}

/** What a task service of a test has otherwise. */
interface ServiceOptions {
  readonly fileNames?: FileNameMode;
  readonly concurrentTasks?: number;
  readonly leaseMs?: number;
  readonly giveUpMs?: number;
  readonly libraryKeepMs?: number;
  readonly spoolKeepMs?: number;
  readonly apps?: Pick<AppDirectory, 'app'>;
  readonly links?: Pick<PlayLinks, 'urlOf'>;
  readonly refusal?: (mode: RecordingPlan['mode']) => CapacityRefusal | undefined;
  readonly takeoverUserSig?: 'check' | 'ignore';
}

export async function bench(t: Closing, options: ServiceOptions = {}): Promise<Bench> {
  const clock = new FakeClock();
  const store = await tempStore(t, clock);
  const tasks = await serviceOn(store, clock, options);
  return { clock, store, tasks };
}

export const serviceOn = (store: Store, clock: Clock, options: ServiceOptions = {}): Promise<TaskControl> =>
  createTaskService({
    store,
    clock,
    apps: options.apps ?? oneApp(undefined, options.concurrentTasks),
    log: silentLog,
    links: options.links ?? plainLinks('http://media.example:8080/'),
    fileNames: options.fileNames ?? 'documented',
    ...(options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }),
    ...(options.giveUpMs === undefined ? {} : { giveUpMs: options.giveUpMs }),
    libraryKeepMs: options.libraryKeepMs,
    spoolKeepMs: options.spoolKeepMs,
    ...(options.refusal === undefined ? {} : { refusal: options.refusal }),
    ...(options.takeoverUserSig === undefined ? {} : { takeoverUserSig: options.takeoverUserSig }),
  });

/** A recorder with nothing to do. */
export const idleLoad: RecorderLoad = {
  busy: 0,
  lagMs: 0,
  effort: 0,
  freeMb: 1000,
  spoolFull: false,
  takes: { single: true, mixed: true },
};

export const syncOf = (recorderId: string, change: Partial<SyncRequest> = {}): SyncRequest => ({
  recorderId,
  tasks: [],
  jobs: [],
  wantTasks: 0,
  wantJobs: 0,
  load: idleLoad,
  ...change,
});

/** Creates a task or fails the test. */
export async function create(tasks: TaskControl, task: NewTask = newTask()): Promise<string> {
  const answer = await tasks.create(task);
  if (typeof answer === 'string') throw new Error('the task was refused');
  return answer.taskId;
}

/** A recorder claims one task. */
export async function claimTask(tasks: TaskControl, recorderId: string): Promise<LeasedTask> {
  const { newTasks } = await tasks.sync(syncOf(recorderId, { wantTasks: 1 }));
  if (!newTasks[0]) throw new Error('there was no task to claim');
  return newTasks[0];
}

/** A recorder that holds no task claims finishing jobs. */
export async function claimJobs(tasks: TaskControl, recorderId: string, wantJobs = 10): Promise<readonly LeasedJob[]> {
  return (await tasks.sync(syncOf(recorderId, { wantJobs }))).newJobs;
}

export const recordedFile = (userId: string, change: Partial<RecordedFile> = {}): RecordedFile => ({
  fileKey: fileKey(userId, change.mediaId ?? 'main'),
  userId,
  mediaId: 'main',
  trackType: 'audio_video',
  startMs: wallMs(1_700_000_000_000),
  endMs: wallMs(1_700_000_010_000),
  ...change,
});

/** Name of a job's file when it was not split. */
export const nameOf = ({ nameStem }: Pick<LeasedJob, 'nameStem'>): string => partName(nameStem, undefined, 'mp4');

/** A job ended well, with one file. */
export const doneReport = (
  job: Pick<LeasedJob, 'epoch' | 'nameStem' | 'fileId'>,
  change: Partial<FinishedPart> = {},
): Extract<JobReport, { kind: 'done' }> => ({
  kind: 'done',
  epoch: job.epoch,
  parts: [
    {
      part: 1,
      name: nameOf(job),
      fileId: job.fileId,
      trackType: 'audio_video',
      sizeBytes: 1000,
      durationMs: 10_000,
      sha256: 'ab'.repeat(32),
      streams: ['h264', 'aac'],
      width: 640,
      height: 360,
      startMs: wallMs(1_700_000_000_100),
      endMs: wallMs(1_700_000_010_100),
      ...change,
    },
  ],
});

/** Types and payloads of a task's events in order. */
export async function eventsOf(store: Store, taskId: string): Promise<{ type: number; payload: unknown }[]> {
  const rows = await store.db.selectFrom('event').selectAll().where('task_id', '=', taskId).orderBy('seq').execute();
  return rows.map(({ type, payload }) => ({ type, payload: JSON.parse(payload) as unknown }));
}

export const typesOf = async (store: Store, taskId: string): Promise<number[]> =>
  (await eventsOf(store, taskId)).map(({ type }) => type);

/** Takes a task from creation to its last 302 with the given files; the recorder is `r`. */
export async function recordTask(
  { tasks, clock }: Bench,
  files: readonly RecordedFile[],
  task: NewTask = newTask(),
): Promise<string> {
  const taskId = await create(tasks, task);
  const { epoch } = await claimTask(tasks, 'r');
  await tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: clock.wallMs() });
  clock.advance(10_000);
  await tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs: clock.wallMs(), files });
  return taskId;
}
