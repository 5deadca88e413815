import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from '../../test/kit/server.ts';
import type { Source } from '../mixed/mix-case.ts';
import { Audience } from './audience.ts';
import { makeCamera, type Camera } from './camera-file.ts';
import type { PublishAs, PublishersFigures } from './messages.ts';
import { commonEnv, Product, type Part } from './product.ts';
import { LoadWatch, memoryOf, type Elsewhere, type Pids } from './role-load.ts';
import { newestPicture, spoolFiles, type SpoolFile } from './spool-files.ts';

/** One run: so many rooms of so many publishers, each room recorded by one task. */
export interface RunPlan {
  readonly part: Part;
  readonly mode: 'single' | 'mixed';
  readonly source: Source;
  readonly rooms: number;
  readonly roomSize: number;
  /** One of so many publishers talks; the others' microphones are silent. */
  readonly talkers: number;
  /** How many publishers send in each stretch, ascending. */
  readonly steps: readonly number[];
  readonly stepMs: number;
  /** The last stretch, with everybody. */
  readonly fullMs: number;
}

/** What was seen while so many publishers sent. */
export interface Stretch {
  readonly sending: number;
  /** Percent of one core by role. */
  readonly shares: ReadonlyMap<string, number>;
  readonly elsewhere: Elsewhere;
  /** Megabytes (PSS) by role at its end. */
  readonly memory: ReadonlyMap<string, number>;
  /** Milliseconds from now back to the newest picture on the disk, of the recording that is furthest behind, at each look. */
  readonly behindMs: readonly number[];
}

/** A run when it is over and everything is on the spool. */
export interface RunOutcome {
  readonly camera: Camera;
  /** Megabytes by role when everybody was in the room and nobody sent. */
  readonly idle: ReadonlyMap<string, number>;
  readonly stretches: readonly Stretch[];
  readonly sent: PublishersFigures;
  /** Packets that were taken in the recorders' place. */
  readonly taken: number | undefined;
  /** `/metrics` at the end, by name. */
  readonly metrics: ReadonlyMap<string, number>;
  readonly files: readonly SpoolFile[];
}

/** For joins, first pictures and code that is compiled as it gets hot. */
const SETTLE_MS = 3000;
/** Retransmissions and what a recording holds back. */
const DRAIN_MS = 2500;
/** A recorder that is behind when everybody falls silent gets this long to finish what is on its way. */
const CATCH_UP_MS = 30_000;
const LOOK_MS = 2000;
const FIRST_ROOM = 1000;

const canvasOf = ({ fps }: Source): object => ({
  MixTranscodeParams: {
    VideoParams: { Width: 1280, Height: 720, Fps: fps, BitRate: 2_000_000, Gop: 10 },
    AudioParams: { SampleRate: 1, Channel: 1, BitRate: 64_000 },
  },
});

const roomIdOf = (room: number): string => String(FIRST_ROOM + room);
const roomIds = ({ rooms }: RunPlan): string[] => Array.from({ length: rooms }, (_, room) => roomIdOf(room));

/** Every bot is in its room before anybody sends, so that nothing may be missing from its file. */
async function startTasks(server: TestServer, plan: RunPlan): Promise<void> {
  const params = { RecordParams: { MaxIdleTime: 600 }, ...(plan.mode === 'mixed' ? canvasOf(plan.source) : {}) };
  for (const roomId of roomIds(plan)) {
    const task = await server.record({ roomId }, plan.mode === 'mixed' ? 2 : 1, params);
    await server.receiver.waitForEvent(task, 301, 30_000);
  }
}

const sessionsOf = (server: TestServer, { rooms, roomSize, talkers }: RunPlan): PublishAs[] =>
  Array.from({ length: rooms * roomSize }, (_, i) => ({
    ...server.whip({ roomId: roomIdOf(Math.floor(i / roomSize)) }, `u${i}`),
    muted: i % talkers !== 0,
  }));

/** The publisher that a file is of. */
export const publisherOf = ({ userId }: SpoolFile): number => Number(userId.slice(1));

/** Who takes the packets must be there before they come. */
async function startTakers(product: Product, audience: Audience, plan: RunPlan): Promise<void> {
  if (plan.part === 'rooms') return product.startTaker(roomIds(plan));
  if (plan.part === 'recorders') await product.startRecorders(await audience.standIn(product.server.dataDir));
  await startTasks(product.server, plan);
}

function mostBehind(dataDir: string): number {
  const now = Date.now() * 1000;
  const behind = spoolFiles(dataDir).map((file) => newestPicture(file));
  return Math.max(0, ...behind.filter((at) => at !== undefined).map((at) => (now - at) / 1000));
}

async function watch(dataDir: string, pids: Pids, sending: number, lengthMs: number): Promise<Stretch> {
  const load = new LoadWatch(pids);
  const behindMs: number[] = [];
  for (const until = performance.now() + lengthMs; performance.now() < until;) {
    await sleep(Math.min(LOOK_MS, until - performance.now()));
    behindMs.push(mostBehind(dataDir));
  }
  return { sending, shares: load.shares(), elsewhere: load.elsewhere(), memory: memoryOf(pids), behindMs };
}

/** Waits until nothing that was sent is still on its way to a single file. A mix goes on for as long as its task. */
async function settle(dataDir: string, { mode }: RunPlan): Promise<void> {
  const newest = (): string => spoolFiles(dataDir).map(newestPicture).join(' ');
  await sleep(DRAIN_MS);
  if (mode === 'mixed') return;
  for (const until = performance.now() + CATCH_UP_MS; performance.now() < until;) {
    const before = newest();
    await sleep(DRAIN_MS);
    if (newest() === before) return;
  }
}

async function metricsOf(server: TestServer): Promise<Map<string, number>> {
  const text = await (await fetch(`${server.process.url}/metrics`)).text();
  return new Map(Array.from(text.matchAll(/^(\w+) (\S+)$/gm), ([, name = '', value]) => [name, Number(value)]));
}

async function measureSteps(dataDir: string, pids: Pids, audience: Audience, plan: RunPlan): Promise<Stretch[]> {
  const stretches: Stretch[] = [];
  for (const [i, sending] of plan.steps.entries()) {
    await audience.send(sending);
    await sleep(SETTLE_MS);
    const lengthMs = i === plan.steps.length - 1 ? plan.fullMs : plan.stepMs;
    stretches.push(await watch(dataDir, pids, sending, lengthMs));
  }
  return stretches;
}

async function measure(product: Product, audience: Audience, plan: RunPlan, dir: string): Promise<RunOutcome> {
  const { server } = product;
  const cameraFile = join(dir, 'camera');
  const camera = await makeCamera(cameraFile, plan.source);
  await startTakers(product, audience, plan);
  await audience.enter(cameraFile, sessionsOf(server, plan));
  const pids = new Map([...product.pids(), ['publishers', audience.pids]]);
  await sleep(SETTLE_MS);
  const idle = memoryOf(pids);
  const stretches = await measureSteps(server.dataDir, pids, audience, plan);
  await audience.pause();
  await settle(server.dataDir, plan);
  const [sent, metrics] = [await audience.figures(), await metricsOf(server)];
  const taken = plan.part === 'rooms' ? await product.taken() : undefined;
  await product.drain();
  return { camera, idle, stretches, sent, taken, metrics, files: spoolFiles(server.dataDir) };
}

/**
 * Runs the product, or the part of it, and hands what is on the spool to `judge`; afterwards nothing is left. The server
 * is drained, not the tasks ended: files are complete, and no MP4 is made meanwhile.
 */
export async function runCapacity<T>(plan: RunPlan, judge: (outcome: RunOutcome) => T): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'roomtape-bench-'));
  const product = await Product.start(plan.part);
  const audience = new Audience(plan.part === 'recorders' ? 1 : 2, commonEnv(0));
  try {
    return judge(await measure(product, audience, plan, dir));
  } finally {
    audience.close();
    await product.close();
    rmSync(dir, { recursive: true });
  }
}
