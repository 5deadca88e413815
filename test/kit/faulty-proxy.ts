import { createServer, request, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Closing } from './closers.ts';

/** What the proxy does with a request: passes it on, cuts the connection, never answers, answers itself, or waits first. */
export type Treatment =
  | 'pass'
  | 'reset'
  /** Cuts the connection when half of what is sent has been passed on. */
  | 'reset-midway'
  /** Cuts the connection when the store has done what it was asked. */
  | 'reset-after'
  | 'hang'
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  | { readonly delayMs: number }
  /** Passes the store's answer on with other headers. */
  | { readonly rewrite: Record<string, string> };

/** A request as the proxy's rule sees it. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A proxy in front of one server that can be told to misbehave. */
export interface FaultyProxy {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Decides about every request; passes all by default. */
  treat: (seen: SeenRequest) => Treatment;
  /** Every request so far, in order. */
  readonly seen: SeenRequest[];
}

/** Starts a proxy in front of `target` (`host:port`); it is closed when the test ends. */
export async function startFaultyProxy(t: Closing, target: string): Promise<FaultyProxy> {
  const seen: SeenRequest[] = [];
  const proxy = { host: '', treat: (): Treatment => 'pass', seen } as { host: string } & Omit<FaultyProxy, 'host'>;
  const server = createServer((incoming, answer) => {
    const { method = '', url = '', headers } = incoming;
    seen.push({ method, url, headers });
    serve(incoming, answer, target, proxy.treat({ method, url, headers }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  proxy.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}

function serve(incoming: IncomingMessage, answer: ServerResponse, target: string, treatment: Treatment): void {
  if (treatment === 'reset') return void incoming.socket.destroy();
  if (treatment === 'hang') return void incoming.resume();
  if (typeof treatment === 'object' && 'status' in treatment) {
    incoming.resume().once('end', () => answer.writeHead(treatment.status, treatment.headers).end(treatment.body));
    return;
  }
  if (typeof treatment === 'object' && 'delayMs' in treatment) {
    setTimeout(() => pass(incoming, answer, target, 'pass'), treatment.delayMs);
    return;
  }
  pass(incoming, answer, target, treatment);
}

function pass(
  incoming: IncomingMessage,
  answer: ServerResponse,
  target: string,
  how: 'pass' | 'reset-after' | 'reset-midway' | { readonly rewrite: Record<string, string> },
): void {
  const { method, url, headers } = incoming;
  const onward = request(`http://${target}`, { method, path: url, headers }, (reply) => {
    if (how === 'reset-after') {
      reply.resume();
      incoming.socket.destroy();
      return;
    }
    const rewritten = typeof how === 'object' ? how.rewrite : {};
    answer.writeHead(reply.statusCode ?? 502, { ...reply.headers, ...rewritten });
    reply.pipe(answer);
  });
  onward.on('error', () => incoming.socket.destroy());
  incoming.once('close', () => (incoming.complete ? undefined : onward.destroy()));
  incoming.pipe(onward);
  if (how === 'reset-midway') cutMidway(incoming, onward);
}

function cutMidway(incoming: IncomingMessage, onward: ClientRequest): void {
  let rest = Number(incoming.headers['content-length'] ?? 0) / 2;
  const cut = (): void => {
    onward.destroy();
    incoming.socket.destroy();
  };
  incoming.on('data', (chunk: Buffer) => {
    rest -= chunk.length;
    if (rest <= 0) cut();
  });
  incoming.once('end', cut);
}
