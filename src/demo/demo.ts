import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSecrets, type InstallationSecrets } from '../config/secrets.ts';
import { forkSyntheticAnchor } from '../synthetic/forked-anchor.ts';
import type { SyntheticAnchor } from '../synthetic/anchor.ts';
import { signUserSig } from '../usersig/verify.ts';
import { CAST, castName, RECORDED_SECONDS, type CastMember } from './cast.ts';
import { examineFile } from './examine.ts';
import { CallbackReceiver, type CommittedFile } from './receiver.ts';
import { recordingClient, type RecordingClient } from './recording-client.ts';
import { startRoomtape, type RoomtapeProcess } from './roomtape-process.ts';
import { fileTable, type FileRow } from './table.ts';

/** How the demo runs. */
export interface DemoOptions {
  readonly dataDir: string;
  /** Preferred port; a free one is taken when it is in use. */
  readonly port: number;
  /** Goes on serving the files until interrupted. */
  readonly stay: boolean;
  readonly say: (line: string) => void;
}

interface Stage {
  readonly server: RoomtapeProcess;
  readonly receiver: CallbackReceiver;
  readonly client: RecordingClient;
  readonly secrets: InstallationSecrets;
  readonly say: (line: string) => void;
}

const ROOM = '10001';
const FINISH_TIMEOUT_MS = 60_000;
const TASK_END = 312;
const FILE_COMMITTED = 311;

/**
 * Starts a server of its own, lets three synthetic anchors publish by WebRTC, records the room single and mixed through
 * the official SDK, waits for the signed callbacks and prints what came out. Resolves with whether all of it held.
 */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const receiver = new CallbackReceiver(randomBytes(16).toString('hex'));
  const dataDir = resolve(options.dataDir);
  const { secrets } = openSecrets(dataDir);
  const server = await startServer(options, dataDir, secrets, receiver);
  const stopServer = async (): Promise<void> => {
    receiver.close();
    await server.stop();
  };
  process.once('SIGINT', () => void stopServer().then(() => process.exit(130)));
  try {
    const stage = { server, receiver, client: clientFor(server, secrets), secrets, say: options.say };
    const ok = await perform(stage);
    if (options.stay) await stay(options.say, server.url);
    return ok;
  } finally {
    await stopServer();
  }
}

async function startServer(
  { port, say }: DemoOptions,
  dataDir: string,
  secrets: InstallationSecrets,
  receiver: CallbackReceiver,
): Promise<RoomtapeProcess> {
  const { secretId, secretKey, sdkAppId, appSecret } = secrets.demo;
  const callback = { url: await receiver.listen(), key: receiver.key };
  const env = {
    ROOMTAPE_APPS: JSON.stringify([{ sdk_app_id: sdkAppId, secret_key: appSecret, callback }]),
    ROOMTAPE_ACCOUNTS: JSON.stringify([{ secret_id: secretId, secret_key: secretKey, apps: [sdkAppId] }]),
    // It reads callbacks and errors in their default form, whatever this folder's configuration asks for.
    ROOMTAPE_COMPAT: '{}',
  };
  const logFile = join(dataDir, 'demo.log');
  say(`Starting the server (data in ${dataDir}, log in ${logFile}) …`);
  const start = (on: number) => startRoomtape({ dataDir, port: on, env, logFile });
  const server = await start(port).catch(() => start(0));
  say(`Server ready at ${server.url}`);
  return server;
}

function clientFor(server: RoomtapeProcess, secrets: InstallationSecrets): RecordingClient {
  const { secretId, secretKey, sdkAppId } = secrets.demo;
  return recordingClient({ endpoint: new URL(server.url).host, secretId, secretKey, sdkAppId, roomId: ROOM });
}

async function perform(stage: Stage): Promise<boolean> {
  const anchors = new Map<CastMember, SyntheticAnchor>();
  try {
    const tasks = await startRecordings(stage);
    await playScenes(stage, anchors, tasks);
    await Promise.all(tasks.map((taskId) => stopPersistently(stage.client, taskId)));
    stage.say('Stopped. Finishing the files …');
    return await judge(stage, tasks);
  } finally {
    await Promise.all([...anchors.values()].map((anchor) => anchor.close()));
  }
}

async function startRecordings({ client, secrets, say }: Stage): Promise<string[]> {
  const single = await client.create('single', bot(secrets, 'recorder_single'));
  const mixed = await client.create('mixed', bot(secrets, 'recorder_mixed'));
  say('Two recordings of the room run: one file per anchor and screen, and one picture of all.');
  return [single, mixed];
}

const bot = (secrets: InstallationSecrets, userId: string) => ({ userId, userSig: sign(secrets, userId) });

function sign({ demo }: InstallationSecrets, userId: string): string {
  return signUserSig({
    userId,
    sdkAppId: demo.sdkAppId,
    secretKey: demo.appSecret,
    nowMs: Date.now(),
    expireS: 3600,
  });
}

/** Lets the cast come and go, and says each second how things stand. */
async function playScenes(
  stage: Stage,
  anchors: Map<CastMember, SyntheticAnchor>,
  tasks: readonly string[],
): Promise<void> {
  const began = performance.now();
  for (let second = 0; second <= RECORDED_SECONDS; second += 1) {
    await sleep(Math.max(0, began + second * 1000 - performance.now()));
    for (const member of CAST) {
      if (member.entersAt === second) await enter(stage, anchors, member);
      if (member.leavesAt === second && second < RECORDED_SECONDS) void anchors.get(member)?.close();
    }
    if (second % 2 === 0) stage.say(await progressLine(stage, second, anchors, tasks));
  }
}

async function enter(stage: Stage, anchors: Map<CastMember, SyntheticAnchor>, member: CastMember): Promise<void> {
  const { userId, media, colour, beepHz } = member;
  const url = `${stage.server.url}/whip/${stage.secrets.demo.sdkAppId}/${ROOM}/${userId}?media=${media}`;
  const kind = media === 'aux' ? ('screen' as const) : ('camera' as const);
  const options = {
    url,
    token: sign(stage.secrets, userId),
    name: castName(member),
    colour,
    beepHz,
    kind,
    reconnect: true,
  };
  anchors.set(member, await forkSyntheticAnchor(options));
}

async function progressLine(
  stage: Stage,
  second: number,
  anchors: Map<CastMember, SyntheticAnchor>,
  tasks: readonly string[],
) {
  const cast = CAST.map((member) => `${anchors.get(member)?.closed === false ? '●' : '○'} ${castName(member)}`);
  const states = await Promise.all(tasks.map((taskId) => stage.client.status(taskId).catch(() => 'server restarting')));
  return `${String(second).padStart(3)} s  ${cast.join('  ')}   single: ${states[0]}, mixed: ${states[1]}`;
}

/** The server may be restarting at this very moment; a client that must stop a recording tries again. */
async function stopPersistently(client: RecordingClient, taskId: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.stop(taskId);
    } catch (error) {
      if ((error as { code?: string }).code === 'ResourceNotFound' || attempt === 10) return;
      await sleep(500);
    }
  }
}

async function judge({ receiver, say }: Stage, tasks: readonly string[]): Promise<boolean> {
  const ended = await Promise.all(tasks.map((taskId) => receiver.waitFor(taskId, TASK_END, FINISH_TIMEOUT_MS)));
  const own = receiver.callbacks.filter((one) => tasks.includes(one.taskId));
  const unsigned = own.filter((one) => !one.signed).length;
  const committed = own.filter((one) => one.eventType === FILE_COMMITTED && one.payload['Status'] === 0);
  const rows = await Promise.all(committed.map((one) => fileRow(one.payload['TencentVod'] as CommittedFile)));
  say(`\n${fileTable(rows)}\n`);
  say(
    `Callbacks: ${own.map((one) => one.eventType).join(' ')}; ${unsigned === 0 ? 'every signature is right' : `${unsigned} WRONG SIGNATURES`}.`,
  );
  if (ended.includes(false)) say('A task did not end in time; the log says why.');
  return unsigned === 0 && !ended.includes(false) && rows.length === CAST.length + 1;
}

async function fileRow(file: CommittedFile): Promise<FileRow> {
  const found = await examineFile(file.VideoUrl);
  const seconds = (file.EndTimeStamp - file.StartTimeStamp) / 1000;
  return {
    file: file.CacheFile,
    streams: found.streams,
    duration: `${found.durationSeconds.toFixed(1)} s of ${seconds.toFixed(1)} s`,
    size: found.size,
    start: new Date(file.StartTimeStamp).toISOString().slice(11, 23),
    url: file.VideoUrl,
  };
}

async function stay(say: (line: string) => void, url: string): Promise<void> {
  say(`Serving the files. Your own camera: ${url}/demo/   Ctrl-C ends.`);
  await once(process, 'SIGINT');
}
