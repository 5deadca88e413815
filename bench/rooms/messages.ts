import type { RoomsStats } from '../../src/rooms/start.ts';

/** Publishers in one room; each room has a recorder of its own. */
export const ROOM_SIZE = 4;

/** The room of a publisher by its number. */
export const roomIdOf = (publisher: number): string => String(Math.floor(publisher / ROOM_SIZE) + 1);

/** What every child says first. */
export interface Ready {
  readonly kind: 'ready';
  /** The receiver's HTTP port. */
  readonly port?: number;
}

/** What the receiver answers when it is asked. */
export interface ReceiverFigures {
  readonly kind: 'figures';
  /** Packets that came up from the transport, RTCP included. */
  readonly datagrams: number;
  readonly stats: RoomsStats;
}

/** What the publishers answer: RTP packets handed to the transport and refused by it, and what came back. */
export interface PublisherFigures {
  readonly kind: 'figures';
  readonly sent: number;
  readonly refused: number;
  readonly connections: number;
}

/** What the recorder answers: packets since it joined, and CPU microseconds of its process in all. */
export interface RecorderFigures {
  readonly kind: 'figures';
  readonly packets: number;
  readonly malformed: number;
  readonly closed: number;
}

/** What the parent asks for. `join` and `leave` are the recorder's, `send` and `pause` the publishers'. */
export type Ask = 'figures' | 'join' | 'leave' | 'send' | 'pause';
