import { once } from 'node:events';
import { createServer } from 'node:net';
import type { LocalServer } from '../local-server.ts';
import { holderOf } from '../../process/data-lock.ts';
import type { Facts, PortFacts, PublicUrlFacts, ServerFacts } from './facts.ts';

/** Gathers what the server of this machine answers. */

const PATIENCE_MS = 5_000;

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly date: string | null;
  /** When the answer came, and how long it took, in milliseconds. */
  readonly atMs: number;
  readonly tookMs: number;
}

async function ask(url: string): Promise<Answer | Error> {
  const begun = performance.now();
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const body: unknown = await answer.json().catch(() => undefined);
    const tookMs = performance.now() - begun;
    return { status: answer.status, body, date: answer.headers.get('date'), atMs: Date.now(), tookMs };
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    return new Error(cause?.code ?? (error as Error).message);
  }
}

/** `/healthz` of every server of this project answers so. */
const isHealth = (answer: Answer | Error): answer is Answer =>
  !(answer instanceof Error) && answer.status === 200 && (answer.body as { status?: string } | null)?.status === 'ok';

/** What the server of the data directory answers. */
export async function serverFacts({ url, dataDir }: LocalServer): Promise<ServerFacts> {
  const pid = holderOf(dataDir);
  const ready = pid === undefined ? new Error('none') : await ask(`${url}/readyz`);
  if (ready instanceof Error) return { pid, answer: 'none', failing: [] };
  const { failing = [] } = (ready.body ?? {}) as { failing?: string[] };
  if (ready.status === 200) return { pid, answer: 'ready', failing: [] };
  return { pid, answer: ready.status === 503 ? 'waiting' : 'none', failing };
}

/** How this machine's clock stands to the server's, by the whole seconds of its Date header. */
export async function serverClockFacts({ url }: LocalServer): Promise<Facts['serverClock']> {
  const answer = await ask(`${url}/healthz`);
  if (!isHealth(answer) || answer.date === null) return undefined;
  // The header may be as old as a second, and the answer was on its way.
  return {
    aheadMs: Date.parse(answer.date) + 500 - answer.atMs + answer.tookMs / 2,
    unsureMs: 500 + answer.tookMs / 2,
  };
}

/** Tries to listen where the server would. */
export async function portFacts(
  key: PortFacts['key'],
  { host, port }: { readonly host: string; readonly port: number },
  isRunning: boolean,
): Promise<PortFacts> {
  const code = await listenFault(host, port);
  const about = { key, host, port };
  if (code === undefined) return { ...about, state: 'free' };
  if (code === 'EADDRINUSE') return { ...about, state: isRunning ? 'ours' : 'taken', reason: code };
  return { ...about, state: code === 'EACCES' ? 'forbidden' : 'no-address', reason: code };
}

async function listenFault(host: string, port: number): Promise<string | undefined> {
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, 'listening');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'EFAULT';
  }
  probe.close();
  await once(probe, 'close');
  return undefined;
}

/** Whether the address that others are told leads here. */
export async function publicUrlFacts({ config, url }: LocalServer, isRunning: boolean): Promise<PublicUrlFacts> {
  const { host, public_url: given } = config.http;
  const shown = (given ?? url).replace(/\/+$/, '');
  const about = { url: shown, isSet: given !== undefined, everywhere: ['0.0.0.0', '::', '[::]'].includes(host) };
  if (!isRunning) return { ...about, answer: 'unasked' };
  const answer = await ask(`${shown}/healthz`);
  if (answer instanceof Error) return { ...about, answer: 'none', reason: answer.message };
  const { status } = answer;
  return isHealth(answer) ? { ...about, answer: 'ours' } : { ...about, answer: 'other', reason: `HTTP ${status}` };
}
