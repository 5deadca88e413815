import { randomBytes } from 'node:crypto';

/**
 * A new TaskId: 80 characters of the contract's alphabet (§2.1). It is a folder name on the spool, so it begins with
 * a letter or digit: never hidden, never mistaken for an option.
 */
export function newTaskId(): string {
  for (;;) {
    const id = randomBytes(60).toString('base64').replaceAll('/', '-');
    if (/^[A-Za-z0-9]/.test(id)) return id;
  }
}

const smallestFileId = 10n ** 18n;
/** Below 2^63, so that receivers may keep it as a signed 64-bit integer. */
const fileIdSpan = 9_200_000_000_000_000_000n - smallestFileId;

/** A new FileId: 19 decimal digits as text (contract §7.1), random so that a link cannot be guessed from another. */
export const newFileId = (): string => String(smallestFileId + (randomBytes(16).readBigUInt64LE() % fileIdSpan));
