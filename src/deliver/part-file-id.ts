import { createHash } from 'node:crypto';

const smallest = 10n ** 18n;
/** Below 2^63, like the ids that are drawn for first parts. */
const span = 9_200_000_000_000_000_000n - smallest;

/**
 * FileId of a part in the library: the job's for the first, for others one that follows from it, so that a job done
 * again puts every part where it was. 19 decimal digits (contract §7.1); nobody guesses it without the first.
 */
export function partFileId(firstId: string, part: number): string {
  if (part === 1) return firstId;
  const digest = createHash('sha256').update(`${firstId}:${part}`).digest();
  return String(smallest + (digest.readBigUInt64BE(0) % span));
}
