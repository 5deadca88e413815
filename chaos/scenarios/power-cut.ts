import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pictureInstant } from '../../src/synthetic/capture-grid.ts';
import type { WallUs } from '../../src/units.ts';
import { lossesIn } from '../losses.ts';
import { cutPower, readLedgers, type NameKeeping } from '../power/cut.ts';
import { ledgerEnv } from '../power/ledger-env.ts';
import { emptyRow, type Bench, type Row, type Scenario } from '../scenario.ts';
import { addResults, CAMERA, now, Stage, type Recording, type Result } from '../stage.ts';

/** The whole machine loses its power while it records, or just after a stop; what was not synchronised is gone. */
export const powerCut = (keeping: NameKeeping): Scenario => ({
  name: keeping === 'journal' ? 'power-cut' : 'power-cut-strict',
  does: `the machine goes dark in recordings and, every second time, just after their stop; what no fsync had brought onto the disk is taken away, ${meant[keeping]}; then everything starts again`,
  run: (bench) => cutOften(keeping, bench.effort.kills ?? (bench.effort.quick ? 2 : 4), bench),
});

const meant = {
  journal: 'while the name of a new file is kept with the file, as ext4, XFS and btrfs do',
  strict: 'names included unless their folder was synchronised, as POSIX promises',
} as const;

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
      const begun = await stage.begin();
      const { cut, notes, recordings } = await cutOnce(
        stage,
        begun,
        { ledgers, keeping, stopped: index % 2 === 1 },
        bench,
      );
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

/** SQLite's files are left as they are: its log is synchronised with every commit. */
const cutFolders = ['spool', 'library'];

interface CutPlan {
  readonly ledgers: string;
  readonly keeping: NameKeeping;
  /** Whether the recordings have just been stopped, so that finishing is cut. */
  readonly stopped: boolean;
}

async function cutOnce(
  stage: Stage,
  begun: readonly Recording[],
  { ledgers, keeping, stopped }: CutPlan,
  { random }: Bench,
): Promise<{ cut: Cut; notes: string[]; recordings: readonly Recording[] }> {
  await sleep(random.between(6, 12) * 1000);
  const recordings = stopped ? await stage.stop(begun) : begun;
  if (stopped) await sleep(random.between(0, 1.5) * 1000);
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
  // Cameras wait for up to three seconds before they try again, and leases of the old recorders run out.
  await sleep(stopped ? 1_000 : 12_000);
  return { cut: { at, backAt }, notes, recordings };
}

function withCut(row: Row, results: readonly Result[], cut: Cut, notes: readonly string[]): Row {
  const lost = results.map((result) => lostBefore(result, cut));
  const after = results.flatMap((result) => lostAfter(result, cut) ?? []);
  const down = `back ${seconds(cut.backAt - cut.at)} s after the cut`;
  const again = after.length === 0 ? '' : `, media ${after.map((us) => seconds(us)).join(', ')} s after that`;
  return { ...addResults(row, results), lost: [...row.lost, ...lost], notes: [...row.notes, down + again, ...notes] };
}

const seconds = (us: number): string => (us / 1_000_000).toFixed(1);

const instantOf = (number: number): WallUs => pictureInstant(CAMERA.fps, number);

/** Seconds up to the cut, or to the stop before it, of which nothing is in the file. */
function lostBefore({ seen: [seen], begunAt, stoppedAt }: Result, { at }: Cut): number {
  const until = Math.min(at, stoppedAt);
  const numbers = (seen?.numbers ?? []).filter((number) => instantOf(number) < until);
  const last = numbers.at(-1);
  const within = lossesIn(numbers, CAMERA.fps).reduce((sum, loss) => sum + loss.seconds, 0);
  return Math.max(0, until - (last === undefined ? begunAt : instantOf(last + 1))) / 1_000_000 + within;
}

/** Microseconds from the new start until media is in the file again; undefined when there was no more to come. */
function lostAfter({ seen: [seen], stoppedAt }: Result, { backAt, at }: Cut): number | undefined {
  if (stoppedAt < at) return undefined;
  const first = seen?.numbers.find((number) => instantOf(number) > at);
  return (first === undefined ? stoppedAt : instantOf(first)) - backAt;
}
