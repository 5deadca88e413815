import { Agent, request } from 'undici';
import { guardedConnector, mayConnect } from '../address-guard.ts';
import type { Clock } from '../clock.ts';
import type { CallbackTarget } from '../config/apps.ts';
import { messageHeaders, type SentMessage } from './message.ts';
import { attemptTimeoutMs } from './schedule.ts';

/** A receiver's answer is ignored, so no more of it is read than this (contract §4.1 asks for less than 2000 bytes). */
const answerLimit = 4096;

/** Sends callbacks over HTTP; redirects are not followed. */
export class CallbackSender {
  readonly #clock: Clock;
  readonly #agent = new Agent({
    // More than delivery has under way, so that no attempt spends its five seconds in a queue.
    connections: 64,
    pipelining: 1,
    connect: guardedConnector(attemptTimeoutMs, mayConnect),
    keepAliveTimeout: 10_000,
    maxHeaderSize: 16_384,
  });

  /** `clock` measures the timeout of an attempt. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes one attempt of at most five seconds: undefined when the receiver answered 200, otherwise why it failed. Never rejects. */
  async send(target: CallbackTarget, message: SentMessage): Promise<string | undefined> {
    const abort = new AbortController();
    const cancel = this.#clock.after(attemptTimeoutMs, () => abort.abort(new Error('no answer in time')));
    try {
      const headers = messageHeaders(message, target.key);
      const answer = await request(target.url, {
        method: 'POST',
        headers,
        body: message.body,
        signal: abort.signal,
        dispatcher: this.#agent,
      });
      await answer.body.dump({ limit: answerLimit, signal: abort.signal }).catch(() => undefined);
      return answer.statusCode === 200 ? undefined : `HTTP ${answer.statusCode}`;
    } catch (error) {
      return error instanceof Error ? error.message || error.name : String(error);
    } finally {
      cancel();
    }
  }

  /** Cuts every connection; attempts under way fail. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }
}
