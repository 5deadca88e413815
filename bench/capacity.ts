/**
 * How much one machine records at once, by whole processes of the product: 100 single recordings of 720p at 1.5 Mb/s with
 * Opus, and eight mixes of nine cameras of 360p15. Pictures lost are those sent against those in the files, byte by byte.
 *
 * Singles are one run with everything in it: publishers by real WebRTC, rooms, recorders, server. Eight mixes fill two
 * cores without the publishers, so they are measured in halves: the rooms role with real publishers and its packets
 * counted, and recorders with a stand-in that costs no ICE, DTLS and SRTP; the shares are added up.
 *
 * node bench/capacity.ts [--quick]
 */
import { comparePace, compareSent, together, type Found } from './capacity/compare-pictures.ts';
import { lastSlices, rateOf } from './capacity/camera-file.ts';
import { publisherOf, runCapacity, type RunOutcome, type Stretch } from './capacity/run.ts';
import { figure } from './closing-table.ts';
import { hd, sd } from './mixed/mix-case.ts';
import { median, report } from './report.ts';

const quick = process.argv.includes('--quick');
const times = quick ? { stepMs: 3000, fullMs: 6000 } : { stepMs: 5000, fullMs: 25_000 };
const singles = { mode: 'single', source: hd, roomSize: 4, ...times } as const;
const mixes = { mode: 'mixed', source: sd, roomSize: 9, ...times } as const;
const singleSteps = quick ? [1, 24] : [1, 10, 25, 50, 100];
const mixSteps = quick ? [1, 2] : [1, 2, 4, 8];

/** Two cores, in percent of one. */
const TWO_CORES = 200;
/** What a mix keeps back for late media and the encoder, with room for a busy moment. */
const BEHIND_MS = 3000;

const last = ({ stretches }: RunOutcome): Stretch => stretches.at(-1)!;
const share = ({ shares }: Stretch, ...roles: string[]): number =>
  roles.reduce((sum, role) => sum + (shares.get(role) ?? 0), 0);
const percent = (value: number): string => `${figure(value)} %`;

function sayShares(what: string, { shares }: Stretch): void {
  const each = [...shares].filter(([role]) => role !== 'machine').map(([role, value]) => `${role} ${percent(value)}`);
  console.log(`  ${what}: ${each.join(', ')}; with all else on the machine ${percent(shares.get('machine') ?? 0)}`);
}

function sayBehind({ stretches }: RunOutcome): void {
  const each = stretches.map(
    ({ behindMs }) => `${median(behindMs).toFixed(0)} (at most ${Math.max(...behindMs).toFixed(0)})`,
  );
  console.log(`  newest picture on the disk, ms ago, step by step: ${each.join(', ')}`);
}

function sayFound({ sent, recorded, lost, foreign, longestStepMs }: Found): void {
  const steps = `longest step ${longestStepMs.toFixed(0)} ms`;
  console.log(`  pictures: ${sent} due, ${recorded} in the files, ${lost} lost, ${foreign} that nobody sent, ${steps}`);
}

/** The machine may be too small for the publishers beside what is measured; then lost pictures are no one's fault. */
function sayLate({ sent }: RunOutcome): void {
  const { refused, resent, latestMs } = sent;
  console.log(
    `  publishers: ${sent.sent} packets, ${refused} refused, ${resent} sent again, ${latestMs.toFixed(0)} ms late at most`,
  );
}

function reportLoss(group: string, { sent, lost, foreign }: Found): void {
  if (sent === 0) throw new Error(`${group}: nothing was recorded, nothing is measured`);
  report({ group, name: 'pictures lost', unit: '', measured: lost, target: 0 });
  report({ group, name: 'pictures that nobody sent', unit: '', measured: foreign, target: 0 });
}

/** Megabytes (PSS) that one more costs, from nobody to all. */
function memoryPer(outcome: RunOutcome, role: string, count: number): number {
  return ((last(outcome).memory.get(role) ?? 0) - (outcome.idle.get(role) ?? 0)) / count;
}

function judgeSingles(outcome: RunOutcome): void {
  const count = singleSteps.at(-1)!;
  const group = `capacity, ${count} singles`;
  const slices = lastSlices(outcome.camera);
  const files = outcome.sent.pictures.map((_, i) => outcome.files.filter((file) => publisherOf(file) === i));
  const found = together(files.map((of, i) => compareSent(of, slices, outcome.sent.pictures[i]!)));
  const rate = (rateOf(outcome.camera) / 1e6).toFixed(2);
  console.log(`${count} single recordings of 720p25 at ${rate} Mb/s with Opus, all of them talking, in rooms of four:`);
  outcome.stretches.forEach((one) => sayShares(`${one.sending}`, one));
  sayLate(outcome);
  sayFound(found);
  sayBehind(outcome);
  reportLoss(group, found);
  const all = share(last(outcome), 'server', 'rooms', 'recorders');
  report({ group, name: 'server, rooms and recorders', unit: '% of a core', measured: all, target: TWO_CORES });
  reportRoles(group, last(outcome), ['rooms', 'recorders', 'publishers']);
  reportBehind(group, last(outcome));
  reportMemory(group, outcome, count, ['recorders', 'rooms']);
  for (const one of outcome.stretches)
    reportGrowth('singles', one.sending, share(one, 'rooms'), share(one, 'recorders'));
}

function judgeMixes(rooms: RunOutcome, recorders: RunOutcome): void {
  const count = mixSteps.at(-1)!;
  const group = `capacity, ${count} mixes of nine`;
  const found = together(recorders.files.map((file) => comparePace(file, sd.fps)));
  console.log(`${count} mixes of nine cameras of 360p15, three of them talking, 1280×720 at 2 Mb/s; in halves:`);
  recorders.stretches.forEach((one, i) => {
    sayShares(`${mixSteps[i]}, rooms with real publishers`, rooms.stretches[i]!);
    sayShares(`${mixSteps[i]}, recorders; publishers with a stand-in for rooms`, one);
  });
  console.log(`  rooms half: ${rooms.sent.sent} packets sent, ${rooms.taken} handed over`);
  sayLate(recorders);
  sayFound(found);
  sayBehind(recorders);
  reportLoss(group, found);
  const lostPackets = rooms.sent.sent - (rooms.taken ?? 0);
  report({ group, name: 'packets lost by rooms', unit: '', measured: lostPackets, target: 0 });
  const all = share(last(recorders), 'server', 'recorders') + share(last(rooms), 'rooms');
  report({ group, name: 'server, rooms and recorders', unit: '% of a core', measured: all, target: TWO_CORES });
  reportRoles(group, last(rooms), ['rooms']);
  reportRoles(group, last(recorders), ['recorders']);
  reportBehind(group, last(recorders));
  reportMemory(group, recorders, count, ['recorders']);
  recorders.stretches.forEach((one, i) =>
    reportGrowth('mixes of nine', mixSteps[i]!, share(rooms.stretches[i]!, 'rooms'), share(one, 'recorders')),
  );
}

function reportRoles(group: string, stretch: Stretch, roles: readonly string[]): void {
  for (const role of roles) report({ group, name: role, unit: '% of a core', measured: share(stretch, role) });
}

function reportBehind(group: string, { behindMs }: Stretch): void {
  report({ group, name: 'behind, median', unit: 'ms', measured: median(behindMs), target: BEHIND_MS });
  report({ group, name: 'behind, at most', unit: 'ms', measured: Math.max(...behindMs) });
}

function reportMemory(group: string, outcome: RunOutcome, count: number, roles: readonly string[]): void {
  for (const role of roles) {
    const measured = memoryPer(outcome, role, count);
    console.log(
      `  memory (PSS): ${role} ${figure(measured)} MB for each, idle ${figure(outcome.idle.get(role) ?? 0)} MB`,
    );
    report({ group, name: `memory of ${role} for each`, unit: 'MB', measured });
  }
}

/** Rows for the plot and its table. */
function reportGrowth(what: string, count: number, rooms: number, recorders: number): void {
  const beside = [{ name: 'rooms', value: rooms }];
  const unit = '% of a core';
  report({ group: `growth, ${what}`, name: `${count} ${what}`, unit, count, measured: recorders, beside });
}

const ninefold = mixSteps.map((count) => 9 * count);
const halves = { ...mixes, rooms: mixSteps.at(-1)!, steps: ninefold } as const;

await runCapacity(
  { ...singles, part: 'whole', rooms: Math.ceil(singleSteps.at(-1)! / 4), steps: singleSteps },
  judgeSingles,
);
const roomsHalf = await runCapacity({ ...halves, part: 'rooms' }, (outcome) => outcome);
await runCapacity({ ...halves, part: 'recorders' }, (outcome) => judgeMixes(roomsHalf, outcome));
