/**
 * CPU of a mixed recording, in CPU seconds (user + system, all threads) per recorded second, beside what else makes the
 * same picture of the same coded cameras, in turn in the same run: the ffmpeg command line as a user would call it, the
 * same with our own x264 settings, and GStreamer's compositor. What is not installed is said and left out; without
 * ffmpeg a naive design of the library's own means is the baseline. Every figure comes from a process of its own.
 *
 * node bench/mixed.ts [--quick]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missing, versionOf } from './mixed/command.ts';
import { hd, sd, type Design, type MixCase, type MixResult, type Source } from './mixed/mix-case.ts';
import { median, report, type Alternative } from './report.ts';

interface Comparison {
  readonly source: Source;
  readonly users: number;
  /** CPU seconds per recorded second. */
  readonly target?: number;
  /** Whether the short run has it. */
  readonly quick?: boolean;
}

const comparisons: readonly Comparison[] = [
  { source: sd, users: 1, target: 0.13, quick: true },
  { source: sd, users: 2 },
  { source: sd, users: 4 },
  { source: sd, users: 9, target: 0.2, quick: true },
  { source: sd, users: 16 },
  { source: sd, users: 25, target: 0.3, quick: true },
  { source: hd, users: 9, target: 0.45, quick: true },
  { source: hd, users: 25, target: 0.9 },
];

const lengths = { [sd.name]: { quick: 4, full: 12 }, [hd.name]: { quick: 2, full: 6 } };
const soundSeconds = 30;

/** Ratios to the default ffmpeg command line. */
const targetRatio = (users: number): number => (users >= 9 ? 0.65 : 0.85);

const others: readonly { design: Design; name: string; missing: string | undefined }[] = [
  { design: 'ffmpeg', name: 'ffmpeg', missing: missing('ffmpeg') },
  { design: 'ffmpeg-same', name: 'ffmpeg, our x264 settings', missing: missing('ffmpeg') },
  { design: 'gstreamer', name: 'GStreamer', missing: missing('gstreamer') },
];
const standIn = { design: 'in-process', name: 'naive, in process', missing: undefined } as const;
const hasFfmpeg = others[0]?.missing === undefined;
const compared = hasFfmpeg ? others : [standIn, ...others];

interface Effort {
  readonly dir: string;
  readonly rounds: number;
}

function inChild(spec: MixCase): MixResult {
  const script = fileURLToPath(new URL('mixed/run-case.ts', import.meta.url));
  const output = execFileSync(process.execPath, [script, JSON.stringify(spec)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output.toString()) as MixResult;
}

/** One round: all designs in turn, so that a busy moment of the machine meets them all. */
type Round = ReadonlyMap<Design, MixResult>;

function measureRound(spec: Omit<MixCase, 'design'>): Round {
  const present = compared.filter((one) => one.missing === undefined).map((one) => one.design);
  return new Map((['ours', ...present] as const).map((design) => [design, inChild({ ...spec, design })]));
}

/** Our median, and the others' by the medians of the rounds' ratios. */
function summary(rounds: readonly Round[]): { ours: number; alternatives: Alternative[] } {
  const ours = median(rounds.map((round) => round.get('ours')!.cpu));
  const alternatives = compared.map(({ design, name, missing: why }): Alternative => {
    if (why !== undefined) return { name, missing: why };
    const ratio = median(rounds.map((round) => round.get('ours')!.cpu / round.get(design)!.cpu));
    return { name, value: ours / ratio };
  });
  return { ours, alternatives };
}

function compare({ source, users, target }: Comparison, seconds: number, { dir, rounds: count }: Effort): void {
  const spec = { ...source, users, seconds, dir };
  const rounds = Array.from({ length: count }, () => measureRound(spec));
  const { ours, alternatives } = summary(rounds);
  print(spec, ours, alternatives, rounds.at(-1)!);
  const name = `${users} × ${source.name}`;
  const { value: baseline, name: baselineName } = alternatives[0] as Required<Alternative>;
  const wanted = {
    ...(target === undefined ? {} : { target }),
    ...(hasFfmpeg ? { targetRatio: targetRatio(users) } : {}),
  };
  const [, ...beside] = alternatives;
  report({
    group: 'mixed',
    name,
    unit: 'CPU s/s',
    count: users,
    measured: ours,
    baseline,
    baselineName,
    beside,
    ...wanted,
  });
}

function print(spec: Omit<MixCase, 'design'>, ours: number, alternatives: readonly Alternative[], last: Round): void {
  const rate = (design: Design): string => `${((last.get(design)!.bytes * 8) / spec.seconds / 1000).toFixed(0)} kb/s`;
  const { pictures, peakMb } = last.get('ours')!;
  console.log(`${spec.users} × ${spec.name}, ${pictures} pictures each:`);
  console.log(`  ours${' '.repeat(24)} ${ours.toFixed(3)}             ${rate('ours')}, peak ${peakMb.toFixed(0)} MB`);
  alternatives.forEach(({ name, value, missing: why }, i) => {
    const figures = value && `${value.toFixed(3)}  ratio ${(ours / value).toFixed(2)}  ${rate(compared[i]!.design)}`;
    console.log(`  ${name.padEnd(28)} ${figures ?? `not measured: ${why}`}`);
  });
}

function measureSound({ dir, rounds }: Effort): void {
  const spec = { ...sd, design: 'sound', users: 25, seconds: soundSeconds, dir } as const;
  const measured = median(Array.from({ length: rounds }, () => inChild(spec).cpu));
  console.log(`sound of 25 talkers: ${measured.toFixed(3)}, target 0.04`);
  report({ group: 'mixed', name: 'sound of 25 talkers', unit: 'CPU s/s', measured, target: 0.04 });
}

/** Beside a mix of nine, which is to cost 0.2: two hundredths of that, the writing included. */
function measureJournal({ dir, rounds }: Effort, seconds: number): void {
  const spec = { ...sd, design: 'journal', users: 9, seconds, dir } as const;
  const results = Array.from({ length: rounds }, () => inChild(spec));
  const measured = median(results.map(({ cpu }) => cpu));
  console.log(`journal of nine 360p15: ${measured.toFixed(4)}, target 0.004; ${results[0]!.bytes.toFixed(0)} bytes/s`);
  report({ group: 'mixed', name: 'journal of nine 360p15', unit: 'CPU s/s', measured, target: 0.004 });
}

function sayWhat(): void {
  console.log('CPU seconds per recorded second, canvas 1280×720 at 2 Mb/s; the same cameras and as many pictures out.');
  for (const command of ['ffmpeg', 'gst-launch-1.0'] as const) {
    const why = missing(command === 'ffmpeg' ? 'ffmpeg' : 'gstreamer');
    console.log(why === undefined ? `  ${versionOf(command)}` : `  ${why}; it is left out`);
  }
}

function main(quick: boolean): void {
  const dir = mkdtempSync(join(tmpdir(), 'roomtape-bench-'));
  const effort = { dir, rounds: quick ? 1 : 3 };
  sayWhat();
  try {
    for (const source of [sd, hd]) {
      const seconds = lengths[source.name]![quick ? 'quick' : 'full'];
      inChild({ ...source, design: 'scenes', users: 0, seconds, dir });
      const wanted = comparisons.filter((one) => one.source === source && (one.quick || !quick));
      for (const comparison of wanted) compare(comparison, seconds, effort);
      if (source === sd) measureJournal(effort, seconds);
    }
    measureSound(effort);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

main(process.argv.includes('--quick'));
