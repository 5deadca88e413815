/**
 * CPU of the `rooms` role per RTP packet under real ICE, DTLS and SRTP: publishers that send ready-made packets, the
 * receiver and a recorder are processes of their own. Measured in turn and alternating: packets that are only counted as
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

  /** Stops the publishers and compares what they sent with what the core received. */
  async settle(): Promise<{ loss: Loss; stats: ReceiverFigures['stats'] }> {
    const figures = await Promise.all(this.#publishers.map((child) => ask<PublisherFigures>(child, 'stop')));
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

async function bareCost(plan: Plan): Promise<Cost> {
  const load = await Load.open('bare', plan.publishers);
  const costs: Cost[] = [];
  for (let i = 0; i < plan.rounds; i++) costs.push(await load.measure(plan.windowMs));
  load.close();
  return middle(costs);
}

const middle = (costs: readonly Cost[]): Cost => ({
  total: median(costs.map((cost) => cost.total)),
  js: median(costs.map((cost) => cost.js)),
  rate: median(costs.map((cost) => cost.rate)),
});

interface Outcome {
  readonly alone: Cost;
  readonly fed: Cost;
  /** Microseconds per packet in the recorder's process. */
  readonly taking: number;
  /** Median of the pairs' differences, microseconds per packet in `rooms`. */
  readonly giving: number;
  readonly recorder: RecorderFigures;
  readonly loss: Loss;
  readonly stats: ReceiverFigures['stats'];
}

async function roomsCost({ publishers, windowMs, rounds }: Plan): Promise<Outcome> {
  const load = await Load.open('rooms', publishers);
  const recorder = (await start('recorder', load.origin, String(publishers))).child;
  const [alone, fed, taking]: [Cost[], Cost[], number[]] = [[], [], []];
  for (let i = 0; i < rounds; i++) {
    alone.push(await load.measure(windowMs));
    await ask(recorder, 'join');
    const [before, cpu] = [await ask<RecorderFigures>(recorder, 'figures'), processCpu(recorder.pid ?? 0)];
    fed.push(await load.measure(windowMs));
    const after = await ask<RecorderFigures>(recorder, 'figures');
    taking.push((processCpu(recorder.pid ?? 0).process - cpu.process) / (after.packets - before.packets));
    await ask(recorder, 'leave');
  }
  const figures = await ask<RecorderFigures>(recorder, 'figures');
  const settled = await load.settle();
  recorder.disconnect();
  load.close();
  const giving = median(fed.map((cost, i) => cost.total - (alone[i]?.total ?? 0)));
  return { alone: middle(alone), fed: middle(fed), taking: median(taking), giving, recorder: figures, ...settled };
}

const us = (value: number): string => value.toFixed(1);

function print(plan: Plan, bare: Cost, { alone, fed, giving, taking, loss, stats, recorder }: Outcome): void {
  const nominal = plan.publishers * NOMINAL;
  const { feeds } = stats;
  const dropped = feeds.droppedVideo + feeds.droppedAudio;
  console.log(`${plan.publishers} publishers, ${fed.rate.toFixed(0)} of ${nominal} packets/s; µs a packet:`);
  console.log(`  only counted          ${us(bare.total)}, JS thread ${us(bare.js)}`);
  console.log(`  rooms, no recorder    ${us(alone.total)}, JS thread ${us(alone.js)}`);
  console.log(`  rooms, one recorder   ${us(fed.total)}, JS thread ${us(fed.js)}`);
  console.log(`  hand-over             ${us(giving)} given, ${us(taking)} taken`);
  console.log(`  of ${loss.sent} sent: ${loss.missing} missing, ${loss.refused} refused by the sender's transport`);
  console.log(`  feed: ${feeds.packets} handed over, ${recorder.packets} taken, ${dropped} dropped`);
}

function reportRows(plan: Plan, bare: Cost, outcome: Outcome): void {
  const { fed, alone, giving, taking, loss, stats } = outcome;
  const group = `rooms, ${plan.publishers} publishers`;
  const dropped = stats.feeds.droppedVideo + stats.feeds.droppedAudio;
  const unit = 'µs a packet';
  const full = plan.publishers * NOMINAL;
  const share = { name: `share of a core at ${full} packets/s`, unit: '%' };
  const wanted = plan.publishers === 40 ? { target: 30 } : {};
  report({ group, name: 'whole process, no recorder', unit, measured: alone.total, baseline: bare.total });
  report({ group, name: 'whole process, one recorder', unit, measured: fed.total, baseline: bare.total });
  report({ group, name: 'JS thread, one recorder', unit, measured: fed.js, baseline: bare.js, target: 10 });
  const [measured, baseline] = [fed.total, bare.total].map((cost) => (cost * full) / 10_000);
  report({ group, ...share, measured: measured ?? 0, baseline: baseline ?? 0, ...wanted });
  report({ group, name: 'hand-over, both ends', unit, measured: giving + taking, target: 6 });
  report({ group, name: 'packets lost', unit: 'ppm', measured: (loss.missing * 1e6) / loss.sent, target: 0 });
  report({ group, name: 'packets dropped by the feed', unit: '', measured: dropped, target: 0 });
}

async function run(plan: Plan): Promise<void> {
  const bare = await bareCost(plan);
  const outcome = await roomsCost(plan);
  print(plan, bare, outcome);
  reportRows(plan, bare, outcome);
  if (outcome.fed.rate < 0.9 * plan.publishers * NOMINAL)
    console.log('  this machine could not make the whole load beside the receiver; the cost per packet is what counts');
}

const quick = process.argv.includes('--quick');
const asked = process.argv.slice(2).map(Number).filter(Number.isInteger);
const counts = asked.length > 0 ? asked : quick ? [40] : [10, 40];
const window = quick ? { windowMs: 4000, rounds: 2 } : { windowMs: 6000, rounds: 3 };
for (const publishers of counts) await run({ publishers, ...window });
