import type { FastifyInstance } from 'fastify';
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { systemClock, type Clock } from '../clock.ts';
import { metricTable } from './metric-table.ts';

/** Numbers of one part of the program; nested groups become parts of the metric's name. */
export type StatsTree = { readonly [name: string]: number | StatsTree | undefined };

/** One check of `/readyz`: its name and whether it passes now. */
export interface ReadinessCheck {
  readonly name: string;
  readonly passes: () => Promise<boolean>;
}

/** What the operations routes report on. */
export interface OperationsOptions {
  readonly checks: readonly ReadinessCheck[];
  /** Counters by part (`rooms`, `callbacks`, …), read anew for every scrape. A part that cannot be read is left out. */
  readonly stats: Readonly<Record<string, () => Promise<StatsTree> | StatsTree>>;
  /** The machine's clock by default. */
  readonly clock?: Clock;
}

/** A part that hangs must not hang the probe: an orchestrator's own patience is often no more than this. */
const ANSWER_WITHIN_MS = 2_000;

/** `/healthz` (the process answers), `/readyz` (it can do its duty, or says what is missing), `/metrics` (Prometheus text). */
export function registerOperations(fastify: FastifyInstance, options: OperationsOptions): void {
  const clock = options.clock ?? systemClock({ unref: true });
  const own = processMetrics();
  fastify.get('/healthz', () => ({ status: 'ok' }));
  fastify.get('/readyz', async (_request, reply) => {
    const failing = await failingChecks(options.checks, clock);
    return reply
      .code(failing.length > 0 ? 503 : 200)
      .send({ status: failing.length > 0 ? 'waiting' : 'ready', failing });
  });
  fastify.get('/metrics', async (_request, reply) => {
    // A registry of its own for each scrape: a part that is gone must not go on showing its last numbers.
    const parts = new Registry();
    await Promise.all(Object.entries(options.stats).map(([part, read]) => collect(parts, part, read, clock)));
    const all = Registry.merge([own, parts]);
    return reply.type(all.contentType).send(await all.metrics());
  });
}

/** What Node itself tells of the server's process. */
export function processMetrics(): Registry {
  const own = new Registry();
  collectDefaultMetrics({ register: own, prefix: 'roomtape_server_' });
  return own;
}

async function failingChecks(checks: readonly ReadinessCheck[], clock: Clock): Promise<string[]> {
  const pass = ({ passes }: ReadinessCheck): Promise<boolean> => inTime(passes(), clock).catch(() => false);
  const results = await Promise.all(checks.map(async (check) => ((await pass(check)) ? [] : [check.name])));
  return results.flat();
}

async function collect(
  registry: Registry,
  part: string,
  read: () => Promise<StatsTree> | StatsTree,
  clock: Clock,
): Promise<void> {
  try {
    setGauges(registry, `roomtape_${metricWord(part)}`, await inTime(Promise.resolve(read()), clock));
  } catch {
    // A part that is restarting has no numbers to give; its absence in the scrape is the message.
  }
}

/** The answer, or a rejection when there is none in time. */
async function inTime<T>(answer: Promise<T>, clock: Clock): Promise<T> {
  let cancel = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(ANSWER_WITHIN_MS, () => reject(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)));
  });
  return Promise.race([answer, late]).finally(cancel);
}

function setGauges(registry: Registry, prefix: string, stats: StatsTree): void {
  for (const [key, value] of Object.entries(stats)) {
    const name = `${prefix}_${metricWord(key)}`;
    if (typeof value === 'object') setGauges(registry, name, value);
    else if (typeof value === 'number') gauge(registry, name).set(value);
  }
}

function gauge(registry: Registry, name: string): Gauge {
  const known = registry.getSingleMetric(name) as Gauge | undefined;
  const help = metricTable[name]?.help ?? name.replaceAll('_', ' ');
  return known ?? new Gauge({ name, help, registers: [registry] });
}

const metricWord = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9_]/g, '_')
    .toLowerCase();
