import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { AppDirectory } from '../config/apps.ts';
import type { Config } from '../config/schema.ts';
import { appDirectory } from '../config/directory.ts';
import { createImageLoader, type ImageLoader } from '../images/image-loader.ts';
import { effortSteps } from '../mixed/effort.ts';
import type { MixedRecordingOptions } from '../mixed/mix-options.ts';
import { sweepUnfinished } from '../finish/unfinished.ts';
import { freeMbAt } from '../disk-space.ts';
import { libraryRoot } from '../library/location.ts';
import type { Logger } from '../process/log.ts';
import type { RoleContext, RunningRole } from '../process/role.ts';
import { micros } from '../units.ts';
import { answerTimeoutMs, createWorkerClient, type WorkerClient } from '../worker-api/client.ts';
import type {
  JobReport,
  LeasedJob,
  LeasedTask,
  RecordedFile,
  ReportResponse,
  TaskReport,
} from '../worker-api/messages.ts';
import { AdmittedAnchors, type AdmissionOptions } from './admission.ts';
import { EarlierEpochs } from './earlier-epochs.ts';
import { FinishRunner } from './finish-runner.ts';
import { beginFinishing, unfinishedFolder, type FinishingOptions } from './finishing.ts';
import { clearLeftovers } from './leftovers.ts';
import { FinishSpace } from './finish-space.ts';
import { spaceLimits } from './free-space.ts';
import { openJournaledMix, takeOverMix } from './journaled-mix.ts';
import { LoadMeter, type Utilization } from './load-meter.ts';
import { Recorder, type RunningTask, type TaskLease } from './recorder.ts';
import { ReportQueue } from './report-queue.ts';
import { connectRoom, type RoomsEndpoint } from './room-connection.ts';
import type { RoomRecording } from './room-recording.ts';
import { SingleRoomRecording } from './single-room-recording.ts';
import { SpaceRelief, type Endable } from './space-relief.ts';
import { SpoolSize } from './spool-size.ts';
import { keepSpoolSwept } from './spool-sweep.ts';
import { Spool } from './spool.ts';
import { beginUpload } from './task-upload.ts';
import type { TaskLoad } from './task-load.ts';
import { StepReporter } from './step-reporter.ts';
import { keepUpload } from './upload-keeper.ts';
import { TaskRun, type RoomConnection } from './task-run.ts';
import { Witness } from './witness.ts';
import { timelineTrack, WitnessedRecording } from './witnessed-recording.ts';
import { witnessedRoom } from './witnessed-room.ts';
import { UploadedRecording } from './uploaded-recording.ts';

/**
 * Leases one process takes at most; how many it carries is measured. Jobs wait for destinations more than they work, each
 * in a niced process of its own.
 */
const CAPACITY = { tasks: 200, jobs: 3 };

/** Anchors one task records where no app of the configuration says less (contract §8). */
const MOST_ANCHORS = 25;

interface Worker extends RoleContext {
  readonly recorderId: string;
  readonly client: WorkerClient;
  readonly spool: Spool;
  readonly rooms: RoomsEndpoint;
  readonly images: ImageLoader;
  readonly apps: Pick<AppDirectory, 'app'>;
}

/** The `recorder` role: records leased tasks onto the spool and finishes their files. */
export async function startRecorderRole(context: RoleContext): Promise<RunningRole> {
  const { installation, clock, log } = context;
  const { config, secrets } = installation;
  const spool = new Spool(join(config.data_dir, 'spool'));
  mkdirSync(spool.root, { recursive: true });
  const url = config.recorders.server_url ?? `http://${config.http.host}:${config.http.port}`;
  const client = createWorkerClient({
    url,
    token: secrets.token,
    timeoutMs: answerTimeoutMs(config.recorders.lease_seconds * 1000),
  });
  const rooms = { url: `http://${config.rooms.host}:${config.rooms.port}`, token: secrets.token };
  const images = createImageLoader({ allowPrivate: config.images.allow_private, clock });
  const recorderId = context.name ?? `${hostname()}-${randomUUID()}`;
  const worker: Worker = { ...context, recorderId, client, spool, rooms, images, apps: appDirectory(config) };
  const size = config.spool.most_gb === undefined ? undefined : new SpoolSize({ root: spool.root, clock, log });
  const recorder = new Recorder({
    recorderId,
    sync: (request) => client.sync(request),
    runTask: (task, lease) => runTask(worker, task, lease),
    jobs: finishRunner(worker),
    capacity: CAPACITY,
    meter: loadMeter(worker, size),
    relief: spaceRelief(worker),
    clock,
    log,
  });
  const stopSweeping = keepSpoolSwept(
    {
      spool,
      sweepable: (taskIds) => client.sweepable(taskIds),
      sweepUnfinished: () => sweepUnfinished(unfinishedFolder(config.data_dir), clock.wallMs(), giveUpMs(config)),
      log,
    },
    clock,
  );
  const close = async (): Promise<void> => {
    stopSweeping();
    size?.close();
    await recorder.close();
    await Promise.all([client.close(), images.close()]);
  };
  return { close };
}

function loadMeter({ installation, spool }: Worker, size: SpoolSize | undefined): LoadMeter {
  const { recorders, spool: quota } = installation.config;
  const { most_busy_percent: percent, least_free_mb: leastFreeMb } = recorders;
  const mostBytes = (quota.most_gb ?? Infinity) * 1e9;
  const quotaReached = (): boolean => (size?.bytes ?? 0) >= mostBytes;
  return new LoadMeter({
    utilization,
    mostBusy: percent * 10,
    freeMb: () => spool.freeMb(),
    leastFreeMb,
    quotaReached,
  });
}

const giveUpMs = ({ jobs }: Config): number => jobs.give_up_hours * 3_600_000;

/** What is written in the last seconds tells what a task asks of the disk. */
const LATELY_MS = 10_000;

function spaceRelief({ installation, spool, clock }: Worker): SpaceRelief {
  const { stopMb } = spaceLimits(installation.config.recorders);
  const writtenLately = ({ taskId, epoch }: Endable): number =>
    spool.writtenSince(taskId, epoch, clock.wallMs() - LATELY_MS);
  return new SpaceRelief({ stopMb, writtenLately });
}

function utilization(): Utilization {
  const { active, idle } = performance.eventLoopUtilization();
  const { user, system } = process.cpuUsage();
  return { active, cpu: (user + system) / 1000, total: active + idle };
}

function finishRunner(worker: Worker): FinishRunner {
  const { client, spool, installation, clock, log } = worker;
  const { data_dir: dataDir, buckets } = installation.config;
  const privateBuckets = buckets.allow_private;
  const report = (jobId: number, told: JobReport): Promise<ReportResponse> => client.reportJob(jobId, told);
  const options = finishingOptions(worker, report);
  return new FinishRunner({
    begin: (job, isHeld) => beginFinishing(job, options, isHeld),
    report,
    onOver: (job, upload) => void clearLeftovers(job, upload, { dataDir, privateBuckets, log }),
    onConfirmed: (job) => removeSegments(spool, job, log),
    clock,
    log,
  });
}

function finishingOptions(
  { spool, installation, apps, clock }: Worker,
  report: (jobId: number, told: JobReport) => Promise<ReportResponse>,
): FinishingOptions {
  const { data_dir: dataDir, buckets, recorders } = installation.config;
  const { leastMb, reserveMb } = spaceLimits(recorders);
  const root = libraryRoot(dataDir);
  return {
    spool,
    dataDir,
    storageOf: (sdkAppId) => apps.app(sdkAppId)?.storage ?? { kind: 'library' },
    privateBuckets: buckets.allow_private,
    giveUpMs: giveUpMs(installation.config),
    leastFreeMb: leastMb,
    space: new FinishSpace({ freeMb: () => freeMbAt(root), reserveMb }),
    keepUpload: (job, upload, signal) => keepUpload(job, upload, signal, { report, clock }),
    openSteps: (job) => new StepReporter(job, { report, clock }),
  };
}

/** Hours of segments are thousands of files: they go in the background. What cannot be removed now is swept at a later start. */
function removeSegments(spool: Spool, { taskId, fileKey }: LeasedJob, log: Logger): void {
  spool
    .removeFile(taskId, fileKey)
    .catch((error: unknown) => log.warn({ task: taskId, err: error }, 'segments remain'));
}

function runTask(worker: Worker, task: LeasedTask, lease: TaskLease): RunningTask {
  const log = worker.log.child({ task: task.taskId, room: task.room.roomId, epoch: task.epoch });
  const earlier = new EarlierEpochs(worker.spool, task.taskId, task.epoch);
  let close = (): void => {};
  const reports = new ReportQueue({
    send: (report) => worker.client.reportTask(task.taskId, report),
    onStale: () => close(),
    clock: worker.clock,
    log,
  });
  const witness = new Witness({
    epoch: task.epoch,
    recorderId: worker.recorderId,
    report: (report) => reports.push(report),
    clock: worker.clock,
  });
  const watched: TaskLease = {
    ...lease,
    onEnded: () => {
      witness.end('failed');
      lease.onEnded();
    },
  };
  const told = { push: (report: TaskReport) => reports.push(witness.before(report)) };
  const own: TaskWorker = { ...worker, log, task, earlier, witness, reports: told, lease: watched };
  const run = task.stopCode === undefined ? startRun(own) : reportStopped(own, task.stopCode);
  close = (): void => {
    witness.close();
    reports.close();
    run.close();
  };
  return {
    stop: (leaveCode) => run.stop(leaveCode),
    change: (change, revision) => {
      witness.note({ kind: 'plan-changed', revision });
      run.change(change, revision);
    },
    load: () => run.load(),
    setEffort: (effort) => {
      if (task.plan.mode === 'mixed') witness.effort(effortSteps.indexOf(effort));
      run.setEffort(effort);
    },
    get onlyReports() {
      return run.onlyReports;
    },
    drain: async () => {
      await run.drain();
      await witness.farewell('drained');
    },
    close,
  };
}

interface TaskWorker extends Worker {
  readonly task: LeasedTask;
  readonly earlier: EarlierEpochs;
  readonly witness: Witness;
  readonly reports: Pick<ReportQueue, 'push'>;
  readonly lease: TaskLease;
}

function startRun(worker: TaskWorker): RunningTask {
  const { apps, clock, rooms, task, earlier, witness, reports, lease, log } = worker;
  let connection: RoomConnection | undefined;
  const requestKeyFrame = (track: number): void => connection?.requestKeyFrame(track);
  const opened = openRecording(worker, { requestKeyFrame, onFault: (error) => run.fail(error) });
  const most = task.mostStreams ?? apps.app(task.room.sdkAppId)?.limits.streamsPerTask ?? MOST_ANCHORS;
  const onRecorded: AdmissionOptions['onRecorded'] = (track, isRecorded, at) =>
    witness.note({ kind: isRecorded ? 'recorded-from' : 'recorded-until', ...timelineTrack(track) }, at);
  const admission = { plan: task.plan, most, requestKeyFrame, onRecorded };
  const recording = new AdmittedAnchors(withUpload(worker, opened), admission);
  const run = new TaskRun({
    task,
    connect: (listener) => (connection = connectRoom(rooms, task, witnessedRoom(listener, witness), clock)),
    recording: new WitnessedRecording(recording, witness),
    report: (report) => reports.push(report),
    withEarlier: (files) => earlier.mergeInto(files),
    lease,
    clock,
    log,
  });
  run.start();
  return run;
}

/** The recording, and beside it the upload of what it writes when that goes to a bucket. */
function withUpload(
  { task, spool, reports, installation, clock, log }: TaskWorker,
  recording: RoomRecording,
): RoomRecording {
  const dir = spool.epochFolder(task.taskId, task.epoch);
  const allowPrivate = installation.config.buckets.allow_private;
  const report = (told: TaskReport): Promise<void> => reports.push(told);
  const upload = beginUpload({ task, dir, allowPrivate, report, clock, log });
  return upload ? new UploadedRecording(recording, upload) : recording;
}

/** A task that was asked to stop while nobody held it: the room is not entered again, what is on the spool is its files. */
function reportStopped(worker: TaskWorker, leaveCode: number): RunningTask {
  const { task, earlier, reports, lease, clock, log } = worker;
  const { epoch, plan } = task;
  const mayWrite = (): boolean => lease.isHeld();
  const taken = plan.mode === 'mixed' ? takeOverMix({ ...worker, mayWrite }) : undefined;
  let onlyReports = !taken;
  const report = (own: readonly RecordedFile[]): void => {
    onlyReports = true;
    const files = earlier.mergeInto(own);
    void reports.push({ kind: 'stopped', epoch, leaveCode, atMs: clock.wallMs(), files }).then(lease.onEnded);
  };
  const fail = (error: unknown): void => {
    log.error({ err: error }, 'what is on the spool cannot be reported; leaving it to another recorder');
    lease.onEnded();
  };
  if (taken)
    taken
      .finish()
      .then((own) => own && report(own))
      .catch(fail);
  else report([]);
  const load = (): TaskLoad => ({ mode: plan.mode, flowing: false, spentUs: micros(0), lagUs: micros(0) });
  const close = (): void => taken?.close();
  return {
    stop: () => {},
    change: () => {},
    setEffort: () => {},
    load,
    get onlyReports() {
      return onlyReports;
    },
    drain: async () => close(),
    close,
  };
}

interface RecordingEvents {
  readonly requestKeyFrame: (track: number) => void;
  readonly onFault: (error: unknown) => void;
}

function openRecording(worker: TaskWorker, events: RecordingEvents): RoomRecording {
  const { task, earlier, clock, log, spool, images, reports, lease, witness } = worker;
  const mayWrite = (): boolean => lease.isHeld();
  const { plan, epoch, taskId } = task;
  if (plan.mode === 'single') {
    const folder = (key: string): string => spool.folder(task.taskId, task.epoch, key);
    return new SingleRoomRecording({ plan, epoch, taskId, witness, earlier, folder, mayWrite, ...events, log });
  }
  const onArranged: MixedRecordingOptions['onArranged'] = (pictures, at) => witness.arranged(pictures, at);
  const onImageFailed = (url: string): void => void reports.push({ kind: 'image-failed', epoch, url });
  const told = { witness, onArranged, onImageFailed };
  return openJournaledMix({ task, spool, earlier, mayWrite, images, ...told, ...events, clock, log });
}
