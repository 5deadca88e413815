import { Agent, request, type Dispatcher } from 'undici';
import { guardedConnector, mayConnect, type AddressRule } from '../address-guard.ts';
import type { Clock } from '../clock.ts';
import type { CallbackTarget } from '../config/apps.ts';
import { messageHeaders, type SentMessage } from './message.ts';
import { attemptTimeoutMs } from './schedule.ts';

/** A receiver's answer decides nothing, so no more of it is read than this (contract §4.1 asks for less than 2000 bytes). */
const answerLimit = 4096;
/** How much of it is kept for whoever looks for what went wrong, in bytes. */
const keptAnswer = 1024;

/** What became of one attempt. */
export interface SendResult {
  /** HTTP status; absent when there was no answer. */
  readonly status?: number;
  /** Why it failed, in words; absent when the receiver took the message, which 200 alone says. */
  readonly error?: string;
  /** Name of what ended an attempt without an answer: the system's code, the error's name, or `late`. */
  readonly code?: string;
  /** Beginning of the answer's body, at most 1 KB. */
  readonly answer: string;
}

/** Sends callbacks over HTTP; redirects are not followed. */
export class CallbackSender {
  readonly #clock: Clock;
  readonly #agent: Agent;

  /** `clock` measures the timeout of an attempt; `permits` judges every address that is connected to. */
  constructor(clock: Clock, permits: AddressRule = mayConnect) {
    this.#clock = clock;
    this.#agent = new Agent({
      // More than delivery has under way, so that no attempt spends its five seconds in a queue.
      connections: 96,
      pipelining: 1,
      connect: guardedConnector(attemptTimeoutMs, permits),
      keepAliveTimeout: 10_000,
      maxHeaderSize: 16_384,
    });
  }

  /** Makes one attempt of at most five seconds. Never rejects. */
  async send(target: CallbackTarget, message: SentMessage): Promise<SendResult> {
    const abort = new AbortController();
    const cancel = this.#clock.after(attemptTimeoutMs, () => abort.abort(new Error('no answer in time')));
    try {
      const headers = messageHeaders(message, target.key);
      const options = { method: 'POST', headers, body: message.body, signal: abort.signal } as const;
      const { statusCode: status, body } = await request(target.url, { ...options, dispatcher: this.#agent });
      const answer = await beginningOf(body);
      return { status, answer, ...(status === 200 ? {} : { error: `HTTP ${status}` }) };
    } catch (error) {
      return { answer: '', error: inWords(error), code: abort.signal.aborted ? 'late' : codeOf(error) };
    } finally {
      cancel();
    }
  }

  /** Cuts every connection; attempts under way fail. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

/** What came of the body until it ended, was cut, or was more than is read of one. */
async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const kept: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (bytes < keptAnswer) kept.push(chunk.subarray(0, keptAnswer - bytes));
      bytes += chunk.length;
      if (bytes > answerLimit) break;
    }
  } catch {
    // The status has come, and it alone decides.
  }
  // A character that was cut at the end is left out; a text with zero bytes is none for every store.
  const text = new TextDecoder().decode(Buffer.concat(kept), { stream: true });
  return text.replaceAll('\0', '\uFFFD');
}

/** Of several addresses of one name each may have failed; the first one speaks for all. */
const firstOf = (error: unknown): unknown =>
  error instanceof AggregateError ? ((error.errors[0] as unknown) ?? error) : error;

function codeOf(error: unknown): string {
  const first = firstOf(error);
  const code = (first as NodeJS.ErrnoException | undefined)?.code;
  return code ?? (first instanceof Error ? first.name : '');
}

function inWords(error: unknown): string {
  const first = firstOf(error);
  return first instanceof Error ? first.message || first.name : String(first);
}
