import type { FastifyInstance } from 'fastify';
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';

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
}

/** `/healthz` (the process answers), `/readyz` (it can do its duty, or says what is missing), `/metrics` (Prometheus text). */
export function registerOperations(fastify: FastifyInstance, options: OperationsOptions): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'roomtape_server_' });
  fastify.get('/healthz', () => ({ status: 'ok' }));
  fastify.get('/readyz', async (_request, reply) => {
    const failing = await failingChecks(options.checks);
    return reply
      .code(failing.length > 0 ? 503 : 200)
      .send({ status: failing.length > 0 ? 'waiting' : 'ready', failing });
  });
  fastify.get('/metrics', async (_request, reply) => {
    for (const [part, read] of Object.entries(options.stats)) await collect(registry, part, read);
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}

async function failingChecks(checks: readonly ReadinessCheck[]): Promise<string[]> {
  const results = await Promise.all(
    checks.map(async ({ name, passes }) => ((await passes().catch(() => false)) ? [] : [name])),
  );
  return results.flat();
}

async function collect(registry: Registry, part: string, read: () => Promise<StatsTree> | StatsTree): Promise<void> {
  try {
    setGauges(registry, `roomtape_${metricWord(part)}`, await read());
  } catch {
    // A part that is restarting has no numbers to give; its absence in the scrape is the message.
  }
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
  return known ?? new Gauge({ name, help: name.replaceAll('_', ' '), registers: [registry] });
}

const metricWord = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9_]/g, '_')
    .toLowerCase();
