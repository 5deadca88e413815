import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { seededRandom } from '../rtp/seeded-random.ts';

/**
 * How many mutated inputs a fuzzing test tries: `usual` in `npm test`, its share of ROOMTAPE_FUZZ in `npm run fuzz`.
 * The shares of one file add up to 1.
 */
export function fuzzRounds(usual: number, share = 1): number {
  const asked = process.env['ROOMTAPE_FUZZ'];
  return asked === undefined ? usual : Math.ceil(Number(asked) * share);
}

/** Chance that a seed repeats, so that a failure can be repeated too. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** An integer from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<Value>(values: readonly Value[]): Value {
    const value = values[this.below(values.length)];
    assert.ok(value !== undefined, 'there is nothing to pick from');
    return value;
  }
}

/** Changes that need no knowledge of a text's grammar. */
export const textMutations: readonly ((text: string, dice: Dice) => string)[] = [
  (text, dice) => text.slice(0, dice.below(text.length + 1)),
  (text, dice) => spliced(text, dice.below(text.length + 1), 1, String.fromCharCode(dice.below(256))),
  (text, dice) =>
    spliced(text, dice.below(text.length + 1), 0, dice.pick(['\0', '%', '&', '=', '🙂', '\r\n', '\ud800'])),
  (text, dice) => spliced(text, dice.below(text.length + 1), dice.below(20), ''),
  (text, dice) => {
    const at = dice.below(text.length + 1);
    return spliced(text, at, 0, text.slice(at, at + dice.below(200)).repeat(1 + dice.below(20)));
  },
];

/** `text` with `removed` characters at `at` replaced. */
export const spliced = (text: string, at: number, removed: number, added: string): string =>
  `${text.slice(0, at)}${added}${text.slice(at + removed)}`;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes in use once garbage is gone. What Node lets go of in a later turn, such as inflaters that failed, has had its turn. */
async function settledHeap(): Promise<number> {
  await nextTurn();
  collect();
  return process.memoryUsage().heapUsed;
}

/**
 * Does `round` that many times and fails when the heap is larger at the end than halfway by more than a megabyte:
 * what is kept of an input would have been kept of all of them.
 */
export async function withoutGrowth(rounds: number, round: (index: number) => Promise<void> | void): Promise<void> {
  let halfway = Number.POSITIVE_INFINITY;
  for (let index = 0; index < rounds; index++) {
    if (index === Math.floor(rounds / 2)) halfway = await settledHeap();
    if (index % 50 === 0) await nextTurn();
    await round(index);
  }
  const grown = (await settledHeap()) - halfway;
  assert.ok(grown < 1_000_000, `the heap grew by ${grown} bytes over ${Math.ceil(rounds / 2)} inputs`);
}
