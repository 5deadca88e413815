import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WallUs } from '../../src/units.ts';
import { lossesIn } from '../losses.ts';
import { cutPower, readLedgers, type NameKeeping } from '../power/cut.ts';
import { LEDGER_DIR, LEDGER_OF } from '../power/ledger-lines.ts';
import { emptyRow, type Bench, type Row, type Scenario } from '../scenario.ts';
import { addResults, CAMERA, now, Stage, type Recording, type Result } from '../stage.ts';
import { lossAtEnd } from './kill.ts';

/** The whole machine loses its power while it records; what was not synchronised is gone. */
export const powerCut: Scenario = {
  name: 'power-cut',
  does: 'the whole machine goes dark: what no fsync had brought onto the disk is taken away, then everything starts again',
  async run(bench) {
    const cuts = bench.effort.kills ?? (bench.effort.quick ? 1 : 5);
    const rows: Row[] = [];
    for (const keeping of ['journal', 'strict'] as const) rows.push(...(await cutOften(keeping, cuts, bench)));
    return rows;
  },
};

const said = { journal: 'as ext4 keeps names', strict: 'as POSIX promises' } as const;

interface Cut {
  readonly at: WallUs;
  readonly backAt: WallUs;
}

/** Before the cut this much may be lost, whatever the time until the machine is up again. */
const ALLOWED_S = 1;

async function cutOften(keeping: NameKeeping, cuts: number, bench: Bench): Promise<Row[]> {
  const rows: Record<Recording['mode'], Row> = {
    single: { ...emptyRow(`power cut ${said[keeping]}, single`, `${cuts} cuts`), allowed: ALLOWED_S },
    mixed: { ...emptyRow(`power cut ${said[keeping]}, mixed`, `${cuts} cuts`), allowed: ALLOWED_S },
  };
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'roomtape-power-')));
  const ledgers = join(home, 'ledgers');
  mkdirSync(ledgers);
  const stage = await Stage.open({
    rooms: 2,
    dataDir: join(home, 'data'),
    env: ledgerEnv(ledgers, join(home, 'data')),
  });
  try {
    for (let index = 0; index < cuts; index += 1) {
      const recordings = await stage.begin();
      const { cut, notes } = await cutOnce(stage, ledgers, keeping, bench);
      const results = await stage.end(recordings, bench);
      for (const mode of ['single', 'mixed'] as const)
        rows[mode] = withCut(
          rows[mode],
          results.filter((one) => one.mode === mode),
          cut,
          mode === 'single' ? notes : [],
        );
      bench.say(`power-cut ${keeping}: ${index + 1} of ${cuts}; ${notes.join('; ')}`);
    }
  } finally {
    await stage.close();
    rmSync(home, { recursive: true, force: true });
  }
  return [rows.single, rows.mixed];
}

const ledgerEnv = (ledgers: string, dataDir: string): Record<string, string> => ({
  NODE_OPTIONS: `--import=${new URL('../power/ledger.ts', import.meta.url).href}`,
  [LEDGER_DIR]: ledgers,
  [LEDGER_OF]: dataDir,
});

/** SQLite's files are left as they are: its log is synchronised with every commit. */
const cutFolders = ['spool', 'library'];

async function cutOnce(
  stage: Stage,
  ledgers: string,
  keeping: NameKeeping,
  { random }: Bench,
): Promise<{ cut: Cut; notes: string[] }> {
  await sleep(random.between(6, 12) * 1000);
  const at = now();
  stage.crash();
  await sleep(500);
  const disk = readLedgers(ledgers);
  const notes = cutFolders.map((folder) => {
    const { cut, bytes, names, restored } = cutPower(join(stage.server.dataDir, folder), disk, keeping);
    return `${folder}: ${bytes} bytes of ${cut} files, ${names.length} names gone, ${restored} back`;
  });
  await stage.server.startAgain();
  const backAt = now();
  // Cameras wait for up to three seconds before they try again.
  await sleep(12_000);
  return { cut: { at, backAt }, notes };
}

function withCut(row: Row, results: readonly Result[], cut: Cut, notes: readonly string[]): Row {
  const lost = results.map((result) => lostBefore(result, cut));
  const after = results.map((result) => lostAfter(result, cut));
  const up = `back ${((cut.backAt - cut.at) / 1_000_000).toFixed(1)} s after the cut, media ${after.map((s) => s.toFixed(1)).join(', ')} s after that`;
  return {
    ...addResults(row, results),
    lost: [...row.lost, ...lost],
    notes: [...row.notes, up, ...notes],
  };
}

/** Seconds up to the cut of which nothing is in the file. */
function lostBefore({ seen: [seen], begunAt }: Result, { at }: Cut): number {
  const numbers = (seen?.numbers ?? []).filter((number) => number / CAMERA.fps < at / 1_000_000);
  const last = numbers.at(-1) ?? (begunAt / 1_000_000) * CAMERA.fps;
  const within = lossesIn(numbers, CAMERA.fps).reduce((sum, { seconds }) => sum + seconds, 0);
  return Math.max(0, at / 1_000_000 - (last + 1) / CAMERA.fps) + within;
}

/** Seconds from the new start until media is in the file again, and what is missing later. */
function lostAfter({ seen: [seen], stoppedAt }: Result, { backAt, at }: Cut): number {
  const numbers = (seen?.numbers ?? []).filter((number) => number / CAMERA.fps > at / 1_000_000);
  const first = numbers[0];
  if (first === undefined) return (stoppedAt - backAt) / 1_000_000;
  const later = [...lossesIn(numbers, CAMERA.fps), ...lossAtEnd(numbers, stoppedAt)];
  return first / CAMERA.fps - backAt / 1_000_000 + later.reduce((sum, { seconds }) => sum + seconds, 0);
}
