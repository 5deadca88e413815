import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type * as Library from '@aws-sdk/client-s3';
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3';
import { bucketError } from './bucket-error.ts';
import { checkReceipt, contentMd5, md5Of } from './object-md5.ts';
import type { ConfirmedObject } from './object-store.ts';

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
  /** Makes a request that carries so many bytes, within its time and the caller's. */
  readonly request: <T>(bytes: number, send: (request: StoreRequest) => Promise<T>) => Promise<T>;
  /** Makes a request even when the caller has ended the operation. */
  readonly abandon: (send: (request: StoreRequest) => Promise<unknown>) => Promise<unknown>;
}

/** What every store takes: S3's parts are at least 5 MB, and at most 10 000. */
const partBytes = 8 * 1024 * 1024;

/** One part that the store has confirmed. */
interface Part {
  readonly completed: CompletedPart;
  readonly md5: Buffer;
}

/**
 * Writes an object in parts of 8 MB, one after the other, each checked by its MD5. What fails is given up at the store,
 * where unfinished parts would be paid for. @throws DestinationError, or the error of the file system.
 */
export async function putInParts(options: PartsOptions): Promise<ConfirmedObject> {
  const { s3, client, object, type, request, abandon, file } = options;
  const begin = new s3.CreateMultipartUploadCommand({ ...object, ContentType: type });
  const { UploadId } = await request(0, (call) => client.send(begin, call));
  const upload = { ...object, UploadId };
  try {
    const parts = await putParts(options, upload);
    await request(0, (call) => client.send(completion(s3, upload, parts), call));
    const digest = createHash('md5').update(Buffer.concat(parts.map(({ md5 }) => md5)));
    return { key: object.Key, sizeBytes: file.size, md5: `${digest.digest('hex')}-${parts.length}` };
  } catch (error) {
    await abandon((call) => client.send(new s3.AbortMultipartUploadCommand(upload), call)).catch(() => undefined);
    throw error;
  }
}

/** Names of one upload in parts. */
type Upload = PartsOptions['object'] & { readonly UploadId: string | undefined };

function completion(
  s3: S3,
  upload: Upload,
  parts: readonly Part[],
): InstanceType<S3['CompleteMultipartUploadCommand']> {
  const MultipartUpload = { Parts: parts.map(({ completed }) => completed) };
  return new s3.CompleteMultipartUploadCommand({ ...upload, MultipartUpload });
}

async function putParts(options: PartsOptions, upload: Upload): Promise<Part[]> {
  const { path, size } = options.file;
  const file = await open(path, 'r');
  const parts: Part[] = [];
  try {
    for (let at = 0; at < size; at += partBytes) {
      const bytes = await readAt(file, at, Math.min(partBytes, size - at));
      parts.push(await putPart(options, upload, parts.length + 1, bytes));
    }
    return parts;
  } finally {
    await file.close();
  }
}

async function putPart(options: PartsOptions, upload: Upload, number: number, bytes: Buffer): Promise<Part> {
  const { s3, client, host, request } = options;
  const md5 = md5Of(bytes);
  const command = new s3.UploadPartCommand({
    ...upload,
    PartNumber: number,
    Body: bytes,
    ContentLength: bytes.length,
    ContentMD5: contentMd5(md5),
  });
  const answer = await request(bytes.length, (call) => client.send(command, call));
  if (checkReceipt(answer, md5) === 'different') throw bucketError('checksum', host);
  return { completed: { PartNumber: number, ETag: answer.ETag }, md5: Buffer.from(md5, 'hex') };
}

/** @throws Error when the file has become shorter. */
async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new Error('the file has become shorter while it was uploaded');
    done += bytesRead;
  }
  return bytes;
}
