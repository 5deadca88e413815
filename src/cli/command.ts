import { parseArgs } from 'node:util';
import { UsageError } from './failure.ts';
import type { TextKey } from './language.ts';
import type { Terminal } from './terminal.ts';

/** A flag of a command, as `parseArgs` takes it, and what the help says of it. */
export interface Flag {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** How the help writes its value; of a flag with a value only. */
  readonly value?: string;
  readonly help: TextKey;
}

/** Flags by their names without the dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** A subcommand of `roomtape`: the help, the reference and the parser are made from it. */
export interface Command {
  readonly name: string;
  /** What follows the name, besides flags. */
  readonly words: string;
  readonly summary: TextKey;
  /** What else its reader must know, a paragraph each. */
  readonly notes?: readonly TextKey[];
  readonly flags: Flags;
  readonly examples: readonly string[];
  /** What else `--help` prints, too long for a reference. */
  readonly more?: () => string;
  /** Answers the code that the process ends with. @throws Failure, UsageError */
  readonly run: (words: readonly string[], terminal: Terminal) => Promise<number>;
}

/** A TaskId of an earlier version may begin with a dash; no flag is that long. */
const isDashedId = (word: string): boolean => /^-[^-]/.test(word) && word.length > 20;

/** The flags and the other words of a command line. @throws UsageError */
export function readWords<F extends Flags>(words: readonly string[], flags: F) {
  const args = words.map((word) => (isDashedId(word) ? `./${word}` : word));
  try {
    return parseArgs({ args, allowPositionals: true, options: flags });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0]!);
  }
}

/** The one word that a command is about; `name` is how the help calls it. @throws UsageError */
export function oneWord(positionals: readonly string[], name: string): string {
  const [word, ...others] = positionals;
  if (word === undefined || word === '') throw new UsageError(`${name} is missing`);
  if (others.length > 0) throw new UsageError(`one ${name} at a time; "${others[0]}" is too much`);
  return word;
}

/** A whole number from a flag. @throws UsageError */
export function wholeNumber(text: string, flag: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`--${flag} is a whole number from ${least} to ${most}, not "${text}"`);
}

/** One of several words from a flag; undefined when it was not given. @throws UsageError */
export function oneOf<T extends string>(text: string | undefined, flag: string, values: readonly T[]): T | undefined {
  const found = values.find((value) => value === text);
  if (found !== undefined || text === undefined) return found;
  throw new UsageError(`--${flag} is one of ${values.join(', ')}, not "${text}"`);
}
