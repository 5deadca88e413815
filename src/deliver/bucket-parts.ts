import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type * as Library from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import type { UploadProgress } from '../worker-api/messages.ts';
import { bucketError } from './bucket-error.ts';
import { earlierUpload, isForgotten, isThere, type HeldParts } from './earlier-upload.ts';
import { checkPartsReceipt, checkReceipt, contentMd5, md5Of, md5OfParts, plainEtag } from './object-md5.ts';
import { DestinationError, type ConfirmedObject, type Resumption } from './object-store.ts';
import { readAt } from './read-at.ts';

/** The client library; loaded with the first bucket, since most recorders never need it. */
export type S3 = typeof Library;

/** One request to the store: it ends with the signal. */
export interface StoreRequest {
  readonly abortSignal: AbortSignal;
}

/** What {@link putInParts} is given. */
export interface PartsOptions {
  readonly s3: S3;
  readonly client: S3Client;
  readonly object: { readonly Bucket: string; readonly Key: string };
  readonly type: string;
  readonly file: { readonly path: string; readonly size: number };
  /** For the error's sentence. */
  readonly host: string;
  /** Without it what fails is given up at the store. */
  readonly resumption: Resumption | undefined;
  /** Makes a request that carries so many bytes, within its time and the caller's. */
  readonly request: <T>(bytes: number, send: (request: StoreRequest) => Promise<T>) => Promise<T>;
  /** Makes a request even when the caller has ended the operation. */
  readonly abandon: (send: (request: StoreRequest) => Promise<unknown>) => Promise<unknown>;
}

/** What every store takes: S3's parts are at least 5 MB, and at most 10 000. */
const partBytes = 8 * 1024 * 1024;

/** An upload that goes on, and the parts of it that need not be sent again. */
interface Upload {
  readonly id: string;
  readonly partBytes: number;
  readonly held: HeldParts;
}

/** One part that the store has confirmed. */
type Part = UploadProgress['parts'][number];

/** What was read of the file, all of it. */
interface Sent {
  readonly parts: readonly Part[];
  /** MD5 of the whole file in hex digits. */
  readonly whole: string;
}

/**
 * Writes an object in parts of 8 MB, one after the other, each checked by its MD5. With a resumption it goes on from the
 * parts that the store has confirmed to an earlier attempt, and leaves them to the next one when it fails; without one
 * what fails is given up at the store, where unfinished parts would be paid for.
 * @throws DestinationError, or the error of the file system.
 */
export async function putInParts(options: PartsOptions): Promise<ConfirmedObject> {
  const earlier = options.resumption && (await earlierUpload(options, options.resumption));
  if (earlier?.kind === 'complete') return earlier.object;
  if (earlier?.kind === 'open') {
    try {
      return await goOn(options, { ...earlier, id: earlier.uploadId });
    } catch (error) {
      if (!isForgotten(error)) throw error;
      await abandonUpload(options, earlier.uploadId);
    }
  }
  return beginAnew(options);
}

async function beginAnew(options: PartsOptions): Promise<ConfirmedObject> {
  const { s3, client, object, type, request, resumption } = options;
  if (resumption) await abandonAll(options);
  const begin = new s3.CreateMultipartUploadCommand({ ...object, ContentType: type });
  const { UploadId } = await request(0, (call) => client.send(begin, call));
  if (!UploadId) throw bucketError('store', options.host);
  const upload = { id: UploadId, partBytes, held: new Map() };
  try {
    await resumption?.tell(progressOf(options, resumption, upload, []));
    return await goOn(options, upload);
  } catch (error) {
    if (!resumption) await abandonUpload(options, UploadId);
    throw error;
  }
}

async function goOn(options: PartsOptions, upload: Upload): Promise<ConfirmedObject> {
  const sent = await putParts(options, upload);
  await complete(options, upload, sent);
  const md5 = md5OfParts(sent.parts.map((part) => part.md5));
  return { key: options.object.Key, sizeBytes: options.file.size, md5 };
}

async function complete(options: PartsOptions, upload: Upload, { parts, whole }: Sent): Promise<void> {
  const { s3, client, object, host, request } = options;
  const Parts = parts.map(({ etag }, index) => ({ PartNumber: index + 1, ETag: etag }));
  const command = new s3.CompleteMultipartUploadCommand({
    ...object,
    UploadId: upload.id,
    MultipartUpload: { Parts },
  });
  const checksums = { parts: md5OfParts(parts.map(({ md5 }) => md5)), whole };
  try {
    const answer = await request(0, (call) => client.send(command, call));
    if (checkPartsReceipt(answer, checksums) === 'different') throw bucketError('checksum', host);
  } catch (error) {
    // The answer to an earlier try may have got lost.
    if (!isForgotten(error) || !(await isThere(options, checksums))) throw error;
  }
}

async function putParts(options: PartsOptions, upload: Upload): Promise<Sent> {
  const { path, size } = options.file;
  const file = await open(path, 'r');
  const parts: Part[] = [];
  const whole = createHash('md5');
  try {
    for (let at = 0; at < size; at += upload.partBytes) {
      const bytes = await readAt(file, at, Math.min(upload.partBytes, size - at));
      whole.update(bytes);
      const confirmed = heldPart(upload, parts.length + 1, bytes);
      parts.push(confirmed ?? (await putPart(options, upload.id, parts.length + 1, bytes)));
      if (!confirmed) tellProgress(options, upload, parts);
    }
    return { parts, whole: whole.digest('hex') };
  } finally {
    await file.close();
  }
}

/** The part as the store has it already, when it has these bytes. */
function heldPart({ held }: Upload, number: number, bytes: Buffer): Part | undefined {
  const { etag, sizeBytes, md5: told } = held.get(number) ?? {};
  if (etag === undefined || (sizeBytes !== undefined && sizeBytes !== bytes.length)) return undefined;
  const md5 = md5Of(bytes);
  return (told ?? plainEtag(etag)) === md5 ? { etag, md5 } : undefined;
}

async function putPart(options: PartsOptions, UploadId: string, PartNumber: number, bytes: Buffer): Promise<Part> {
  const { s3, client, object, host, request } = options;
  const md5 = md5Of(bytes);
  const carried = { Body: bytes, ContentLength: bytes.length, ContentMD5: contentMd5(md5) };
  const command = new s3.UploadPartCommand({ ...object, UploadId, PartNumber, ...carried });
  const answer = await request(bytes.length, (call) => client.send(command, call));
  if (checkReceipt(answer, md5) === 'different' || !answer.ETag) throw bucketError('checksum', host);
  return { etag: answer.ETag, md5 };
}

/** Parts need not wait for it: what was not told is asked of the store, or sent again. */
function tellProgress({ resumption, ...options }: PartsOptions, upload: Upload, parts: readonly Part[]): void {
  if (!resumption) return;
  resumption.tell(progressOf(options, resumption, upload, parts)).catch(() => undefined);
}

const progressOf = (
  { object, file }: Pick<PartsOptions, 'object' | 'file'>,
  { sha256 }: Resumption,
  upload: Upload,
  parts: readonly Part[],
): UploadProgress => ({
  key: object.Key,
  uploadId: upload.id,
  partBytes: upload.partBytes,
  sizeBytes: file.size,
  sha256,
  parts: [...parts],
});

/** Never rejects: the store may have forgotten it, or the keys may not remove. */
async function abandonUpload({ s3, client, object, abandon }: PartsOptions, UploadId: string): Promise<void> {
  const command = new s3.AbortMultipartUploadCommand({ ...object, UploadId });
  await abandon((call) => client.send(command, call)).catch(() => undefined);
}

/**
 * Removes what earlier attempts may have begun under this key without having told it; keys that may not list leave that
 * to the bucket's own rules.
 */
async function abandonAll(options: PartsOptions): Promise<void> {
  const { s3, client, object, request, resumption } = options;
  if (resumption?.from)
    await abandonUpload({ ...options, object: { ...object, Key: resumption.from.key } }, resumption.from.uploadId);
  const command = new s3.ListMultipartUploadsCommand({ Bucket: object.Bucket, Prefix: object.Key });
  try {
    const { Uploads = [] } = await request(0, (call) => client.send(command, call));
    for (const { Key, UploadId } of Uploads) if (Key === object.Key && UploadId) await abandonUpload(options, UploadId);
  } catch (error) {
    if (!(error instanceof DestinationError) || error.fault === 'cancelled') throw error;
  }
}
