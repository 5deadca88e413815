import { createHash } from 'node:crypto';
import type { MediaId } from '../room-key.ts';
import { escapeName } from './escape.ts';

/** Longest escaped user id that is used as it is; a directory name may have 255 bytes on common file systems. */
const longestName = 200;

/** A text that {@link fileKey} may have made: one path segment, not hidden, no separators. */
export const fileKeyPattern = /^[A-Za-z0-9+_-][A-Za-z0-9+_.-]{0,219}$/;

/** Folder name of one file's segments below a task's spool: `mix`, or the escaped user id with `_main` or `_aux`. */
export function fileKey(userId: string, mediaId: MediaId | 'mix'): string {
  if (mediaId === 'mix') return 'mix';
  const name = escapeName(userId);
  const short = name.length <= longestName ? name : createHash('sha256').update(userId).digest('hex');
  return `${short}_${mediaId}`;
}
