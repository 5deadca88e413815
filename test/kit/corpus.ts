import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { byteMutations } from './byte-mutations.ts';
import { Dice, fuzzRounds, withoutGrowth } from './fuzz.ts';

/** What is fuzzed, and with what. */
export interface FuzzTarget {
  /** Folder of kept inputs below `test/corpora`. */
  readonly corpus: string;
  /** Mutated inputs of one run of `npm test`; ROOMTAPE_FUZZ says how many instead. */
  readonly usual: number;
  /** Takes one input. Gives a word for what became of it; throws when something does not hold. */
  readonly take: (input: Buffer) => string | Promise<string>;
  /** Words that the corpus and its mutations must reach, or the test proves nothing. */
  readonly reaches: readonly string[];
  /** Pieces of the grammar that a mutation may put in. */
  readonly words?: readonly (string | Uint8Array)[];
  /** Longest mutated input in bytes; 16 KiB by default. */
  readonly most?: number;
}

/** An input must not take longer than this, in microseconds of this process's own time; all together take seconds. */
const MOST_CPU_US = 3_000_000;
/** Mutants that became something new are mutated on; so many are kept. */
const MOST_POOL = 500;

/** Folder of one corpus. */
export const corpusFolder = (name: string): string => fileURLToPath(new URL(`../corpora/${name}/`, import.meta.url));

/** Every input of a corpus with its file name, in order of names. */
export function readCorpus(name: string): { name: string; input: Buffer }[] {
  const folder = corpusFolder(name);
  const names = readdirSync(folder).toSorted();
  return names.map((file) => ({ name: file, input: readFileSync(join(folder, file)) }));
}

/**
 * Registers two tests: every kept input of the corpus, then mutated ones. ROOMTAPE_FUZZ_SEED changes the seed. An input
 * that something goes wrong with is written to ROOMTAPE_FUZZ_FOLDER (a folder of the system's by default), from where it
 * can be moved into the corpus.
 */
export function fuzz(target: FuzzTarget): void {
  const outcomes = new Map<string, number>();
  const take = async (input: Buffer, origin: string): Promise<boolean> => {
    const outcome = await judged(target, input, origin);
    const before = outcomes.get(outcome) ?? 0;
    outcomes.set(outcome, before + 1);
    return before === 0;
  };
  test(`${target.corpus}: every kept input`, async () => {
    const kept = readCorpus(target.corpus);
    assert.ok(kept.length > 0);
    for (const { name, input } of kept) await take(input, name);
  });
  test(`${target.corpus}: mutated inputs, of which nothing is kept`, async () => {
    const seed = Number(process.env['ROOMTAPE_FUZZ_SEED'] ?? 1);
    const [dice, pool] = [new Dice(seed), readCorpus(target.corpus).map(({ input }) => input)];
    let round = 0;
    await withoutGrowth(fuzzRounds(target.usual), async () => {
      const input = mutant(target, pool, dice);
      const isNew = await take(input, `seed ${seed}, round ${++round}`);
      if (isNew && pool.length < MOST_POOL) pool.push(input);
    });
    const text = JSON.stringify([...outcomes]);
    for (const word of target.reaches) assert.ok((outcomes.get(word) ?? 0) > 0, `${word} was not reached: ${text}`);
  });
}

function mutant({ words = [], most = 16_384 }: FuzzTarget, pool: readonly Buffer[], dice: Dice): Buffer {
  let input: Buffer = Buffer.from(dice.pick(pool));
  for (let left = 1 + dice.below(4); left > 0; left--) {
    input = dice.pick(byteMutations)(input, dice, { words, other: dice.pick(pool) });
  }
  return input.subarray(0, most);
}

async function judged({ take, corpus }: FuzzTarget, input: Buffer, origin: string): Promise<string> {
  const began = process.cpuUsage();
  try {
    const outcome = await take(input);
    const { user, system } = process.cpuUsage(began);
    assert.ok(user + system < MOST_CPU_US, `an input of ${input.length} bytes took ${user + system} µs`);
    return outcome;
  } catch (error) {
    throw new Error(`${corpus}, ${origin}, kept as ${keep(corpus, input)}`, { cause: error });
  }
}

function keep(corpus: string, input: Buffer): string {
  const folder = join(process.env['ROOMTAPE_FUZZ_FOLDER'] ?? join(tmpdir(), 'roomtape-fuzz'), corpus);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, createHash('sha256').update(input).digest('hex').slice(0, 16));
  writeFileSync(path, input);
  return path;
}
