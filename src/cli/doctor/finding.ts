import type { TextKey, TextValues } from '../language.ts';
import type { CheckName } from './facts.ts';

/** `warn`: it works, but not for everybody or not for long. `fail`: recording does not work. */
export type Level = 'ok' | 'warn' | 'fail';

/** What a check came to. */
export interface Finding {
  readonly check: CheckName;
  readonly level: Level;
  readonly text: TextKey;
  readonly values: TextValues;
  /** What to do; of everything that is not well. */
  readonly remedy?: TextKey | undefined;
}
