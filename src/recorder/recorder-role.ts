import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileKey } from '../naming/file-key.ts';
import type { RoleContext, RunningRole } from '../process/role.ts';
import { createWorkerClient, type WorkerClient } from '../worker-api/client.ts';
import type { LeasedTask } from '../worker-api/messages.ts';
import { EarlierEpochs } from './earlier-epochs.ts';
import { FinishRunner } from './finish-runner.ts';
import { beginFinishing } from './finishing.ts';
import { MixedRoomRecording } from './mixed-room-recording.ts';
import { Recorder, type RunningTask } from './recorder.ts';
import { ReportQueue } from './report-queue.ts';
import { connectRoom, type RoomsEndpoint } from './room-connection.ts';
import type { RoomRecording } from './room-recording.ts';
import { SingleRoomRecording } from './single-room-recording.ts';
import { spoolWriter } from './spool-writer.ts';
import { Spool } from './spool.ts';
import { TaskRun, type RoomConnection } from './task-run.ts';

/** Leases one process takes; admission by measured cost comes with a later version. */
const CAPACITY = { tasks: 200, jobs: 1 };

interface Worker extends RoleContext {
  readonly client: WorkerClient;
  readonly spool: Spool;
  readonly rooms: RoomsEndpoint;
}

/** The `recorder` role: records leased tasks onto the spool and finishes their files. */
export async function startRecorderRole(context: RoleContext): Promise<RunningRole> {
  const { installation, clock, log } = context;
  const { config, secrets } = installation;
  const spool = new Spool(join(config.data_dir, 'spool'));
  mkdirSync(spool.root, { recursive: true });
  const url = config.recorders.server_url ?? `http://${config.http.host}:${config.http.port}`;
  const client = createWorkerClient({ url, token: secrets.token });
  const rooms = { url: `http://${config.rooms.host}:${config.rooms.port}`, token: secrets.token };
  const worker: Worker = { ...context, client, spool, rooms };
  const recorder = new Recorder({
    recorderId: `${hostname()}-${context.name ?? randomUUID()}`,
    sync: (request) => client.sync(request),
    runTask: (task, onEnded) => runTask(worker, task, onEnded),
    jobs: finishRunner(worker),
    capacity: CAPACITY,
    clock,
    log,
  });
  const close = async (): Promise<void> => {
    await recorder.close();
    await client.close();
  };
  return { close };
}

function finishRunner({ client, spool, installation, log }: Worker): FinishRunner {
  return new FinishRunner({
    begin: (job) => beginFinishing(job, spool, installation.config.data_dir),
    report: (jobId, report) => client.reportJob(jobId, report),
    onConfirmed: (job) => spool.removeFile(job.taskId, job.fileKey),
    log,
  });
}

function runTask(worker: Worker, task: LeasedTask, onEnded: () => void): RunningTask {
  const { client, clock, rooms, spool } = worker;
  const log = worker.log.child({ task: task.taskId, room: task.room.roomId, epoch: task.epoch });
  const earlier = new EarlierEpochs(spool, task.taskId, task.epoch);
  const reports = new ReportQueue({
    send: (report) => client.reportTask(task.taskId, report),
    onStale: () => close(),
    clock,
    log,
  });
  let connection: RoomConnection | undefined;
  const requestKeyFrame = (track: number): void => connection?.requestKeyFrame(track);
  const run = new TaskRun({
    task,
    connect: (listener) => (connection = connectRoom(rooms, task, listener, clock)),
    recording: openRecording({ ...worker, log }, task, earlier, requestKeyFrame),
    report: (report) => reports.push(report),
    withEarlier: (files) => earlier.mergeInto(files),
    onEnded,
    clock,
    log,
  });
  const close = (): void => {
    reports.close();
    run.close();
  };
  run.start();
  return { stop: (leaveCode) => run.stop(leaveCode), close };
}

function openRecording(
  worker: Worker,
  task: LeasedTask,
  earlier: EarlierEpochs,
  requestKeyFrame: (track: number) => void,
): RoomRecording {
  const { log, spool } = worker;
  const { plan } = task;
  if (plan.mode === 'single') {
    const folder = (key: string): string => spool.folder(task.taskId, task.epoch, key);
    return new SingleRoomRecording({ plan, epoch: task.epoch, earlier, folder, requestKeyFrame, log });
  }
  const zeroUs = earlier.zeroOf(fileKey('', 'mix'));
  return new MixedRoomRecording({ plan, zeroUs, openWriter: spoolWriter({ spool, task, log }), requestKeyFrame, log });
}
