import { isatty } from 'node:tty';
import { systemClock, type Clock } from '../clock.ts';
import { translator, type Language, type Translate } from './language.ts';

/** How a line is told apart from others. */
export type Tone = 'good' | 'warn' | 'bad' | 'faint' | 'strong';

/** Where a command speaks. What it answers goes out, what is said on the way goes beside it (standard error). */
export interface Terminal {
  readonly language: Language;
  readonly t: Translate;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly out: (text: string) => void;
  readonly aside: (text: string) => void;
  /** Whether a line beside can be written over. */
  readonly rewrites: boolean;
  /** The text in the tone's colour, or as it is where there are none. */
  readonly tone: (tone: Tone, text: string) => string;
}

const codes: Readonly<Record<Tone, number>> = { good: 32, warn: 33, bad: 31, faint: 2, strong: 1 };

/** This process's terminal. */
export function openTerminal(language: Language): Terminal {
  const { env } = process;
  const coloured = isatty(1) && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return {
    language,
    t: translator(language),
    env,
    clock: systemClock(),
    out: (text) => void process.stdout.write(text),
    aside: (text) => void process.stderr.write(text),
    rewrites: isatty(2) && env['TERM'] !== 'dumb',
    tone: (tone, text) => (coloured ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text),
  };
}
