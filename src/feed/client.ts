import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { CancelTimer, Clock } from '../clock.ts';
import type { MonoUs } from '../units.ts';
import { decodeControl, encodeControl, FrameReader, frameType, keepAliveFrame, type FrameType } from './frames.ts';
import type { FeedEvent, FeedJoin, FeedPacket, FeedRequest } from './messages.ts';
import { decodePackets } from './packet-batch.ts';

/** Path of the feed on the rooms' internal port, and the token of its HTTP upgrade. */
export const FEED_PATH = '/rooms/v1/feed';
/** Value of the `Upgrade` header. */
export const FEED_PROTOCOL = 'roomtape-feed';
/** A quiet side sends an empty frame this often, in milliseconds. */
export const FEED_KEEP_ALIVE_MS = 3000;
/** A stream on which nothing at all came for this long, in milliseconds, is dead. */
export const FEED_SILENCE_MS = 12_000;

/** Where a feed's content goes. Calls come in the order of the stream; none comes after `onClosed`. */
export interface FeedCallbacks {
  onEvent(event: FeedEvent): void;
  /** The payload is valid only during the call. */
  onPacket(packet: FeedPacket): void;
  /**
   * The feed is over, once: `closed` by the caller, `superseded` by a newer join of the same task, `refused: …`,
   * `too slow`, `shutting down`, `silent`, or what the connection failed with.
   */
  onClosed(reason: string): void;
}

/** What a feed needs to connect. */
export interface FeedOptions {
  /** Base URL of the rooms' internal port, `http://host:port`. */
  readonly url: string;
  /** The installation's bearer token. */
  readonly token: string;
  readonly join: FeedJoin;
  readonly clock: Clock;
  readonly on: FeedCallbacks;
}

/** Counters of one feed. */
export interface FeedClientStats {
  events: number;
  packets: number;
  bytes: number;
  /** Control frames and batches that could not be read. */
  malformed: number;
}

/** A recorder's connection to one room. It never reconnects by itself: the task decides. */
export interface FeedClient {
  /** Asks the track's sender for a key frame; `rooms` limits the rate. */
  requestKeyFrame(track: number): void;
  /** Leaves the room. Idempotent. */
  close(): void;
  readonly closed: boolean;
  stats(): FeedClientStats;
}

/** Connects to a room as a recording bot. Never throws: whatever goes wrong arrives as `onClosed`. */
export function connectFeed(options: FeedOptions): FeedClient {
  const client = new Connection(options);
  client.start();
  return client;
}

class Connection implements FeedClient {
  readonly #options: FeedOptions;
  readonly #stats: FeedClientStats = { events: 0, packets: 0, bytes: 0, malformed: 0 };
  readonly #reader = new FrameReader((type, body) => this.#onFrame(type, body));
  #request: ClientRequest | undefined;
  #socket: Socket | undefined;
  #stopTimer: CancelTimer = () => {};
  #heardAt: MonoUs;
  #goodbye: string | undefined;
  #closed = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#heardAt = options.clock.monoUs();
  }

  get closed(): boolean {
    return this.#closed;
  }

  stats(): FeedClientStats {
    return { ...this.#stats };
  }

  start(): void {
    this.#stopTimer = this.#options.clock.every(FEED_KEEP_ALIVE_MS, () => this.#keepAlive());
    try {
      this.#request = this.#upgrade();
    } catch (error) {
      // A malformed URL; reported like any other failure, after the caller holds the client.
      queueMicrotask(() => this.#end(String(error)));
    }
  }

  requestKeyFrame(track: number): void {
    this.#send({ kind: 'key-frame', track });
  }

  close(): void {
    this.#end('closed');
  }

  #upgrade(): ClientRequest {
    const headers = {
      connection: 'Upgrade',
      upgrade: FEED_PROTOCOL,
      authorization: `Bearer ${this.#options.token}`,
    };
    const upgrade = request(new URL(FEED_PATH, this.#options.url), { headers, agent: false });
    upgrade.on('error', (error) => this.#end(error.message));
    upgrade.on('response', (response) => this.#onRefusal(response));
    upgrade.on('upgrade', (_response, socket: Socket, head) => this.#onSocket(socket, head));
    upgrade.end();
    return upgrade;
  }

  #onRefusal(response: IncomingMessage): void {
    response.resume();
    this.#end(`refused: HTTP ${response.statusCode}`);
  }

  #onSocket(socket: Socket, head: Buffer): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', () => this.#end(this.#goodbye ?? 'connection lost'));
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    this.#send(this.#options.join);
    if (head.length > 0) this.#onData(head);
  }

  #onData(chunk: Buffer): void {
    this.#heardAt = this.#options.clock.monoUs();
    this.#stats.bytes += chunk.length;
    if (!this.#reader.push(chunk)) this.#end(`broken stream: ${this.#reader.fault}`);
  }

  #onFrame(type: FrameType, body: Buffer): void {
    if (this.#closed) return;
    if (type === frameType.packets) this.#onPackets(body);
    else if (type === frameType.control) this.#onControl(body);
    else if (type === frameType.goodbye) this.#goodbye = body.toString();
  }

  #onPackets(body: Buffer): void {
    const whole = decodePackets(body, (packet) => {
      this.#stats.packets++;
      if (!this.#closed) this.#options.on.onPacket(packet);
    });
    if (!whole) this.#stats.malformed++;
  }

  #onControl(body: Buffer): void {
    const message = decodeControl(body);
    if (!message || !isEvent(message)) {
      this.#stats.malformed++;
      return;
    }
    this.#stats.events++;
    if (message.kind === 'refused') this.#goodbye = `refused: ${message.reason}`;
    this.#options.on.onEvent(message);
  }

  #keepAlive(): void {
    const silentUs = this.#options.clock.monoUs() - this.#heardAt;
    if (silentUs > FEED_SILENCE_MS * 1000) this.#end('silent');
    else this.#socket?.write(keepAliveFrame());
  }

  #send(message: FeedRequest): void {
    this.#socket?.write(encodeControl(message));
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopTimer();
    this.#request?.destroy();
    this.#socket?.destroy();
    this.#options.on.onClosed(reason);
  }
}

const EVENT_KINDS: ReadonlySet<string> = new Set<FeedEvent['kind']>([
  'joined',
  'refused',
  'entered',
  'left',
  'started',
  'stopped',
  'sender-report',
  'ejected',
]);

/** The shape behind `kind` is trusted: rooms is our own process and the connection carried the installation's token. */
function isEvent(message: { readonly kind: string }): message is FeedEvent {
  return EVENT_KINDS.has(message.kind);
}
