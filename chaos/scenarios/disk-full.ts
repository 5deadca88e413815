import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { emptyRow, type Bench, type Row, type Scenario } from '../scenario.ts';
import { addResults, lostInFiles, Stage, type Recording, type Result } from '../stage.ts';

const NAME = 'disk full';
const SIZE_MB = 64;
const RESERVE_MB = 12;
/** What the disk has left when the ballast is on it; a few seconds of media. */
const LEFT_MB = 3;
const MB = 1024 * 1024;

/** The disk under the data directory fills up while it is recorded, and is freed again. */
export const diskFull: Scenario = {
  name: 'disk-full',
  does: `a data directory of ${SIZE_MB} MB fills up in the middle of recordings and is freed again`,
  async run(bench) {
    const home = mkdtempSync(join(tmpdir(), 'roomtape-full-'));
    const disk = join(home, 'disk');
    mkdirSync(disk);
    const why = mounted(disk);
    try {
      return [why === undefined ? await fill(disk, bench) : { ...emptyRow(NAME, '–'), skipped: why }];
    } finally {
      if (why === undefined) execFileSync('umount', ['--lazy', disk]);
      rmSync(home, { recursive: true, force: true });
    }
  },
};

/** Why nothing could be mounted there, or undefined. */
function mounted(dir: string): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', dir], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'a small file system cannot be mounted';
  }
}

async function fill(disk: string, bench: Bench): Promise<Row> {
  const env = { ROOMTAPE_RECORDERS__LEAST_FREE_MB: String(RESERVE_MB) };
  const stage = await Stage.open({ rooms: 2, dataDir: join(disk, 'data'), env });
  try {
    const recordings = await stage.begin();
    await sleep(bench.random.between(4, 7) * 1000);
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(Math.max(0, freeBytes(disk) - LEFT_MB * MB)));
    await sleep(2_500);
    const refusal = await refusalOf(stage);
    await untilFull(disk);
    await sleep(8_000);
    const early = endedAmong(stage, recordings);
    rmSync(ballast);
    await sleep(5_000);
    const results = await stage.end(recordings, bench);
    return rowOf(
      stage,
      results,
      [`a new task: ${refusal ?? 'taken'}`, `${early} of ${recordings.length} had ended by themselves`],
      refusal,
    );
  } finally {
    await stage.close();
  }
}

function freeBytes(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

async function untilFull(disk: string): Promise<void> {
  for (let tries = 0; tries < 120 && freeBytes(disk) > 64 * 1024; tries += 1) await sleep(250);
}

/** What CreateCloudRecording says when the reserve is gone; undefined when it takes the task. */
async function refusalOf(stage: Stage): Promise<string | undefined> {
  try {
    await stage.create(0, 'single');
    return undefined;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `${code ?? 'no code'}: ${message}`;
  }
}

const endedAmong = (stage: Stage, recordings: readonly Recording[]): number =>
  recordings.filter(({ taskId }) => stage.server.receiver.events(taskId, 302).length > 0).length;

/** More deaths than this are a loop. */
const MOST_DEATHS = 3;

function rowOf(stage: Stage, results: readonly Result[], notes: readonly string[], refusal: string | undefined): Row {
  const log = readFileSync(stage.server.logFile, 'utf8');
  const deaths = log.split('child process died').length - 1;
  const row = addResults(emptyRow(NAME, `${SIZE_MB} MB`), results);
  const faults = [
    ...(deaths > MOST_DEATHS ? [`processes died ${deaths} times`] : []),
    ...(refusal === undefined ? ['a new task was taken though the reserve was gone'] : []),
  ];
  return {
    ...row,
    lost: results.flatMap(lostInFiles),
    faults: [...row.faults, ...faults],
    notes: [...notes, `${deaths} processes died, ENOSPC stands ${log.split('ENOSPC').length - 1} times in the log`],
  };
}
