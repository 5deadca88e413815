import { SteadyWall, type MachineClocks } from './steady-wall.ts';
import { monoUs, wallMs, wallUs, type MonoUs, type WallMs, type WallUs } from './units.ts';

/** Cancels a timer; calling it again does nothing. */
export type CancelTimer = () => void;

/** Every source of time in the program, injected so that a test can run a day in a second. */
export interface Clock {
  /** Wall time in milliseconds. */
  wallMs(): WallMs;
  /** Wall time in microseconds. */
  wallUs(): WallUs;
  /** Monotonic time in microseconds; never steps back. */
  monoUs(): MonoUs;
  /** Runs `action` once, `ms` milliseconds of monotonic time from now. */
  after(ms: number, action: () => void): CancelTimer;
  /** Runs `action` every `ms` milliseconds until cancelled. */
  every(ms: number, action: () => void): CancelTimer;
}

const machineClocks: MachineClocks = {
  monotonicUs: monotonicMicroseconds(),
  wallUs: () => Date.now() * 1000,
};

/** `performance.now` is cheap but counts from the start of the process: this adds where that start lies. */
function monotonicMicroseconds(): () => number {
  const startUs = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000;
  return () => startUs + performance.now() * 1000;
}

/** A machine's clock that can tell another process how to agree with it. */
export interface SystemClock extends Clock {
  /** Wall time less CLOCK_MONOTONIC in microseconds; the `wallOffsetUs` of a clock that shall agree with this one. */
  readonly wallOffsetUs: number;
}

/**
 * The machine's clock. Its timers do not keep a process alive by themselves when `unref` is true. `wallMs` is what the
 * machine says; `wallUs` is the steady wall time that media is placed by.
 */
export function systemClock(options: { unref?: boolean; wallOffsetUs?: number | undefined } = {}): SystemClock {
  const steady = new SteadyWall(machineClocks, options.wallOffsetUs);
  const keep = (timer: NodeJS.Timeout): NodeJS.Timeout => (options.unref ? timer.unref() : timer);
  return {
    wallMs: () => wallMs(Date.now()),
    wallUs: () => wallUs(steady.nowUs()),
    get wallOffsetUs() {
      return steady.offsetUs;
    },
    monoUs: () => monoUs(Math.round(performance.now() * 1000)),
    after: (ms, action) => {
      const timer = keep(setTimeout(action, ms));
      return () => clearTimeout(timer);
    },
    every: (ms, action) => {
      const timer = keep(setInterval(action, ms));
      return () => clearInterval(timer);
    },
  };
}

interface FakeTimer {
  at: number;
  every: number | undefined;
  action: () => void;
}

/** A clock that moves only when told to; timers run in order of their due time during `advance`. */
export class FakeClock implements SystemClock {
  #wall: number;
  #mono = 0;
  #timers = new Set<FakeTimer>();

  /** Starts at the given wall time in milliseconds (2023-11-14T22:13:20Z, the contract's vector time, by default). */
  constructor(startMs = 1_700_000_000_000) {
    this.#wall = startMs * 1000;
  }

  wallMs(): WallMs {
    return wallMs(Math.floor(this.#wall / 1000));
  }

  wallUs(): WallUs {
    return wallUs(this.#wall);
  }

  get wallOffsetUs(): number {
    return this.#wall - this.#mono;
  }

  monoUs(): MonoUs {
    return monoUs(this.#mono);
  }

  after(ms: number, action: () => void): CancelTimer {
    return this.#schedule({ at: this.#mono + ms * 1000, every: undefined, action });
  }

  every(ms: number, action: () => void): CancelTimer {
    return this.#schedule({ at: this.#mono + ms * 1000, every: ms * 1000, action });
  }

  /** Moves both clocks forward and runs every timer that falls due, each at its own time. */
  advance(ms: number): void {
    const end = this.#mono + ms * 1000;
    for (let next = this.#nextDue(end); next; next = this.#nextDue(end)) {
      this.#moveTo(next.at);
      if (next.every === undefined) this.#timers.delete(next);
      else next.at += next.every;
      next.action();
    }
    this.#moveTo(end);
  }

  /** Steps the wall clock alone, as NTP or an operator would. */
  stepWall(ms: number): void {
    this.#wall += ms * 1000;
  }

  #schedule(timer: FakeTimer): CancelTimer {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #nextDue(end: number): FakeTimer | undefined {
    let first: FakeTimer | undefined;
    for (const timer of this.#timers) if (timer.at <= end && (!first || timer.at < first.at)) first = timer;
    return first;
  }

  #moveTo(mono: number): void {
    this.#wall += mono - this.#mono;
    this.#mono = mono;
  }
}
