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

/** Bytes in use once garbage is gone. Twice, with a turn between: native handles go only after what held them. */
async function settledHeap(): Promise<number> {
  collect();
  await nextTurn();
  collect();
  return process.memoryUsage().heapUsed;
}

/** What compilation and caches may add to the heap by themselves, in bytes. */
const noise = 1_000_000;
/** Less than anything that is kept of an input: a string, an entry of a map. */
const bytesOfAnInput = 64;

/**
 * Does `round` a little more often than `rounds` and fails when the heap is larger at the end than halfway by more than
 * its noise: what is kept of an input would have been kept of all of them.
 */
export async function withoutGrowth(rounds: number, round: () => Promise<void> | void): Promise<void> {
  const half = Math.ceil(rounds / 2);
  const many = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      if (index % 50 === 0) await nextTurn();
      await round();
    }
  };
  /** The engine keeps the last large text that it searched until the next: the least of some is what counts. */
  const heap = async (): Promise<number> => {
    const sizes: number[] = [];
    for (let index = 0; index < 5; index++) {
      await round();
      sizes.push(await settledHeap());
    }
    return Math.min(...sizes);
  };
  await many(half);
  const halfway = await heap();
  await many(half);
  const grown = (await heap()) - halfway;
  assert.ok(grown < noise + half * bytesOfAnInput, `the heap grew by ${grown} bytes over ${half} inputs`);
}
