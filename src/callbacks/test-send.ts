import { randomUUID } from 'node:crypto';
import type { AddressRule } from '../address-guard.ts';
import type { Clock } from '../clock.ts';
import type { CallbackTarget } from '../config/apps.ts';
import { shownUrl } from '../shown-url.ts';
import { eventGroup } from './groups.ts';
import { messageBody, roomMessageBody, type MessageCompat } from './message.ts';
import { CallbackSender, type SendResult } from './sender.ts';

/** Names the room, user and task of a test; nobody else may be called so. */
export const TEST_NAME = 'roomtape.test';

/** EventType of a test: 99 of its group's hundred, which no event of the contract has. */
export const testEventType = (group: keyof typeof eventGroup): number => eventGroup[group] * 100 + 99;

/** What to look at when a test failed. */
export type TestFinding =
  | 'ok'
  /** The address rule of the installation forbids the address. */
  | 'address-refused'
  /** The name is not known. */
  | 'unknown-host'
  /** Nobody listens there, or no way leads there. */
  | 'no-connection'
  /** The certificate or the TLS of the receiver is not taken. */
  | 'tls'
  /** No answer within five seconds. */
  | 'timeout'
  /** The receiver sends elsewhere; redirects are not followed. */
  | 'redirect'
  /** The receiver does not let it in: often a signature that it finds wrong. */
  | 'unauthorized'
  /** The receiver has nothing at that path. */
  | 'not-found'
  /** The receiver failed. */
  | 'receiver-failed'
  /** Any other status than 200. */
  | 'status';

/** What became of a test. */
export interface CallbackTest {
  /** Without user-info and values of the query. */
  readonly url: string;
  readonly eventType: number;
  /** HTTP status; absent when there was no answer. */
  readonly status?: number;
  readonly durationMs: number;
  /** Beginning of the answer's body, at most 1 KB. */
  readonly answer: string;
  /** Why it failed, in words; absent when the receiver took it. */
  readonly error?: string;
  readonly finding: TestFinding;
}

/** Sends events that say they are tests, as real ones are sent, once each and without a trace in the outbox. */
export class CallbackTester {
  readonly #clock: Clock;
  readonly #compat: MessageCompat | undefined;
  readonly #sender: CallbackSender;

  /** `permits` judges addresses as it does for real events. */
  constructor(clock: Clock, compat?: MessageCompat, permits?: AddressRule) {
    this.#clock = clock;
    this.#compat = compat;
    this.#sender = new CallbackSender(clock, permits);
  }

  /** Makes one attempt of at most five seconds. Never rejects. */
  async send(sdkAppId: number, group: keyof typeof eventGroup, target: CallbackTarget): Promise<CallbackTest> {
    const sentMs = this.#clock.wallMs();
    const body = testBody(group, sentMs, this.#compat);
    const id = `evt_test_${randomUUID().replaceAll('-', '')}`;
    const began = this.#clock.monoUs();
    const result = await this.#sender.send(target, { sdkAppId, id, body, sentMs });
    const durationMs = Math.round((this.#clock.monoUs() - began) / 1000);
    const { status, error, answer } = result;
    return {
      url: shownUrl(target.url),
      eventType: testEventType(group),
      durationMs,
      answer,
      ...(status === undefined ? {} : { status }),
      ...(error === undefined ? {} : { error }),
      finding: findingOf(result),
    };
  }

  /** Cuts what is under way. */
  close(): Promise<void> {
    return this.#sender.close();
  }
}

function testBody(group: keyof typeof eventGroup, nowMs: number, compat: MessageCompat | undefined): string {
  const [type, eventMs, callbackMs] = [testEventType(group), nowMs, nowMs];
  if (group === 'recording') {
    const payload = { Status: 0, Test: true };
    const names = { roomId: TEST_NAME, botUserId: TEST_NAME, taskId: TEST_NAME };
    return messageBody({ type, ...names, roomKind: 'string', eventMs, callbackMs, payload }, compat);
  }
  const info = { RoomId: TEST_NAME, UserId: TEST_NAME, Test: true };
  return roomMessageBody({ group: eventGroup[group], type, eventMs, callbackMs, info });
}

const byCode: Readonly<Record<string, TestFinding>> = {
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  ECONNREFUSED: 'no-connection',
  ECONNRESET: 'no-connection',
  EHOSTUNREACH: 'no-connection',
  ENETUNREACH: 'no-connection',
  UND_ERR_SOCKET: 'no-connection',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  EPROTO: 'tls',
};

const byStatus: Readonly<Record<number, TestFinding>> = {
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'not-found',
  405: 'not-found',
};

function findingOf({ status, error, code = '' }: SendResult): TestFinding {
  if (error === undefined) return 'ok';
  if (status !== undefined) return byStatus[status] ?? statusClass(status);
  if (code === 'AddressRefusedError') return 'address-refused';
  if (code === 'late') return 'timeout';
  return byCode[code] ?? (/CERT|TLS|SSL|SIGNATURE/.test(code) ? 'tls' : 'no-connection');
}

function statusClass(status: number): TestFinding {
  if (status >= 300 && status < 400) return 'redirect';
  return status >= 500 ? 'receiver-failed' : 'status';
}
