import type { Socket } from 'node:net';
import { z } from 'zod';
import type { CancelTimer, Clock } from '../clock.ts';
import { FEED_KEEP_ALIVE_MS, FEED_SILENCE_MS } from '../feed/client.ts';
import {
  decodeControl,
  encodeControl,
  encodeGoodbye,
  FrameReader,
  frameType,
  keepAliveFrame,
  type FrameType,
} from '../feed/frames.ts';
import type { FeedEvent, FeedJoin, FeedRequest, FeedTrack } from '../feed/messages.ts';
import { BATCH_BYTES, PacketBatch, type BatchedPacket } from '../feed/packet-batch.ts';
import type { RoomClient } from '../presence/messages.ts';
import type { MonoUs } from '../units.ts';
import { botClient } from './client-description.ts';
import type { RoomBot } from './room.ts';

/** What the far end of a connection asks for. */
export interface FeedHost {
  /** The first message; called once. */
  onJoin(connection: FeedConnection, join: FeedJoin): void;
  onKeyFrame(connection: FeedConnection, track: number): void;
  /** The connection is over; called once. */
  onClosed(connection: FeedConnection): void;
}

/** Counters of one connection. */
export interface FeedConnectionStats {
  packets: number;
  droppedVideo: number;
  droppedAudio: number;
  /** Bytes written that the kernel has not taken yet. */
  queuedBytes: number;
}

/**
 * Bytes that may wait for a slow recorder. Video goes first, since a recorder can ask for a key frame but not for sound;
 * at the last limit the connection ends and the recorder joins anew. The first is more than a second of a full room.
 */
const VIDEO_LIMIT = 8 << 20;
const AUDIO_LIMIT = 12 << 20;
const TOTAL_LIMIT = 16 << 20;
/** Video comes back when the queue is below this. */
const RESUME_LIMIT = 1 << 20;

const requestSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('join'),
    room: z.object({
      sdkAppId: z.int().nonnegative(),
      kind: z.enum(['number', 'string']),
      roomId: z.string().min(1).max(256),
    }),
    botUserId: z.string().min(1).max(256),
    taskId: z.string().min(1).max(256),
  }),
  z.object({ kind: z.literal('key-frame'), track: z.int().nonnegative() }),
]);

/** The rooms' end of one recorder's feed. Never blocks anybody: what its socket does not take is dropped and counted. */
export class FeedConnection implements RoomBot {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #host: FeedHost;
  readonly #reader = new FrameReader((type, body) => this.#onFrame(type, body));
  readonly #batch = new PacketBatch();
  readonly #starved = new Set<number>();
  readonly #stats = { packets: 0, droppedVideo: 0, droppedAudio: 0 };
  readonly #stopTimer: CancelTimer;
  #heardAt: MonoUs;
  #join: FeedJoin | undefined;
  #closed = false;

  constructor(socket: Socket, clock: Clock, host: FeedHost) {
    this.#socket = socket;
    this.#clock = clock;
    this.#host = host;
    this.#heardAt = clock.monoUs();
    socket.setNoDelay(true);
    socket.setTimeout(0);
    socket.on('error', () => this.#end());
    // Sockets of an HTTP server stay half open after the far end's FIN; a recorder that closed does not read either.
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#end());
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    this.#stopTimer = clock.every(FEED_KEEP_ALIVE_MS, () => this.#keepAlive());
  }

  /** What the far end joined with; reading it before `onJoin` is a fault. */
  get join(): FeedJoin {
    if (!this.#join) throw new Error('The connection has not joined a room.');
    return this.#join;
  }

  /** Where the recorder is. */
  get client(): RoomClient {
    return botClient(this.#socket.remoteAddress ?? '');
  }

  get closed(): boolean {
    return this.#closed;
  }

  stats(): FeedConnectionStats {
    return { ...this.#stats, queuedBytes: this.#socket.writableLength };
  }

  /** Takes bytes of the far end. */
  receive(chunk: Buffer): void {
    if (this.#closed) return;
    this.#heardAt = this.#clock.monoUs();
    if (!this.#reader.push(chunk)) this.close(`broken stream: ${this.#reader.fault}`);
  }

  sendEvent(event: FeedEvent): void {
    if (this.#closed) return;
    this.flush();
    this.#socket.write(encodeControl(event));
    if (this.#socket.writableLength > TOTAL_LIMIT) this.#socket.destroy();
  }

  sendPacket(track: FeedTrack, packet: BatchedPacket): void {
    if (this.#closed || this.#isOver(track)) return;
    if (!this.#batch.append(track.track, packet)) {
      this.flush();
      this.#batch.append(track.track, packet);
    }
    this.#stats.packets++;
    if (this.#batch.bytes >= BATCH_BYTES / 2) this.flush();
  }

  /** Hands the collected packets to the socket; call every 5–20 ms. */
  flush(): void {
    const frame = this.#batch.take();
    if (frame && !this.#closed) this.#socket.write(frame);
    if (this.#starved.size > 0 && this.#socket.writableLength < RESUME_LIMIT) this.#resumeVideo();
  }

  /** Says goodbye and ends; what is queued is still sent, for two seconds at most. Idempotent. */
  close(reason: string): void {
    if (this.#closed) return;
    this.flush();
    this.#socket.end(encodeGoodbye(reason));
    const socket = this.#socket;
    const stop = this.#clock.after(2000, () => socket.destroy());
    socket.once('close', stop);
    this.#end();
  }

  /** Counts and refuses a packet the queue has no room for. */
  #isOver(track: FeedTrack): boolean {
    const queued = this.#socket.writableLength;
    if (track.media === 'audio') {
      if (queued < AUDIO_LIMIT) return false;
      this.#stats.droppedAudio++;
      return true;
    }
    if (queued < VIDEO_LIMIT && this.#starved.size === 0) return false;
    this.#starved.add(track.track);
    this.#stats.droppedVideo++;
    return true;
  }

  /** A picture with a hole cannot be decoded further: the tracks that lost packets start again with a key frame. */
  #resumeVideo(): void {
    const tracks = [...this.#starved];
    this.#starved.clear();
    for (const track of tracks) this.#host.onKeyFrame(this, track);
  }

  #onFrame(type: FrameType, body: Buffer): void {
    if (this.#closed || type !== frameType.control) return;
    const request = requestSchema.safeParse(decodeControl(body));
    if (!request.success) return this.close('unknown request');
    this.#onRequest(request.data);
  }

  #onRequest(request: FeedRequest): void {
    if (request.kind === 'key-frame') {
      if (this.#join) this.#host.onKeyFrame(this, request.track);
    } else if (this.#join) this.close('joined twice');
    else {
      this.#join = request;
      this.#host.onJoin(this, request);
    }
  }

  #keepAlive(): void {
    const silentUs = this.#clock.monoUs() - this.#heardAt;
    if (silentUs > FEED_SILENCE_MS * 1000) this.#socket.destroy();
    else this.#socket.write(keepAliveFrame());
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopTimer();
    this.#host.onClosed(this);
  }
}
