import type { Random } from './random.ts';

/** How a run is made. */
export interface Effort {
  /** A few blows where the long run has many. */
  readonly quick: boolean;
  /** Blows of each scenario that counts them, where it was said. */
  readonly kills: number | undefined;
}

/** What a scenario gets. */
export interface Bench {
  readonly effort: Effort;
  readonly random: Random;
  /** A line of progress. */
  readonly say: (line: string) => void;
}

/** One row of the table. */
export interface Row {
  readonly name: string;
  /** What was done, as `100 kills`. */
  readonly done: string;
  /** Seconds of media lost by each blow, or in each file where blows cannot be told apart. */
  readonly lost: readonly number[];
  /** Seconds that may be lost at worst; absent where it is only reported. */
  readonly allowed?: number;
  readonly files: number;
  /** Files that do not play, and why. */
  readonly unplayable: readonly string[];
  readonly tasks: number;
  readonly duplicates: number;
  readonly takeovers: number;
  /** Broken promises, in words. */
  readonly faults: readonly string[];
  /** What else is worth telling. */
  readonly notes: readonly string[];
  /** Why the scenario could not be run here. */
  readonly skipped?: string;
}

/** A scenario: something bad that happens to a server that records. */
export interface Scenario {
  /** As on the command line. */
  readonly name: string;
  /** What it does and what it wants, in one line. */
  readonly does: string;
  /** Gives the rows that it makes. Rejects when it could not even be played. */
  run(bench: Bench): Promise<Row[]>;
}

/** A row in which nothing has happened yet. */
export const emptyRow = (name: string, done: string): Row => ({
  name,
  done,
  lost: [],
  files: 0,
  unplayable: [],
  tasks: 0,
  duplicates: 0,
  takeovers: 0,
  faults: [],
  notes: [],
});

/** Why a row breaks a promise; empty when it holds. */
export function brokenIn({ lost, allowed, unplayable, faults }: Row): string[] {
  const worst = Math.max(0, ...lost);
  const over = allowed !== undefined && worst > allowed ? [`${worst.toFixed(2)} s lost where ${allowed} may be`] : [];
  return [...over, ...unplayable, ...faults];
}
