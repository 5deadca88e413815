import type { CancelTimer, Clock } from '../clock.ts';

/** Milliseconds within which a call is answered (contract §8). */
export const maxCallMs = 6000;

/** What had to be given up came to an end after all. */
export type LateEnd = 'done' | 'failed';

/**
 * Resolves as `work` does, or with `undefined` once `ms` have passed. The work is not stopped, since nothing in it can
 * be undone halfway; `onLate` hears how it ended, and its late error does not go unheard either.
 */
export async function within<Value extends object>(
  clock: Clock,
  ms: number,
  work: Promise<Value>,
  onLate: (end: LateEnd, error?: unknown) => void,
): Promise<Value | undefined> {
  let cancel: CancelTimer = () => {};
  const timeout = new Promise<undefined>((resolve) => (cancel = clock.after(ms, () => resolve(undefined))));
  const value = await Promise.race([work, timeout]).finally(cancel);
  if (value === undefined) {
    work.then(
      () => onLate('done'),
      (error: unknown) => onLate('failed', error),
    );
  }
  return value;
}
