import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lossesByBlow, type Blow } from '../losses.ts';
import { holdsOpen, signal } from '../processes.ts';
import { emptyRow, type Bench, type Row, type Scenario } from '../scenario.ts';
import { addResults, lossesUntil, now, short, Stage, type Recording, type Result } from '../stage.ts';

const LEASE_S = 5;

/** A recorder that hangs for longer than its lease, and wakes up when another has its tasks. */
export const recorderStop: Scenario = {
  name: 'recorder-stop',
  does: `SIGSTOP of a recorder for longer than its lease of ${LEASE_S} s, SIGCONT after the takeover: it may write nothing more`,
  async run(bench) {
    const stops = bench.effort.kills ?? (bench.effort.quick ? 1 : 4);
    const rows: Record<Recording['mode'], Row> = { single: newRow('single', stops), mixed: newRow('mixed', stops) };
    const stage = await Stage.open({ rooms: 2, env: { ROOMTAPE_RECORDERS__LEASE_SECONDS: String(LEASE_S) } });
    try {
      for (let index = 0; index < stops; index += 1) {
        const recordings = await stage.begin();
        const stop = await stopOne(stage, recordings, bench);
        const results = await stage.end(recordings, bench);
        for (const mode of ['single', 'mixed'] as const)
          rows[mode] = withStop(
            rows[mode],
            results.filter((one) => one.mode === mode),
            stop,
          );
        bench.say(`recorder-stop: ${index + 1} of ${stops}`);
      }
    } finally {
      await stage.close();
    }
    return [rows.single, rows.mixed];
  },
};

const newRow = (mode: Recording['mode'], stops: number): Row => ({
  ...emptyRow(`recorder stopped and woken, ${mode}`, `${stops} stops`),
  allowed: LEASE_S + 2,
});

interface Stop extends Blow {
  readonly struck: ReadonlySet<string>;
  /** What the stale recorder did by task. */
  readonly faults: ReadonlyMap<string, string>;
}

async function stopOne(stage: Stage, recordings: readonly Recording[], { random, say }: Bench): Promise<Stop> {
  await sleep(random.between(5, 8) * 1000);
  const holders = stage.server.process.pids('recorder').map((pid) => ({ pid, held: heldBy(pid, recordings) }));
  const victim = random.pick(holders.filter(({ held }) => held.length > 0));
  const before = new Map(victim.held.map((id) => [id, epochsOf(stage, id)]));
  signal(victim.pid, 'SIGSTOP');
  const at = now();
  try {
    await untilTakenOver(stage, before).catch((error: unknown) => say(String(error)));
    await sleep(2_000);
    const asleep = snapshots(stage, before);
    signal(victim.pid, 'SIGCONT');
    await sleep(6_000);
    return { at, struck: new Set(victim.held), faults: faultsOf(stage, before, asleep, victim.pid) };
  } finally {
    signal(victim.pid, 'SIGCONT');
  }
}

const heldBy = (pid: number, recordings: readonly Recording[]): string[] =>
  recordings.map(({ taskId }) => taskId).filter((id) => holdsOpen(pid, `/spool/${id}/`));

const spoolOf = (stage: Stage, taskId: string): string => join(stage.server.dataDir, 'spool', taskId);

/** Folders of epochs, `e1` and on. */
const epochsOf = (stage: Stage, taskId: string): string[] => readdirSync(spoolOf(stage, taskId));

/** Resolves when each task has a folder of a later epoch. */
async function untilTakenOver(stage: Stage, before: ReadonlyMap<string, readonly string[]>): Promise<void> {
  const deadline = Date.now() + (LEASE_S + 15) * 1000;
  const waits = (): boolean => [...before].some(([id, epochs]) => epochsOf(stage, id).length === epochs.length);
  while (waits()) {
    if (Date.now() > deadline) throw new Error('a task of the stopped recorder was not taken over');
    await sleep(100);
  }
}

/** Names, sizes and times of all files in the folders that the stopped recorder had. */
const snapshots = (stage: Stage, before: ReadonlyMap<string, readonly string[]>): Map<string, string> =>
  new Map(
    [...before].map(([id, epochs]) => [
      id,
      epochs.flatMap((epoch) => filesIn(join(spoolOf(stage, id), epoch))).join('\n'),
    ]),
  );

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map((entry) => {
      const { size, mtimeMs } = statSync(join(entry.parentPath, entry.name));
      return `${join(entry.parentPath, entry.name)} ${size} ${mtimeMs}`;
    })
    .sort();
}

function faultsOf(
  stage: Stage,
  before: ReadonlyMap<string, readonly string[]>,
  asleep: ReadonlyMap<string, string>,
  pid: number,
): Map<string, string> {
  const awake = snapshots(stage, before);
  const faults = new Map<string, string>();
  for (const [id, epochs] of before) {
    const opened = epochs.some((epoch) => holdsOpen(pid, `/spool/${id}/${epoch}/`));
    if (awake.get(id) !== asleep.get(id))
      faults.set(id, `wrote after it woke: ${changed(asleep.get(id)!, awake.get(id)!)}`);
    else if (opened) faults.set(id, 'kept its files open after it woke');
  }
  return faults;
}

const changed = (before: string, after: string): string => {
  const known = new Set(before.split('\n'));
  const names = after.split('\n').filter((line) => !known.has(line));
  return names.map((line) => line.split('/').slice(-2).join('/')).join(', ');
};

function withStop(row: Row, results: readonly Result[], stop: Stop): Row {
  const lost = results.flatMap(({ seen: [seen], taskId, stoppedAt }) => {
    if (!seen || !stop.struck.has(taskId)) return [];
    return lossesByBlow(lossesUntil(seen, stoppedAt), [stop]);
  });
  const faults = results.flatMap(({ taskId, mode }) => {
    const fault = stop.faults.get(taskId);
    return fault === undefined ? [] : [`${mode} task ${short(taskId)}: the stale recorder ${fault}`];
  });
  const added = addResults(row, results);
  return { ...added, lost: [...row.lost, ...lost], faults: [...added.faults, ...faults] };
}
