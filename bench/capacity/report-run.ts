import { figure } from '../closing-table.ts';
import { median, report } from '../report.ts';
import { rateOf } from './camera-file.ts';
import type { Found } from './compare-pictures.ts';
import type { RunOutcome, Stretch } from './run.ts';

/** Both halves of a measurement; twice the same when everything ran at once. */
export interface Halves {
  readonly rooms: RunOutcome;
  readonly recorders: RunOutcome;
  readonly found: Found;
}

/** Two cores, in percent of one. */
const TWO_CORES = 200;
/** What a mix keeps back for late media and the encoder, with room for a busy moment. */
const BEHIND_MS = 3000;
/** This benchmark itself looks at the disk now and then; more than this is somebody else. */
const DISTURBED = 15;

const last = ({ stretches }: RunOutcome): Stretch => stretches.at(-1)!;
const share = ({ shares }: Stretch, ...roles: string[]): number =>
  roles.reduce((sum, role) => sum + (shares.get(role) ?? 0), 0);
const percent = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} %`;
const megabytes = (memory: ReadonlyMap<string, number>, role: string): number => memory.get(role) ?? 0;

/** Prints and reports everything; `per` publishers make one of `what`. @throws Error when nothing was recorded. */
export function reportRun(what: string, per: number, halves: Halves): void {
  const { rooms, recorders, found } = halves;
  if (found.recorded === 0) throw new Error(`no picture of the ${what} was recorded: nothing is measured`);
  const count = last(recorders).sending / per;
  const group = `capacity, ${count} ${what}`;
  sayShares(halves, per);
  sayFound(halves);
  const lost = rooms.taken === undefined ? [] : [['packets lost by rooms', rooms.sent.sent - rooms.taken] as const];
  for (const [name, measured] of [
    ['pictures lost', found.lost] as const,
    ['pictures that nobody sent', found.foreign] as const,
    ...lost,
  ])
    report({ group, name, unit: '', measured, target: 0 });
  reportShares(group, halves);
  reportBehind(group, last(recorders));
  reportMemory(group, halves, count);
  recorders.stretches.forEach((stretch, i) => {
    const beside = [{ name: 'rooms', value: share(rooms.stretches[i]!, 'rooms') }];
    const reached = stretch.sending / per;
    const own = { name: `${reached} ${what}`, unit: '% of a core', count: reached };
    report({ group: `growth, ${what}`, ...own, measured: share(stretch, 'recorders'), beside });
  });
}

function sayShares({ rooms, recorders }: Halves, per: number): void {
  const line = ({ sending, shares, elsewhere: { others, disk, host } }: Stretch): string => {
    const each = [...shares].map(([role, value]) => `${role} ${percent(value)}`).join(', ');
    return `  ${sending / per}: ${each}; others ${percent(others)}, disk ${percent(disk)}, host ${percent(host)}`;
  };
  for (const [i, stretch] of recorders.stretches.entries()) {
    console.log(line(stretch));
    if (rooms !== recorders) console.log(line(rooms.stretches[i]!));
  }
}

function sayFound({ rooms, recorders, found }: Halves): void {
  const { sent, recorded, lost, foreign, longestStepMs } = found;
  const rate = (rateOf(recorders.camera) / 1e6).toFixed(2);
  const steps = `longest step ${longestStepMs.toFixed(0)} ms`;
  console.log(
    `  pictures at ${rate} Mb/s: ${sent} due, ${recorded} in the files, ${lost} lost, ${foreign} foreign, ${steps}`,
  );
  for (const outcome of new Set([rooms, recorders])) {
    const { sent: packets, refused, resent, latestMs } = outcome.sent;
    const taken = outcome.taken === undefined ? '' : `, ${outcome.taken} handed over`;
    const late = `at most ${latestMs.toFixed(0)} ms late`;
    console.log(`  publishers: ${packets} packets${taken}, ${refused} refused, ${resent} sent again, ${late}`);
  }
  const behind = recorders.stretches.map(
    ({ behindMs }) => `${median(behindMs).toFixed(0)} (${Math.max(...behindMs).toFixed(0)})`,
  );
  console.log(`  newest picture on the disk, ms ago, median and most, step by step: ${behind.join(', ')}`);
}

function reportShares(group: string, { rooms, recorders }: Halves): void {
  const unit = '% of a core';
  const all = share(last(recorders), 'server', 'recorders') + share(last(rooms), 'rooms');
  report({ group, name: 'server, rooms and recorders', unit, measured: all, target: TWO_CORES });
  report({ group, name: 'rooms', unit, measured: share(last(rooms), 'rooms') });
  report({ group, name: 'recorders', unit, measured: share(last(recorders), 'recorders') });
  report({ group, name: 'publishers, not counted', unit, measured: share(last(rooms), 'publishers') });
  const { others, host } = last(recorders).elsewhere;
  report({ group, name: 'other work on the machine', unit, measured: others + host });
  console.log(`  server, rooms and recorders together: ${percent(all)} of ${TWO_CORES} %`);
  if (others + host > DISTURBED)
    console.log(`  other work took ${percent(others + host)} of a core: measure again when the machine is quiet`);
}

function reportBehind(group: string, { behindMs }: Stretch): void {
  report({ group, name: 'behind, median', unit: 'ms', measured: median(behindMs), target: BEHIND_MS });
  report({ group, name: 'behind, at most', unit: 'ms', measured: Math.max(...behindMs) });
}

/** Megabytes that one more costs, from everybody silent to all sending. */
function reportMemory(group: string, { rooms, recorders }: Halves, count: number): void {
  for (const [role, outcome] of [
    ['recorders', recorders],
    ['rooms', rooms],
  ] as const) {
    const idle = megabytes(outcome.idle, role);
    const measured = (megabytes(last(outcome).memory, role) - idle) / count;
    console.log(`  memory (PSS): ${role} ${figure(measured)} MB for each, ${figure(idle)} MB while nobody sends`);
    report({ group, name: `memory of ${role} for each`, unit: 'MB', measured });
    report({ group, name: `memory of ${role} while nobody sends`, unit: 'MB', measured: idle });
  }
}
