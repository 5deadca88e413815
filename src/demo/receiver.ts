import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A callback as it came, contract §4.2. */
export interface ReceivedCallback {
  readonly eventType: number;
  readonly taskId: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** True when `Sign` is the HMAC of exactly the bytes that came. */
  readonly signed: boolean;
}

/** File part of event 311. */
export interface CommittedFile {
  readonly UserId: string;
  readonly MediaId: string;
  readonly TrackType: string;
  readonly FileId: string;
  readonly VideoUrl: string;
  readonly CacheFile: string;
  readonly StartTimeStamp: number;
  readonly EndTimeStamp: number;
}

/** Receives callbacks on a port of its own and checks their signatures. */
export class CallbackReceiver {
  readonly callbacks: ReceivedCallback[] = [];
  /** Key that the server must sign with. */
  readonly key: string;
  #server: Server;
  #waiting = new Set<() => void>();

  constructor(key: string) {
    this.key = key;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const taken = this.#take(Buffer.concat(chunks), String(request.headers['sign'] ?? ''));
        response.writeHead(taken ? 200 : 400).end('{"code":0}');
      });
    });
  }

  /** Listens on loopback; gives the URL to configure. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/callback`;
  }

  /** Resolves with true when a callback of that type came for the task, with false when `ms` went by first. */
  waitFor(taskId: string, eventType: number, ms: number): Promise<boolean> {
    const came = (): boolean => this.callbacks.some((one) => one.taskId === taskId && one.eventType === eventType);
    return new Promise((resolve) => {
      const settle = (result: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(result);
      };
      const look = (): void => (came() ? settle(true) : undefined);
      const timer = setTimeout(() => settle(false), ms);
      this.#waiting.add(look);
      look();
    });
  }

  /** Stops listening. Idempotent. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #take(body: Buffer, sign: string): boolean {
    const expected = createHmac('sha256', this.key).update(body).digest('base64');
    const event = eventIn(body);
    if (!event) return false;
    const { TaskId, Payload } = event.EventInfo;
    this.callbacks.push({ eventType: event.EventType, taskId: TaskId, payload: Payload, signed: sign === expected });
    for (const look of this.#waiting) look();
    return true;
  }
}

interface EventEnvelope {
  readonly EventType: number;
  readonly EventInfo: { readonly TaskId: string; readonly Payload: Record<string, unknown> };
}

/** The event of a body; undefined when it is not one, for anything on the machine may post here. */
function eventIn(body: Buffer): EventEnvelope | undefined {
  try {
    const event = JSON.parse(body.toString('utf8')) as Partial<EventEnvelope> | null;
    return event?.EventInfo ? (event as EventEnvelope) : undefined;
  } catch {
    return undefined;
  }
}
