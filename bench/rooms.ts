/**
 * CPU of the `rooms` role per RTP packet under real ICE, DTLS and SRTP: publishers that send ready-made packets, the
 * receiver and a recorder are processes of their own. Measured in turn, round after round: packets that are only counted as
 * they come up from libdatachannel (the baseline), the whole role without a recorder, and the whole role with one.
 *
 * node bench/rooms.ts [--quick] [publishers…]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { processCpu } from './process-cpu.ts';
import { median, report } from './report.ts';
import type { Ask, PublisherFigures, Ready, ReceiverFigures, RecorderFigures } from './rooms/messages.ts';

const NOMINAL = 225;
const SETTLE_MS = 1000;

interface Plan {
  readonly publishers: number;
  readonly windowMs: number;
  readonly rounds: number;
}

/** Microseconds of CPU per packet in one window, and packets per second. */
interface Cost {
  readonly total: number;
  readonly js: number;
  readonly rate: number;
}

interface Loss {
  readonly sent: number;
  readonly missing: number;
  readonly refused: number;
}

async function start(script: string, ...args: string[]): Promise<{ child: ChildProcess; ready: Ready }> {
  const child = fork(new URL(`rooms/${script}.ts`, import.meta.url), args);
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${script} ended with ${code}`);
  });
  const [ready] = (await Promise.race([once(child, 'message'), failed])) as [Ready];
  return { child, ready };
}

async function ask<Answer>(child: ChildProcess, what: Ask): Promise<Answer> {
  const answer = once(child, 'message');
  child.send(what);
  return (await answer)[0] as Answer;
}

/** A receiver with its publishers. */
class Load {
  readonly #receiver: ChildProcess;
  readonly #publishers: readonly ChildProcess[];
  readonly origin: string;

  private constructor(receiver: ChildProcess, port: number, publishers: readonly ChildProcess[]) {
    this.#receiver = receiver;
    this.#publishers = publishers;
    this.origin = `http://127.0.0.1:${port}`;
  }

  static async open(kind: 'bare' | 'rooms', count: number): Promise<Load> {
    const { child, ready } = await start('receiver', kind);
    const origin = `http://127.0.0.1:${ready.port}`;
    const half = Math.ceil(count / 2);
    const halves = [
      [0, half],
      [half, count],
    ].filter(([from, to]) => from !== to);
    const started = halves.map(([from, to]) => start('publishers', origin, String(from), String(to)));
    const publishers = await Promise.all(started);
    return new Load(
      child,
      ready.port ?? 0,
      publishers.map((one) => one.child),
    );
  }

  /** Lets things settle, then measures the receiver for a while. */
  async measure(windowMs: number): Promise<Cost> {
    await sleep(SETTLE_MS);
    const pid = this.#receiver.pid ?? 0;
    const [before, cpuBefore, since] = [await this.#figures(), processCpu(pid), performance.now()];
    await sleep(windowMs);
    const [after, cpu, until] = [await this.#figures(), processCpu(pid), performance.now()];
    const packets = after.datagrams - before.datagrams;
    const total = (cpu.process - cpuBefore.process) / packets;
    const js = (cpu.jsThread - cpuBefore.jsThread) / packets;
    return { total, js, rate: (packets * 1000) / (until - since) };
  }

  /** Lets the publishers send, or falls silent. */
  async tell(what: 'send' | 'pause'): Promise<void> {
    await Promise.all(this.#publishers.map((child) => ask(child, what)));
  }

  /** Compares what the publishers sent with what the core received; they must have paused. */
  async settle(): Promise<{ loss: Loss; stats: ReceiverFigures['stats'] }> {
    const figures = await Promise.all(this.#publishers.map((child) => ask<PublisherFigures>(child, 'figures')));
    await sleep(SETTLE_MS);
    const { stats } = await this.#figures();
    const sum = (of: (one: PublisherFigures) => number): number => figures.reduce((total, one) => total + of(one), 0);
    const sent = sum((one) => one.sent);
    const loss = { sent, refused: sum((one) => one.refused), missing: sent - stats.received.packets };
    return { loss, stats };
  }

  close(): void {
    for (const child of [...this.#publishers, this.#receiver]) if (child.connected) child.disconnect();
  }

  #figures(): Promise<ReceiverFigures> {
    return ask<ReceiverFigures>(this.#receiver, 'figures');
  }
}

/** One round: all three ways, one after the other, so that a busy moment of the machine meets all. */
interface Round {
  readonly bare: Cost;
  readonly alone: Cost;
  readonly fed: Cost;
  /** Microseconds per packet in the recorder's process. */
  readonly taking: number;
}

interface Outcome {
  readonly rounds: readonly Round[];
  readonly recorder: RecorderFigures;
  readonly loss: Loss;
  readonly stats: ReceiverFigures['stats'];
}

async function measureBare(load: Load, windowMs: number): Promise<Cost> {
  await load.tell('send');
  const cost = await load.measure(windowMs);
  await load.tell('pause');
  return cost;
}

async function measureRooms(load: Load, recorder: ChildProcess, windowMs: number): Promise<Omit<Round, 'bare'>> {
  const pid = recorder.pid ?? 0;
  await load.tell('send');
  const alone = await load.measure(windowMs);
  const before = await ask<RecorderFigures>(recorder, 'join');
  const since = processCpu(pid).process;
  const fed = await load.measure(windowMs);
  const after = await ask<RecorderFigures>(recorder, 'figures');
  const taking = (processCpu(pid).process - since) / (after.packets - before.packets);
  await ask(recorder, 'leave');
  await load.tell('pause');
  return { alone, fed, taking };
}

async function compare({ publishers, windowMs, rounds: count }: Plan): Promise<Outcome> {
  const bare = await Load.open('bare', publishers);
  const rooms = await Load.open('rooms', publishers);
  const recorder = (await start('recorder', rooms.origin, String(publishers))).child;
  const rounds: Round[] = [];
  for (let i = 0; i < count; i++)
    rounds.push({
      bare: await measureBare(bare, windowMs),
      ...(await measureRooms(rooms, recorder, windowMs)),
    });
  const figures = await ask<RecorderFigures>(recorder, 'figures');
  const settled = await rooms.settle();
  recorder.disconnect();
  rooms.close();
  bare.close();
  return { rounds, recorder: figures, ...settled };
}

type Measure = (round: Round) => number;

/** The median, and as baseline what gives the median of the rounds' ratios. */
function against(rounds: readonly Round[], of: Measure, base: Measure): { measured: number; baseline: number } {
  const measured = median(rounds.map(of));
  return { measured, baseline: measured / median(rounds.map((round) => of(round) / base(round))) };
}

const us = (value: number): string => value.toFixed(1);

function print(plan: Plan, { rounds, loss, stats, recorder }: Outcome): void {
  const middle = (of: Measure): string => us(median(rounds.map(of)));
  const { feeds } = stats;
  const dropped = feeds.droppedVideo + feeds.droppedAudio;
  const rate = median(rounds.map(({ fed }) => fed.rate)).toFixed(0);
  console.log(`${plan.publishers} publishers, ${rate} of ${plan.publishers * NOMINAL} packets/s; µs a packet:`);
  for (const [name, key] of [
    ['only counted       ', 'bare'],
    ['rooms, no recorder ', 'alone'],
    ['rooms, one recorder', 'fed'],
  ] as const)
    console.log(`  ${name}   ${middle((one) => one[key].total)}, JS thread ${middle((one) => one[key].js)}`);
  console.log(`  hand-over             ${middle(giving)} given, ${middle((one) => one.taking)} taken`);
  console.log(`  of ${loss.sent} sent: ${loss.missing} missing, ${loss.refused} refused by the sender's transport`);
  console.log(`  feed: ${feeds.packets} handed over, ${recorder.packets} taken, ${dropped} dropped`);
}

const giving: Measure = ({ fed, alone }) => fed.total - alone.total;

function reportRows(plan: Plan, { rounds, loss, stats }: Outcome): void {
  const group = `rooms, ${plan.publishers} publishers`;
  const unit = 'µs a packet';
  const full = plan.publishers * NOMINAL;
  /** The targets are those of 40 publishers. */
  const wanted = (target: number): { target?: number } => (plan.publishers === 40 ? { target } : {});
  const total = ({ bare }: Round): number => bare.total;
  const [alone, fed] = [against(rounds, (r) => r.alone.total, total), against(rounds, (r) => r.fed.total, total)];
  const js = against(
    rounds,
    (r) => r.fed.js,
    (r) => r.bare.js,
  );
  const share = { measured: (fed.measured * full) / 10_000, baseline: (fed.baseline * full) / 10_000 };
  const handOver = median(rounds.map((round) => giving(round) + round.taking));
  report({ group, name: 'whole process, no recorder', unit, ...alone });
  report({ group, name: 'whole process, one recorder', unit, ...fed });
  report({ group, name: 'JS thread, one recorder', unit, ...js, ...wanted(10) });
  report({ group, name: `share of a core at ${full} packets/s`, unit: '%', ...share, ...wanted(30) });
  report({ group, name: 'hand-over, both ends', unit, measured: handOver, ...wanted(6) });
  report({ group, name: 'packets lost', unit: 'ppm', measured: (loss.missing * 1e6) / loss.sent, target: 0 });
  const dropped = stats.feeds.droppedVideo + stats.feeds.droppedAudio;
  report({ group, name: 'packets dropped by the feed', unit: '', measured: dropped, target: 0 });
}

async function run(plan: Plan): Promise<void> {
  const outcome = await compare(plan);
  print(plan, outcome);
  reportRows(plan, outcome);
  if (median(outcome.rounds.map(({ fed }) => fed.rate)) < 0.9 * plan.publishers * NOMINAL)
    console.log('  this machine could not make the whole load beside the receiver; the cost per packet is what counts');
}

const quick = process.argv.includes('--quick');
const asked = process.argv.slice(2).map(Number).filter(Number.isInteger);
const counts = asked.length > 0 ? asked : quick ? [40] : [10, 40];
const window = quick ? { windowMs: 4000, rounds: 2 } : { windowMs: 6000, rounds: 3 };
for (const publishers of counts) await run({ publishers, ...window });
