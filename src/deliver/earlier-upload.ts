import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { UploadProgress } from '../worker-api/messages.ts';
import type { PartsOptions } from './bucket-parts.ts';
import { checkPartsReceipt, md5Of, md5OfParts } from './object-md5.ts';
import { DestinationError, type ConfirmedObject, type Resumption } from './object-store.ts';
import { readAt } from './read-at.ts';

/** A part that the store has, by the number it has there, from 1 on. */
export type HeldParts = ReadonlyMap<number, HeldPart>;

interface HeldPart {
  readonly etag: string;
  /** Known where the store was asked. */
  readonly sizeBytes: number | undefined;
  /** MD5 of what was sent, where an earlier attempt has told it. */
  readonly md5: string | undefined;
}

/** What became of the upload that an earlier attempt had begun. */
export type EarlierUpload =
  /** It goes on from the parts that the store has. */
  | { readonly kind: 'open'; readonly uploadId: string; readonly partBytes: number; readonly held: HeldParts }
  /** It ended, although nobody heard of it: the object has these bytes. */
  | { readonly kind: 'complete'; readonly object: ConfirmedObject };

/**
 * Finds out what the store has of an earlier attempt; undefined when there is nothing to go on from. Keys that may not
 * list are answered by what the earlier attempt was told.
 */
export async function earlierUpload(
  options: PartsOptions,
  { from, sha256 }: Resumption,
): Promise<EarlierUpload | undefined> {
  const { object, file } = options;
  if (!from || from.key !== object.Key || from.sizeBytes !== file.size || from.sha256 !== sha256) return undefined;
  const told = new Map(from.parts.map(({ etag, md5 }, index) => [index + 1, { etag, md5, sizeBytes: undefined }]));
  const { uploadId, partBytes } = from;
  try {
    const listed = await listParts(options, uploadId);
    return { kind: 'open', uploadId, partBytes, held: withMd5(listed, from) };
  } catch (error) {
    if (!(error instanceof DestinationError)) throw error;
    if (isForgotten(error)) return whatIsThere(options, from);
    if (error.fault === 'denied' || error.fault === 'store') return { kind: 'open', uploadId, partBytes, held: told };
    throw error;
  }
}

async function listParts({ s3, client, object, request }: PartsOptions, UploadId: string): Promise<HeldParts> {
  const held = new Map<number, HeldPart>();
  for (let after: string | undefined; ;) {
    const from = after === undefined ? {} : { PartNumberMarker: after };
    const command = new s3.ListPartsCommand({ ...object, UploadId, ...from });
    const page = await request(0, (call) => client.send(command, call));
    for (const { PartNumber, ETag, Size } of page.Parts ?? [])
      if (PartNumber !== undefined && ETag !== undefined)
        held.set(PartNumber, { etag: ETag, sizeBytes: Size, md5: undefined });
    if (!page.IsTruncated || page.NextPartNumberMarker === after) return held;
    after = page.NextPartNumberMarker;
  }
}

/** An ETag that is no MD5 tells nothing by itself; that it is still the one that was answered to the bytes does. */
function withMd5(listed: HeldParts, { parts }: UploadProgress): HeldParts {
  const md5Of = (number: number, etag: string): string | undefined =>
    parts[number - 1]?.etag === etag ? parts[number - 1]?.md5 : undefined;
  return new Map(Array.from(listed, ([number, part]) => [number, { ...part, md5: md5Of(number, part.etag) }]));
}

/** The upload is over. It may have been completed by an attempt that did not hear the answer. */
async function whatIsThere(options: PartsOptions, { partBytes }: UploadProgress): Promise<EarlierUpload | undefined> {
  const { object, file } = options;
  const checksums = await checksumsOf(file, partBytes);
  if (!(await isThere(options, checksums))) return undefined;
  return { kind: 'complete', object: { key: object.Key, sizeBytes: file.size, md5: checksums.parts } };
}

/** Whether the store does not know the upload any more, or not all of its parts. */
export const isForgotten = (error: unknown): boolean =>
  error instanceof DestinationError && error.fault === 'no-upload';

/** Whether the store has the whole object with these checksums; not when the keys may not look. */
export async function isThere(
  { s3, client, object, file, request }: PartsOptions,
  checksums: { readonly parts: string; readonly whole: string },
): Promise<boolean> {
  const command = new s3.HeadObjectCommand(object);
  const head = await request(0, (call) => client.send(command, call)).catch((error: unknown) => {
    if (error instanceof DestinationError && ['no-bucket', 'denied'].includes(error.fault)) return undefined;
    throw error;
  });
  return head?.ContentLength === file.size && checkPartsReceipt(head, checksums) === 'equal';
}

async function checksumsOf(
  { path, size }: PartsOptions['file'],
  partBytes: number,
): Promise<{ parts: string; whole: string }> {
  const whole = createHash('md5');
  const md5s: string[] = [];
  const file = await open(path, 'r');
  try {
    for (let at = 0; at < size; at += partBytes) {
      const bytes = await readAt(file, at, Math.min(partBytes, size - at));
      whole.update(bytes);
      md5s.push(md5Of(bytes));
    }
  } finally {
    await file.close();
  }
  return { parts: md5OfParts(md5s), whole: whole.digest('hex') };
}
