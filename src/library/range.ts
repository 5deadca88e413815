/** A span of bytes, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What a Range header asks of a file of `size` bytes (RFC 9110 §14.2): one range, `whole` when the header is absent, of
 * another unit, malformed or asks for several ranges (a server may ignore those), or `unsatisfiable`.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = header === undefined ? null : /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header);
  if (!match || (match[1] === '' && match[2] === '')) return 'whole';
  if (match[1] === '') return suffixRange(Number(match[2]), size);
  const start = Number(match[1]);
  const last = match[2] === '' ? size - 1 : Number(match[2]);
  if (match[2] !== '' && last < start) return 'whole';
  return start >= size ? 'unsatisfiable' : { start, end: Math.min(last, size - 1) };
}

const suffixRange = (length: number, size: number): ByteRange | 'unsatisfiable' =>
  length === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - length), end: size - 1 };

/** Whether an If-Range header still holds: it names this ETag or this very date (RFC 9110 §13.1.5). */
export function ifRangeHolds(header: string | undefined, etag: string, lastModified: string): boolean {
  return header === undefined || header === etag || header === lastModified;
}

/** Whether an If-None-Match header names this ETag; weak comparison (RFC 9110 §13.1.2). */
export function noneMatches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return true;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return !tags.includes(etag) && !tags.includes('*');
}
