import { Agent, request, type Dispatcher } from 'undici';
import { guardedConnector, mayConnect, mayConnectPublicly } from '../address-guard.ts';
import type { Clock } from '../clock.ts';
import { ImageError } from './image-error.ts';

/** Largest file that is read (contract §2.6). */
const mostBytes = 5 * 1024 * 1024;

/** From the request to the last byte. */
const defaultTimeoutMs = 10_000;

/** How images are fetched. */
export interface ImageFetcherOptions {
  /** Whether images may come from loopback and private networks. Link-local and metadata addresses never are asked. */
  readonly allowPrivate: boolean;
  /** Measures the time a fetch may take. */
  readonly clock: Pick<Clock, 'after'>;
  /** 10 s by default. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Fetches what users' URLs name, which may be hostile: http and https only, addresses checked when the connection is
 * made, no redirects, 5 MB and 10 s at most.
 */
export class ImageFetcher {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #timeoutMs: number;
  readonly #agent: Agent;

  constructor({ allowPrivate, clock, timeoutMs = defaultTimeoutMs }: ImageFetcherOptions) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({
      connect: guardedConnector(timeoutMs, allowPrivate ? mayConnect : mayConnectPublicly),
      connections: 8,
      pipelining: 1,
      maxHeaderSize: 16_384,
    });
  }

  /** The bytes behind the URL. @throws ImageError when they cannot be had within the limits. */
  async fetch(url: string): Promise<Buffer> {
    const abort = new AbortController();
    const cancel = this.#clock.after(this.#timeoutMs, () => abort.abort(new ImageError('did not arrive in time')));
    try {
      const answer = await request(webUrl(url), {
        headers: { accept: 'image/png, image/jpeg', 'user-agent': 'roomtape' },
        signal: abort.signal,
        dispatcher: this.#agent,
      });
      return await read(answer);
    } catch (error) {
      throw error instanceof ImageError ? error : new ImageError('cannot be fetched', { cause: error });
    } finally {
      cancel();
    }
  }

  /** Cuts every connection; fetches under way fail. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

function webUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new ImageError('has no web address');
  return url;
}

async function read({ statusCode, body, headers }: Dispatcher.ResponseData): Promise<Buffer> {
  const tooLarge = new ImageError('is larger than 5 MB');
  const refuse = (error: ImageError): never => {
    body.on('error', () => {}).destroy();
    throw error;
  };
  if (statusCode !== 200) refuse(new ImageError(`was answered with HTTP ${statusCode}`));
  if (Number(headers['content-length']) > mostBytes) refuse(tooLarge);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBytes) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
