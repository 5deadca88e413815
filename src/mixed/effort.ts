import { micros, type Micros } from '../units.ts';

/** How much work a mix puts into its pictures. Sound is never touched: it costs little and is missed most. */
export interface Effort {
  /** Whether decoders smooth the edges of blocks, which is two fifths of their work. */
  readonly loopFilter: boolean;
  /** Every so many ticks a picture is scaled, drawn and encoded; what is between them keeps its time. */
  readonly stride: number;
  /** Whether only pictures are decoded that need no other. */
  readonly keyPicturesOnly: boolean;
}

/** Everything is done. */
export const fullEffort: Effort = { loopFilter: true, stride: 1, keyPicturesOnly: false };

/**
 * What is left out when a recorder cannot keep up, step by step; each step includes those before. The last one costs so
 * little that any machine keeps up with it (docs/decisions/0011).
 */
export const effortSteps: readonly Effort[] = [
  fullEffort,
  { loopFilter: false, stride: 1, keyPicturesOnly: false },
  { loopFilter: false, stride: 2, keyPicturesOnly: false },
  { loopFilter: false, stride: 4, keyPicturesOnly: false },
  { loopFilter: false, stride: 4, keyPicturesOnly: true },
];

/**
 * How long a source may go without a key picture at that effort, as far as we can ask for one. Without the loop filter
 * every picture builds on one that is slightly wrong; where only key pictures are decoded, they are all that is seen.
 */
export function longestWithoutKey({ loopFilter, keyPicturesOnly }: Effort): Micros | undefined {
  if (keyPicturesOnly) return micros(2_000_000);
  return loopFilter ? undefined : micros(10_000_000);
}
