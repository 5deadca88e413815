import { setTimeout as sleep } from 'node:timers/promises';
import type { RoleName } from '../../src/process/supervisor.ts';
import { holdsOpen, signal } from '../processes.ts';
import { lossesByBlow, type Blow } from '../losses.ts';
import { emptyRow, type Bench, type Row, type Scenario } from '../scenario.ts';
import { addResults, lossesUntil, now, short, Stage, type Recording, type Result } from '../stage.ts';

/** How a role is killed. */
interface KillPlan {
  readonly role: RoleName;
  readonly does: string;
  /** Kills of the long and of the quick run. */
  readonly kills: number;
  readonly quickKills: number;
  /** Kills within one recording. */
  readonly together: number;
  /** Between two kills, seconds. */
  readonly between: readonly [number, number];
  /** Seconds that may be lost by one kill, single and mixed. */
  readonly allowed: { readonly single: number; readonly mixed: number };
}

interface Kill extends Blow {
  /** Tasks that the victim was writing; all where the role writes none. */
  readonly struck: ReadonlySet<string>;
}

/** A SIGKILL at random times of one process of a role, several in each recording. */
export function killScenario(plan: KillPlan): Scenario {
  return { name: `${plan.role}-kill`, does: plan.does, run: (bench) => killAll(plan, bench) };
}

async function killAll(plan: KillPlan, bench: Bench): Promise<Row[]> {
  const wanted = bench.effort.kills ?? (bench.effort.quick ? plan.quickKills : plan.kills);
  const rows = { single: newRow(plan, 'single'), mixed: newRow(plan, 'mixed') };
  const stage = await Stage.open({ rooms: 2 });
  let killed = 0;
  let skipped = 0;
  try {
    while (killed < wanted) {
      const count = Math.min(plan.together, wanted - killed);
      const recordings = await stage.begin();
      const kills = await strike(plan, stage, recordings, count, bench);
      await sleep(AFTER_MS);
      const results = await stage.end(recordings, bench);
      killed += kills.length;
      for (const mode of ['single', 'mixed'] as const)
        rows[mode] = withRound(
          rows[mode],
          results.filter((result) => result.mode === mode),
          kills,
        );
      skipped = stage.skipped();
      bench.say(`${plan.role}-kill: ${killed} of ${wanted}, ${saidOf(rows)}`);
    }
  } finally {
    await stage.close();
  }
  const notes = skipped > 0 ? [`the cameras themselves left out ${skipped} pictures`] : [];
  return [rows.single, rows.mixed].map((row) => ({ ...row, done: `${killed} kills`, notes: [...row.notes, ...notes] }));
}

/** What the last kill takes must be over before the recordings end. */
const AFTER_MS = 6_000;

function newRow({ role, allowed }: KillPlan, mode: Recording['mode']): Row {
  return { ...emptyRow(`${role} killed, ${mode}`, ''), allowed: allowed[mode] };
}

const saidOf = (rows: Readonly<Record<Recording['mode'], Row>>): string =>
  Object.entries(rows)
    .map(([mode, { lost }]) => `${mode} lost at most ${Math.max(0, ...lost).toFixed(2)} s`)
    .join(', ');

async function strike(
  { role, between }: KillPlan,
  stage: Stage,
  recordings: readonly Recording[],
  count: number,
  { random, say }: Bench,
): Promise<Kill[]> {
  const kills: Kill[] = [];
  for (let index = 0; index < count; index += 1) {
    await sleep(random.between(...between) * 1000);
    const victims = stage.server.process.pids(role);
    if (victims.length === 0) {
      say(`no ${role} is alive to be killed; waiting`);
      index -= 1;
      continue;
    }
    const taskIds = recordings.map(({ taskId }) => taskId);
    const held = (pid: number): string[] => taskIds.filter((id) => holdsOpen(pid, `/spool/${id}/`));
    const writing = victims.filter((pid) => held(pid).length > 0);
    const victim = random.pick(writing.length > 0 ? writing : victims);
    const struck = new Set(role === 'recorder' ? held(victim) : taskIds);
    signal(victim, 'SIGKILL');
    kills.push({ at: now(), struck });
  }
  return kills;
}

function withRound(row: Row, results: readonly Result[], kills: readonly Kill[]): Row {
  const lost = results.map((result) => lostInResult(result, kills));
  const notes = results.flatMap((result, index) => overIn(row, result, lost[index]!));
  return { ...addResults(row, results), lost: [...row.lost, ...lost.flat()], notes: [...row.notes, ...notes] };
}

/** Which losses were too long, in the order of the kills that struck this recording. */
function overIn({ allowed = Infinity }: Row, { taskId, told }: Result, lost: readonly number[]): string[] {
  if (lost.every((seconds) => seconds <= allowed)) return [];
  const said = lost.map((seconds) => seconds.toFixed(2)).join(', ');
  return [`task ${short(taskId)} lost ${said} s by its kills one after the other, ${told.takeovers} takeovers`];
}

/** Seconds that each kill of this recording's process cost its file. */
function lostInResult({ seen: [seen], taskId, stoppedAt }: Result, kills: readonly Kill[]): number[] {
  if (!seen) return [];
  const seconds = lossesByBlow(lossesUntil(seen, stoppedAt), kills);
  return seconds.filter((lost, index) => kills[index]!.struck.has(taskId) || lost > 0);
}
