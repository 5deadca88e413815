import { CommonClock } from './common-clock.ts';
import type { Lane, Piece } from './lanes.ts';
import { decide, firstMemory, type Memory, type Order, type Seen } from './scheduler.ts';

/** How a file's player does. */
export type PlayerState = 'absent' | 'here' | 'late' | 'failed';

/** What the page shows of all players. */
export interface EnsembleView {
  readonly positionMs: number;
  readonly isPlaying: boolean;
  /** Somebody pressed play, and one that has this moment is waited for. */
  readonly isWaiting: boolean;
  readonly speed: number;
  /** By the file's id. */
  readonly states: ReadonlyMap<string, PlayerState>;
}

interface Player {
  readonly piece: Piece;
  readonly element: HTMLMediaElement;
  hasFailed: boolean;
  memory: Memory;
}

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

const tickMs = 100;
/** The very last moment of a file has no picture after it: who is there is at its end. */
const lastMs = 50;
/** A player may stand so far before what it has: it goes there by itself. */
const holeMs = 500;
/** Files are made ready so long before their time. */
const readyMs = 4000;

/** Files of a stream that are needed at a moment: the one that has it, and the one that will soon. */
export const neededPieces = ({ pieces }: Lane, positionMs: number): Piece[] =>
  pieces.filter(({ startMs, endMs }) => startMs - readyMs <= positionMs && positionMs < endMs);

/** Plays the players that have joined on one clock. The rim of {@link decide}: it looks at them and tells them. */
export class Ensemble {
  readonly #clock: CommonClock;
  readonly #now: () => number;
  readonly #span: Span;
  readonly #players = new Set<Player>();
  readonly #listeners = new Set<() => void>();
  #isPlaying = false;
  #view: EnsembleView;

  /** `now` is monotonic, in milliseconds. */
  constructor(span: Span, now: () => number) {
    this.#span = span;
    this.#now = now;
    this.#clock = new CommonClock(now, span.startMs);
    this.#view = { positionMs: span.startMs, isPlaying: false, isWaiting: false, speed: 1, states: new Map() };
  }

  get view(): EnsembleView {
    return this.#view;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Looks at the players again and again, until the answer is called. */
  start(): () => void {
    const timer = setInterval(() => this.tick(), tickMs);
    return () => clearInterval(timer);
  }

  /** A player joins; the answer says that it has failed, or leaves. */
  join(piece: Piece, element: HTMLMediaElement): { readonly fail: () => void; readonly leave: () => void } {
    const player: Player = { piece, element, hasFailed: false, memory: firstMemory };
    this.#players.add(player);
    return {
      fail: () => (player.hasFailed = true),
      leave: () => {
        element.pause();
        this.#players.delete(player);
      },
    };
  }

  /** From the end it plays from the beginning. */
  play(): void {
    if (this.#clock.positionMs >= this.#span.endMs) this.#clock.moveTo(this.#span.startMs);
    this.#isPlaying = true;
    this.tick();
  }

  pause(): void {
    this.#isPlaying = false;
    this.#clock.run(false);
    this.tick();
  }

  /** To a moment of wall time. All stand until each is there. */
  seek(positionMs: number): void {
    this.#clock.run(false);
    this.#clock.moveTo(Math.max(this.#span.startMs, Math.min(this.#span.endMs, positionMs)));
    this.tick();
  }

  setSpeed(speed: number): void {
    this.#clock.setSpeed(speed);
    this.tick();
  }

  /** Looks once, and tells each player what to do. */
  tick(): void {
    this.#stopAtEnd();
    const players = [...this.#players];
    const { positionMs, runs, speed } = this.#clock;
    const wish = { positionMs, isPlaying: this.#isPlaying, speed, clockRuns: runs };
    const decision = decide(
      wish,
      players.map(seenOf),
      players.map(({ memory }) => memory),
      this.#now(),
    );
    if (decision.positionMs !== positionMs) this.#clock.moveTo(decision.positionMs);
    if (decision.clockRuns !== runs) this.#clock.run(decision.clockRuns);
    for (const [index, player] of players.entries()) this.#tell(player, decision.orders[index]!);
    const states = new Map(
      players.map(({ piece, hasFailed }, index) => [piece.fileId, stateOf(decision.orders[index]!, hasFailed)]),
    );
    this.#show(states, this.#isPlaying && !decision.clockRuns);
  }

  #stopAtEnd(): void {
    if (!this.#isPlaying || this.#clock.positionMs < this.#span.endMs) return;
    this.#isPlaying = false;
    this.#clock.run(false);
    this.#clock.moveTo(this.#span.endMs);
  }

  #tell(player: Player, { plays, seekMs, rate, memory }: Order): void {
    const { element } = player;
    player.memory = memory;
    if (Math.abs(element.playbackRate - rate) > 0.001) element.playbackRate = rate;
    if (seekMs !== undefined) element.currentTime = seekMs / 1000;
    if (!plays && !element.paused) element.pause();
    if (plays && element.paused) element.play().catch((error: Error) => this.#refused(error));
  }

  /** The browser wants somebody to press play first. */
  #refused({ name }: Error): void {
    if (name === 'NotAllowedError') this.pause();
  }

  #show(states: EnsembleView['states'], isWaiting: boolean): void {
    const { positionMs, speed } = this.#clock;
    this.#view = { positionMs, isPlaying: this.#isPlaying, isWaiting, speed, states };
    for (const listener of this.#listeners) listener();
  }
}

function seenOf({ piece, element, hasFailed }: Player): Seen {
  const atMs = element.currentTime * 1000;
  const { startMs } = piece;
  const lengthMs = Number.isFinite(element.duration) ? element.duration * 1000 - lastMs : Infinity;
  return {
    startMs,
    endMs: Math.min(piece.endMs, startMs + (element.ended ? Math.min(atMs, lengthMs) : lengthMs)),
    atMs,
    readyState: isBeforeHole(element) ? 3 : element.readyState,
    isSeeking: element.seeking && !isBeforeHole(element),
    hasFailed,
  };
}

function isBeforeHole({ readyState, buffered, currentTime }: HTMLMediaElement): boolean {
  if (readyState !== 1) return false;
  for (let index = 0; index < buffered.length; index += 1) {
    const ahead = (buffered.start(index) - currentTime) * 1000;
    if (ahead > 0 && ahead < holeMs) return true;
  }
  return false;
}

function stateOf({ isHere, isLate }: Order, hasFailed: boolean): PlayerState {
  if (!isHere) return 'absent';
  if (hasFailed) return 'failed';
  return isLate ? 'late' : 'here';
}
