import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../process/log.ts';
import { bundleConsole, type ConsoleBundle } from './bundle.ts';

/** What the console's pages need; what they show comes from the admin API. */
export interface ConsoleOptions {
  /** Folder in which the built console is kept. */
  readonly cache: string;
  readonly log: Logger;
}

/** Everything from here, nothing inline, nothing framed; players read media as blobs that they make. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "media-src 'self' blob:",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** `/console/`: the console's files, which anybody may have. Built at the first request; a failed build is tried again. */
export async function registerConsole(fastify: FastifyInstance, { cache, log }: ConsoleOptions): Promise<void> {
  let built: Promise<ConsoleBundle> | undefined;
  const bundle = (): Promise<ConsoleBundle> => {
    built ??= bundleConsole(cache).catch((error: unknown) => {
      built = undefined;
      log.error({ err: error }, 'the console cannot be built');
      throw error;
    });
    return built;
  };
  fastify.get('/console', (_request, reply) => reply.redirect('/console/'));
  fastify.get<{ Params: { '*': string } }>('/console/*', async ({ params }, reply) => {
    const { folder, files } = await bundle();
    const name = params['*'] || 'index.html';
    if (!files.has(name)) return reply.callNotFound();
    const isPage = name === 'index.html';
    reply.headers({ ...headers, 'cache-control': isPage ? 'no-cache' : 'public, max-age=31536000, immutable' });
    return reply.type(types[extname(name)] ?? 'application/octet-stream').send(await readFile(join(folder, name)));
  });
}
