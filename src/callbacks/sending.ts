import type { CallbackQueue, Lane } from './queue.ts';

const laneText = ({ app, group, own }: Lane): string => `${app}/${group}/${own}`;

/** Attempts that may be under way: for one app's events of one group, and in all. */
export interface SendingRoom {
  readonly perLane: number;
  readonly inAll: number;
  /** A look that found nothing beside full lanes is not repeated before an attempt has ended. */
  readonly patient: boolean;
}

/** Of new events: a dead receiver must not hold up the others. */
export const liveRoom: SendingRoom = { perLane: 8, inAll: 64, patient: false };
/**
 * Replays have places of their own, so that thousands of them take none from what is new; nor does every new event look
 * through those thousands while a receiver lets them wait.
 */
export const replayRoom: SendingRoom = { perLane: 2, inAll: 16, patient: true };

/** What became of messages since the start. */
export type SendingStats = {
  readonly delivered: number;
  readonly dropped: number;
  readonly skipped: number;
  /** Attempts that failed, whether or not the message was delivered later. */
  readonly failedAttempts: number;
  readonly underWay: number;
};

/** The attempts of one queue: those under way, by stream, and what became of the others. */
export class Sending {
  readonly queue: CallbackQueue;
  readonly #limits: SendingRoom;
  readonly underWay = new Map<string, Lane & { done: Promise<void> }>();
  #isStalled = false;
  readonly counts = { delivered: 0, dropped: 0, skipped: 0, failedAttempts: 0 };

  /** Nothing is under way. */
  constructor(queue: CallbackQueue, limits: SendingRoom) {
    this.queue = queue;
    this.#limits = limits;
  }

  /** How many more attempts may begin now. */
  get room(): number {
    return this.#isStalled ? 0 : this.#limits.inAll - this.underWay.size;
  }

  /** A look found so many that are due. */
  found(count: number): void {
    this.#isStalled = this.#limits.patient && count === 0 && this.fullLanes().length > 0;
  }

  /** The attempt of that stream has ended. */
  ended(stream: string): void {
    this.underWay.delete(stream);
    this.#isStalled = false;
  }

  stats(): SendingStats {
    return { ...this.counts, underWay: this.underWay.size };
  }

  /** Whether no more attempts of this lane may begin. */
  isFull(lane: Lane): boolean {
    const name = laneText(lane);
    let count = 0;
    for (const attempt of this.underWay.values()) if (laneText(attempt) === name) count += 1;
    return count >= this.#limits.perLane;
  }

  /** The lanes of which no more may begin. */
  fullLanes(): Lane[] {
    const lanes = new Map(Array.from(this.underWay.values(), (lane) => [laneText(lane), lane]));
    return [...lanes.values()].filter((lane) => this.isFull(lane));
  }
}
