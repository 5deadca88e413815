import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { toLibrary } from '../../src/deliver/library.ts';
import { manifestPath, openEvidenceRoom, type EvidenceRoom } from '../../src/evidence/evidence-room.ts';
import type { SignedManifest } from '../../src/evidence/manifest.ts';
import { checkChains } from '../../src/finish/check-chains.ts';
import { finishHere } from '../../src/finish/finish-here.ts';
import { fileKey } from '../../src/naming/file-key.ts';
import { toWallMs } from '../../src/units.ts';
import type { Container, LeasedJob } from '../../src/worker-api/messages.ts';
import type { Sound } from '../codec/sound.ts';
import { camera } from '../single/pictures.ts';
import { at, noLimits, play, record, voice } from '../single/recorder-kit.ts';
import {
  bench,
  claimJobs,
  claimTask,
  create,
  newTask,
  plan,
  recordedFile,
  sdkAppId,
  silentLog,
  tempFolder,
  type Bench,
} from '../tasks/fixture.ts';

/** An installation without processes: a store, a spool, a library and its evidence, with a clock that moves by hand. */
export interface EvidenceBench extends Bench {
  readonly dataDir: string;
  readonly evidence: EvidenceRoom;
}

/** Opens a fresh installation. */
export async function evidenceBench(t: TestContext): Promise<EvidenceBench> {
  const b = await bench(t);
  const dataDir = await tempFolder(t);
  const evidence = await openEvidenceRoom({ dataDir, store: b.store, clock: b.clock, log: silentLog });
  t.after(() => evidence.close());
  return { ...b, dataDir, evidence };
}

/** A tone that never repeats itself, so that no stretch of sound is like another. */
const chirp: Sound = (n) => 0.3 * Math.sin((2 * Math.PI * (300 * n + n * n * 0.0002)) / 48_000);
/** Greys without a pattern, for the same reason. */
const flicker = (seed: number) => (n: number) => 30 + ((Math.imul(n + seed, 2_654_435_761) >>> 24) * 200) / 256;

/** A recording of one anchor. */
export interface Scene {
  readonly seconds: number;
  readonly outputs?: readonly Container[];
  /** Different seeds give different pictures. */
  readonly seed?: number;
  readonly userId?: string;
  /** Called when the segments are on the spool and the files are not made. */
  readonly onSpool?: (dir: string) => void;
}

/** Where an anchor's segments lie before they are finished. */
export const spoolDir = (dataDir: string, taskId: string, userId: string, epoch = 1): string =>
  join(dataDir, 'spool', taskId, `e${epoch}`, fileKey(userId, 'main'));

/** Records pictures and sound of an anchor onto the spool, as a recorder does. */
export async function recordSpool(
  b: Pick<EvidenceBench, 'dataDir'>,
  taskId: string,
  { seconds, seed = 0, userId = 'alice' }: Scene,
  epoch = 1,
): Promise<string> {
  const dir = spoolDir(b.dataDir, taskId, userId, epoch);
  const recording = await record(dir, { identity: { taskId, userId, mediaId: 'main', epoch } });
  const pictures = await camera({
    from: at(0),
    count: seconds * 25,
    gop: 50,
    luma: flicker(seed * 100_003),
    width: 160,
    height: 96,
  });
  const sound = await voice((n) => chirp(n + seed * 7_919), 0, seconds * 50);
  await play(recording, [...pictures, ...sound], seconds * 1000 + 100);
  recording.close();
  return dir;
}

/** Records a task and finishes it: its files are in the library and its manifest is written. */
export async function recordedTask(b: EvidenceBench, scene: Scene): Promise<string> {
  const { seconds, outputs = ['mp4'], userId = 'alice' } = scene;
  const taskId = await create(b.tasks, newTask({ plan: { ...plan, outputs } }));
  const { epoch } = await claimTask(b.tasks, 'r');
  await b.tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: b.clock.wallMs() });
  const dir = await recordSpool(b, taskId, scene, epoch);
  scene.onSpool?.(dir);
  b.clock.advance(seconds * 1000);
  const [startMs, endMs] = [toWallMs(at(0)), toWallMs(at(seconds * 1000))];
  const files = [recordedFile(userId, { startMs, endMs })];
  await b.tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs: b.clock.wallMs(), files });
  for (const job of await claimJobs(b.tasks, 'r')) await finish(b, job, [dir]);
  await b.evidence.work();
  return taskId;
}

async function finish(b: EvidenceBench, job: LeasedJob, dirs: readonly string[]): Promise<void> {
  const { jobId, epoch, container, fileId, nameStem, startMs, endMs, mediaId, separateMedia, heads } = job;
  const root = join(b.dataDir, 'library');
  const target = { kind: 'library', root, subAppId: sdkAppId } as const;
  const own = { dirs, container, fileId, nameStem, startMs, endMs, mediaId, separateMedia, heads, target };
  const request = { ...own, limits: noLimits, tempDir: join(root, 'unfinished'), attempt: `e${epoch}-1` };
  const chains = await checkChains(request);
  const parts = await finishHere(
    request,
    toLibrary({ root, subAppId: sdkAppId, fileId }),
    new AbortController().signal,
  );
  await b.tasks.reportJob(jobId, { kind: 'done', epoch, parts, chains });
}

/** A task's manifest as it lies on the disk. */
export const manifestOf = (dataDir: string, taskId: string): SignedManifest =>
  JSON.parse(readFileSync(manifestPath(join(dataDir, 'evidence'), taskId), 'utf8')) as SignedManifest;

/** Puts something in a manifest's place. */
export const putManifest = (dataDir: string, taskId: string, signed: unknown): void =>
  writeFileSync(manifestPath(join(dataDir, 'evidence'), taskId), JSON.stringify(signed));

/** Where a task's first file of a kind lies, of HLS its folder. */
export function fileOf(dataDir: string, taskId: string, container: Container = 'mp4'): string {
  const file = manifestOf(dataDir, taskId).manifest.files.find((one) => one.container === container);
  return join(dataDir, file?.place?.kind === 'library' ? file.place.path : 'absent');
}

/** A folder for what a forger makes. */
export function forgery(b: Pick<EvidenceBench, 'dataDir'>, name: string): string {
  const folder = join(b.dataDir, 'forged');
  mkdirSync(folder, { recursive: true });
  return join(folder, name);
}
