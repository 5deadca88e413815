/**
 * The recording API with 100 live tasks: how long single calls take, and how many a core answers. The server is started
 * whole, as `npm start` does; the baseline is a bare fastify route that parses the same bodies. Both are measured in
 * turn, round after round.
 *
 * node bench/api.ts [--quick]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool, type Dispatcher } from 'undici';
import { startRoomtape, type RoomtapeProcess } from '../src/demo/roomtape-process.ts';
import { signUserSig } from '../src/usersig/verify.ts';
import { account, appKey, sdkAppId, signedCall } from './api/signed-calls.ts';
import { processCpu } from './process-cpu.ts';
import { median, report } from './report.ts';

const LIVE_TASKS = 100;
/** Connections that keep a server busy all the time. */
const CONNECTIONS = 16;
const group = 'api, 100 live tasks';

interface Plan {
  readonly rounds: number;
  /** Calls of each action in a round, one at a time. */
  readonly calls: number;
  /** How long both servers are kept busy in a round. */
  readonly busyMs: number;
}

/** A process that answers HTTP on loopback. */
interface Target {
  readonly pool: Pool;
  readonly host: string;
  readonly pid: number;
  close(): Promise<void>;
}

type Call = () => Dispatcher.RequestOptions;

async function send(target: Target, call: Dispatcher.RequestOptions): Promise<{ TaskId?: string }> {
  const { body, statusCode } = await target.pool.request(call);
  const { Response } = (await body.json()) as { Response: { Error?: { Code: string }; TaskId?: string } };
  if (statusCode !== 200 || Response.Error) throw new Error(`${statusCode} ${JSON.stringify(Response.Error)}`);
  return Response;
}

async function openServer(dataDir: string): Promise<Target> {
  const limits = { concurrent_tasks: 10_000, queries_per_second: 10_000 };
  const env = {
    ROOMTAPE_APPS: JSON.stringify([{ sdk_app_id: sdkAppId, secret_key: appKey, limits }]),
    ROOMTAPE_ACCOUNTS: JSON.stringify([
      { secret_id: account.secretId, secret_key: account.secretKey, apps: [sdkAppId] },
    ]),
    ROOMTAPE_LOG__LEVEL: 'warn',
  };
  const server = await startRoomtape({ dataDir, port: 0, env, logFile: join(dataDir, 'server.log') });
  return targetAt(server.url, rolePid(server), () => server.stop());
}

function rolePid(server: RoomtapeProcess): number {
  const [pid] = server.pids('server');
  if (pid === undefined) throw new Error('the server role has no process');
  return pid;
}

async function openBaseline(): Promise<Target> {
  const child: ChildProcess = fork(new URL('api/baseline.ts', import.meta.url));
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const close = async (): Promise<void> => {
    child.disconnect();
    await once(child, 'exit');
  };
  return targetAt(`http://127.0.0.1:${port}`, child.pid ?? 0, close);
}

function targetAt(url: string, pid: number, stop: () => Promise<void>): Target {
  const pool = new Pool(url, { connections: CONNECTIONS });
  const close = async (): Promise<void> => {
    await pool.close();
    await stop();
  };
  return { pool, host: new URL(url).host, pid, close };
}

let robots = 0;

/** Each task has a room and a robot of its own; nobody publishes, and nobody is missed for a day. */
function createParameters(): object {
  robots += 1;
  const userId = `robot_${robots}`;
  return {
    SdkAppId: sdkAppId,
    RoomId: String(robots),
    RoomIdType: 1,
    UserId: userId,
    UserSig: signUserSig({ userId, sdkAppId, secretKey: appKey, nowMs: Date.now(), expireS: 3600 }),
    RecordParams: { RecordMode: 2, MaxIdleTime: 86_400 },
    StorageParams: { CloudVod: { TencentVod: { ExpireTime: 0 } } },
  };
}

const create = async (server: Target): Promise<string> =>
  (await send(server, signedCall(server.host, 'CreateCloudRecording', createParameters()))).TaskId ?? '';

/** Milliseconds that each of the calls takes, one after the other; `after` is not in them. */
async function latencies(
  target: Target,
  count: number,
  call: Call,
  after: (taskId: string) => Promise<unknown> = async () => undefined,
): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < count; i++) {
    const options = call();
    const since = performance.now();
    const { TaskId = '' } = await send(target, options);
    taken.push(performance.now() - since);
    await after(TaskId);
  }
  return taken;
}

/** Microseconds of CPU per call and calls per second while every connection is in use. */
async function busy(target: Target, call: Call, ms: number): Promise<{ cpu: number; rate: number }> {
  const [before, since] = [processCpu(target.pid).process, performance.now()];
  let calls = 0;
  const worker = async (): Promise<void> => {
    for (; performance.now() - since < ms; calls += 1) await send(target, call());
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  const took = performance.now() - since;
  return { cpu: (processCpu(target.pid).process - before) / calls, rate: (calls * 1000) / took };
}

/** One action on both servers: latencies of all rounds. */
interface Samples {
  readonly measured: number[];
  readonly baseline: number[];
}

interface Outcome {
  readonly actions: ReadonlyMap<string, Samples>;
  readonly load: readonly { readonly server: { cpu: number; rate: number }; readonly bare: { cpu: number } }[];
}

async function measure(server: Target, bare: Target, plan: Plan): Promise<Outcome> {
  const tasks: string[] = [];
  while (tasks.length < LIVE_TASKS) tasks.push(await create(server));
  let turn = 0;
  const next = (): object => ({ SdkAppId: sdkAppId, TaskId: tasks[(turn += 1) % LIVE_TASKS] });
  const parameters: Readonly<Record<string, () => object>> = {
    CreateCloudRecording: createParameters,
    DescribeCloudRecording: next,
    ModifyCloudRecording: () => ({ ...next(), MixLayoutParams: { MixLayoutMode: 3, RenderMode: turn % 2 } }),
  };
  const remove = (TaskId: string): Promise<unknown> =>
    send(server, signedCall(server.host, 'DeleteCloudRecording', { SdkAppId: sdkAppId, TaskId }));
  const actions = new Map(
    Object.keys(parameters).map((name): [string, Samples] => [name, { measured: [], baseline: [] }]),
  );
  const load: Outcome['load'][number][] = [];
  for (let round = 0; round < plan.rounds; round++) {
    for (const [name, { measured, baseline }] of actions) {
      const call = (target: Target) => () => signedCall(target.host, name, parameters[name]!());
      const after = name === 'CreateCloudRecording' ? remove : undefined;
      baseline.push(...(await latencies(bare, plan.calls, call(bare))));
      measured.push(...(await latencies(server, plan.calls, call(server), after)));
    }
    // Signed once: what the client pays must not hold up the server.
    const describe = signedCall(server.host, 'DescribeCloudRecording', next());
    const bareLoad = await busy(bare, () => describe, plan.busyMs);
    load.push({ bare: bareLoad, server: await busy(server, () => describe, plan.busyMs) });
  }
  return { actions, load };
}

/** The value below which `part` of all lie. */
const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;

function print({ actions, load }: Outcome): void {
  for (const [name, { measured, baseline }] of actions) {
    for (const [word, part] of [
      ['median', 0.5],
      ['p99', 0.99],
    ] as const) {
      const [ours, bare] = [quantile(measured, part), quantile(baseline, part)];
      const ratio = (ours / bare).toFixed(2);
      console.log(`${name.padEnd(24)} ${word.padEnd(6)} ${ours.toFixed(2)} ms, bare ${bare.toFixed(2)} ms: ${ratio}`);
      report({ group, name: `${name}, ${word}`, unit: 'ms', measured: ours, baseline: bare });
    }
  }
  const cpu = median(load.map(({ server }) => server.cpu));
  const ratio = median(load.map(({ server, bare }) => server.cpu / bare.cpu));
  const perCore = (us: number): string => (1_000_000 / us).toFixed(0);
  const rate = median(load.map(({ server }) => server.rate)).toFixed(0);
  console.log(
    `Describe, ${CONNECTIONS} connections   ${perCore(cpu)} calls a second and core, ${rate} on this machine`,
  );
  console.log(`                          bare ${perCore(cpu / ratio)}; CPU a call: ${ratio.toFixed(2)} times as much`);
  report({ group, name: 'CPU of a DescribeCloudRecording', unit: 'µs', measured: cpu, baseline: cpu / ratio });
}

const quick = process.argv.includes('--quick');
const plan: Plan = quick ? { rounds: 2, calls: 100, busyMs: 2000 } : { rounds: 3, calls: 300, busyMs: 4000 };
const dataDir = mkdtempSync(join(tmpdir(), 'roomtape-bench-api-'));
const bare = await openBaseline();
const server = await openServer(dataDir);
try {
  print(await measure(server, bare, plan));
} finally {
  await server.close();
  await bare.close();
  rmSync(dataDir, { recursive: true, force: true });
}
