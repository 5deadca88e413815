import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One callback as it came in. */
export interface ReceivedCallback {
  readonly headers: Readonly<Record<string, string>>;
  /** Exact bytes: the signature is over them. */
  readonly body: Buffer;
  /** Parsed body; undefined when it is not JSON of the envelope's shape. */
  readonly event: CallbackEvent | undefined;
  /** Whether `Sign` fits the body; undefined when the receiver has no key. */
  readonly signed: boolean | undefined;
  readonly receivedMs: number;
  /** Status that was answered. */
  readonly status: number;
}

/** The envelope of contract §4.2. */
export interface CallbackEvent {
  readonly EventGroupId: number;
  readonly EventType: number;
  readonly CallbackTs: number;
  readonly EventInfo: {
    readonly RoomId: string;
    readonly EventTs: string | number;
    readonly EventMsTs: number;
    readonly UserId: string;
    readonly TaskId: string;
    readonly Payload: Readonly<Record<string, unknown>>;
  };
}

/** How the receiver answers one request. */
export interface CallbackAnswer {
  /** HTTP status; 200. `0` drops the connection without an answer. */
  readonly status?: number;
  readonly delayMs?: number;
  readonly body?: string;
}

/** How the receiver is set up. */
export interface CallbackReceiverOptions {
  /** Callback key; without it signatures are not judged. */
  readonly key?: string;
  /** Asked for every request, `index` from 0; answers 200 at once by default. */
  readonly answer?: (index: number, body: Buffer) => CallbackAnswer;
}

interface Waiter {
  readonly wanted: (received: readonly ReceivedCallback[]) => boolean;
  readonly resolve: () => void;
}

/** A customer's callback server on loopback. */
export class CallbackReceiver {
  readonly #server: Server;
  readonly #options: CallbackReceiverOptions;
  readonly #received: ReceivedCallback[] = [];
  readonly #waiters = new Set<Waiter>();
  #answer: (index: number, body: Buffer) => CallbackAnswer;
  #count = 0;

  private constructor(options: CallbackReceiverOptions) {
    this.#options = options;
    this.#answer = options.answer ?? (() => ({}));
    this.#server = createServer((request, response) => {
      this.#take(request, response).catch(() => response.destroy());
    });
  }

  /** Listens on an ephemeral port of loopback. */
  static async start(options: CallbackReceiverOptions = {}): Promise<CallbackReceiver> {
    const receiver = new CallbackReceiver(options);
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/callback`;
  }

  /** All that came in, in order of arrival. */
  get received(): readonly ReceivedCallback[] {
    return this.#received;
  }

  /** Events of one task and, if given, one type, in order of arrival. */
  events(taskId: string, eventType?: number): CallbackEvent[] {
    const events = this.#received.map(({ event }) => event).filter((event) => event !== undefined);
    return events.filter(
      (event) => event.EventInfo.TaskId === taskId && (eventType === undefined || event.EventType === eventType),
    );
  }

  /** Changes how later requests are answered. */
  answerWith(answer: (index: number, body: Buffer) => CallbackAnswer): void {
    this.#answer = answer;
  }

  /** Resolves when the predicate holds, now or after a later request; rejects after the time-out and says what came. */
  async waitFor(
    wanted: (received: readonly ReceivedCallback[]) => boolean,
    timeoutMs: number,
  ): Promise<readonly ReceivedCallback[]> {
    if (wanted(this.#received)) return this.#received;
    await new Promise<void>((resolve, reject) => {
      const waiter = { wanted, resolve: () => (clearTimeout(timer), resolve()) };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(
          new Error(
            `Not within ${timeoutMs} ms; so far: ${this.#received.map(({ event }) => event?.EventType ?? '?').join(', ') || 'nothing'}.`,
          ),
        );
      }, timeoutMs);
      this.#waiters.add(waiter);
    });
    return this.#received;
  }

  /** Resolves with the first event of this task and type. */
  async waitForEvent(taskId: string, eventType: number, timeoutMs: number): Promise<CallbackEvent> {
    await this.waitFor(() => this.events(taskId, eventType).length > 0, timeoutMs);
    return this.events(taskId, eventType)[0]!;
  }

  /** Stops listening and drops open connections. Idempotent. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bytesOf(request);
    const answer = this.#answer(this.#count++, body);
    const { status = 200, delayMs = 0 } = answer;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    this.#received.push({
      headers,
      body,
      event: parseEvent(body),
      signed: this.#judge(headers['sign'], body),
      receivedMs: Date.now(),
      status,
    });
    this.#tellWaiters();
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (status === 0) response.destroy();
    else response.writeHead(status, { 'content-type': 'application/json' }).end(answer.body ?? '{"code":0}');
  }

  #judge(sign: string | undefined, body: Buffer): boolean | undefined {
    return this.#options.key === undefined ? undefined : verifySign(this.#options.key, body, sign);
  }

  #tellWaiters(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.wanted(this.#received)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}

/** `Sign` is the base64 of HMAC-SHA256 over the exact body (contract §4.1). */
export function verifySign(key: string, body: Buffer, sign: string | undefined): boolean {
  const expected = createHmac('sha256', key).update(body).digest();
  const given = Buffer.from(sign ?? '', 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parseEvent(body: Buffer): CallbackEvent | undefined {
  try {
    const event = JSON.parse(body.toString('utf8')) as CallbackEvent;
    return typeof event.EventType === 'number' && typeof event.EventInfo?.TaskId === 'string' ? event : undefined;
  } catch {
    return undefined;
  }
}
