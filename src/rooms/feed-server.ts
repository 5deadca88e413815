import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { FEED_PATH, FEED_PROTOCOL } from '../feed/client.ts';
import type { FeedJoin } from '../feed/messages.ts';
import type { RoomKey } from '../room-key.ts';
import { isInstallationToken } from './authorize.ts';
import { FeedConnection, type FeedConnectionStats, type FeedHost } from './feed-connection.ts';
import type { Room } from './room.ts';

/** Where bots find their rooms; a bot may wait in a room before anybody else is there. */
export interface RoomFinder {
  open(key: RoomKey): Room;
}

/** Counters over all feeds, those that ended included, but for the queue. */
export interface FeedServerStats extends FeedConnectionStats {
  connections: number;
}

/** Takes recorders' feeds from the HTTP server's upgrades and puts each into its room. */
export class FeedServer implements FeedHost {
  readonly #clock: Clock;
  readonly #token: string;
  readonly #rooms: RoomFinder;
  readonly #connections = new Map<FeedConnection, Room | undefined>();
  readonly #past = { packets: 0, droppedVideo: 0, droppedAudio: 0 };

  constructor(clock: Clock, token: string, rooms: RoomFinder) {
    this.#clock = clock;
    this.#token = token;
    this.#rooms = rooms;
  }

  /** Starts taking upgrades of that server. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      // The HTTP server has let go of the socket: its errors are ours from here.
      socket.on('error', () => socket.destroy());
      const refusal = this.#refusal(request);
      if (refusal) socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      else this.#accept(socket, head);
    });
  }

  /** Hands every connection's packets to its socket. */
  flush(): void {
    for (const connection of this.#connections.keys()) connection.flush();
  }

  /** Says goodbye to every recorder. Idempotent. */
  close(): void {
    for (const connection of this.#connections.keys()) connection.close('shutting down');
  }

  stats(): FeedServerStats {
    const total = { ...this.#past, queuedBytes: 0, connections: this.#connections.size };
    for (const connection of this.#connections.keys()) {
      const stats = connection.stats();
      addCounts(total, stats);
      total.queuedBytes += stats.queuedBytes;
    }
    return total;
  }

  onJoin(connection: FeedConnection, join: FeedJoin): void {
    const room = this.#rooms.open(join.room);
    this.#connections.set(connection, room);
    room.join(connection);
  }

  onKeyFrame(connection: FeedConnection, track: number): void {
    this.#connections.get(connection)?.requestKeyFrame(track);
  }

  onClosed(connection: FeedConnection): void {
    this.#connections.get(connection)?.leave(connection);
    this.#connections.delete(connection);
    addCounts(this.#past, connection.stats());
  }

  #refusal(request: IncomingMessage): string | undefined {
    if (request.url !== FEED_PATH) return '404 Not Found';
    if (request.headers.upgrade?.toLowerCase() !== FEED_PROTOCOL) return '400 Bad Request';
    return isInstallationToken(request.headers.authorization, this.#token) ? undefined : '401 Unauthorized';
  }

  #accept(socket: Socket, head: Buffer): void {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${FEED_PROTOCOL}\r\n\r\n`);
    const connection = new FeedConnection(socket, this.#clock, this);
    this.#connections.set(connection, undefined);
    if (head.length > 0) connection.receive(head);
  }
}

type Counts = Omit<FeedConnectionStats, 'queuedBytes'>;

function addCounts(total: Counts, more: Counts): void {
  total.packets += more.packets;
  total.droppedVideo += more.droppedVideo;
  total.droppedAudio += more.droppedAudio;
}
