import { readFile, stat } from 'node:fs/promises';
import type { ListObjectsV2CommandOutput, S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import type { BucketDestination } from '../worker-api/messages.ts';
import { bucketAgents } from './bucket-agents.ts';
import { bucketAddress, type BucketAddress, type BucketPlace } from './bucket-address.ts';
import { asDestinationError, bucketError } from './bucket-error.ts';
import { putInParts, type S3, type StoreRequest } from './bucket-parts.ts';
import { checkReceipt, contentMd5, md5Of, plainEtag } from './object-md5.ts';
import {
  DestinationError,
  type ConfirmedObject,
  type ObjectStore,
  type Resumption,
  type StoreCall,
  type StoredObject,
} from './object-store.ts';

/** Who may write there. Secret. */
type BucketKeys = Pick<BucketDestination, 'accessKey' | 'secretKey'>;

/** What {@link openBucket} is given. */
export interface BucketOptions {
  readonly destination: BucketPlace & BucketKeys;
  /** Whether the bucket may be in a private network (configuration); link-local and metadata addresses never are. */
  readonly allowPrivate: boolean;
  /** Measures the time limits. */
  readonly clock: Clock;
}

/** Larger files go in parts. */
const largestWhole = 16 * 1024 * 1024;

const connectMs = 5_000;
/** Least time of a request, and the slowest line that is waited for, in bytes a millisecond. */
const requestMs = 30_000;
const slowestLine = 32;

/** A customer's bucket over the S3 protocol. */
export class Bucket implements ObjectStore {
  readonly #s3: S3;
  readonly #client: S3Client;
  readonly #clock: Clock;
  readonly #bucket: string;
  readonly #host: string;
  readonly #closed = new AbortController();

  /** Use {@link openBucket}. @throws AddressRefusedError */
  constructor(s3: S3, { destination, allowPrivate, clock }: BucketOptions, address: BucketAddress) {
    this.#s3 = s3;
    this.#clock = clock;
    this.#bucket = destination.bucket;
    this.#host = address.host;
    this.#client = new s3.S3Client({
      endpoint: address.endpoint,
      forcePathStyle: address.pathStyle,
      region: destination.region || 'us-east-1',
      credentials: { accessKeyId: destination.accessKey, secretAccessKey: destination.secretKey },
      // COS and others refuse the library's own checksums; MD5 is what all of them check.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      expectContinueHeader: false,
      requestHandler: { ...bucketAgents(address.host, allowPrivate), connectionTimeout: connectMs },
    });
  }

  async put(key: string, bytes: Buffer, type: string, call?: StoreCall): Promise<ConfirmedObject> {
    const md5 = md5Of(bytes);
    const command = new this.#s3.PutObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      Body: bytes,
      ContentType: type,
      ContentLength: bytes.length,
      ContentMD5: contentMd5(md5),
    });
    const answer = await this.#request(bytes.length, call, (request) => this.#client.send(command, request));
    const checked = checkReceipt(answer, md5);
    if (checked === 'different') throw bucketError('checksum', this.#host);
    if (checked === 'unknown') await this.#confirmSize(key, bytes.length, call);
    return { key, sizeBytes: bytes.length, md5 };
  }

  async putFile(
    key: string,
    path: string,
    type: string,
    call?: StoreCall & { readonly resumption?: Resumption },
  ): Promise<ConfirmedObject> {
    const { size } = await stat(path);
    if (size <= largestWhole) return this.#putWhole(key, await readFile(path), type, call);
    const confirmed = await putInParts({
      s3: this.#s3,
      client: this.#client,
      object: { Bucket: this.#bucket, Key: key },
      type,
      file: { path, size },
      host: this.#host,
      resumption: call?.resumption,
      request: (bytes, send) => this.#request(bytes, call, send),
      abandon: (send) => this.#request(0, undefined, send),
    });
    await this.#confirmSize(key, size, call);
    return confirmed;
  }

  async giveUp({ key, uploadId }: { key: string; uploadId: string }, call?: StoreCall): Promise<void> {
    const command = new this.#s3.AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: key, UploadId: uploadId });
    await this.#request(0, call, (request) => this.#client.send(command, request)).catch((error: unknown) => {
      if (!(error instanceof DestinationError && error.fault === 'no-upload')) throw error;
    });
  }

  async stat(key: string, call?: StoreCall): Promise<StoredObject | undefined> {
    const command = new this.#s3.HeadObjectCommand({ Bucket: this.#bucket, Key: key });
    const answer = await this.#request(0, call, (request) =>
      this.#client.send(command, request).catch((error: unknown) => {
        if (error instanceof this.#s3.NotFound) return undefined;
        throw error;
      }),
    );
    return answer && { key, sizeBytes: answer.ContentLength ?? 0, md5: plainEtag(answer.ETag) };
  }

  async remove(key: string, call?: StoreCall): Promise<void> {
    const command = new this.#s3.DeleteObjectCommand({ Bucket: this.#bucket, Key: key });
    await this.#request(0, call, (request) => this.#client.send(command, request));
  }

  async list(prefix: string, call?: StoreCall): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    let token: string | undefined;
    do {
      const page = await this.#listPage(prefix, token, call);
      for (const { Key, Size, ETag } of page.Contents ?? []) {
        if (Key !== undefined) found.push({ key: Key, sizeBytes: Size ?? 0, md5: plainEtag(ETag) });
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
    return found;
  }

  async reach(call?: StoreCall): Promise<void> {
    const command = new this.#s3.HeadBucketCommand({ Bucket: this.#bucket });
    await this.#request(0, call, (request) => this.#client.send(command, request));
  }

  close(): void {
    this.#closed.abort();
    this.#client.destroy();
  }

  /** A file that may be removed here afterwards: its size is asked for whatever the answer's checksum says. */
  async #putWhole(key: string, bytes: Buffer, type: string, call?: StoreCall): Promise<ConfirmedObject> {
    const confirmed = await this.put(key, bytes, type, call);
    await this.#confirmSize(key, bytes.length, call);
    return confirmed;
  }

  #listPage(prefix: string, token: string | undefined, call?: StoreCall): Promise<ListObjectsV2CommandOutput> {
    const from = token === undefined ? {} : { ContinuationToken: token };
    const command = new this.#s3.ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, ...from });
    return this.#request(0, call, (request) => this.#client.send(command, request));
  }

  /** Keys that may only write cannot look: then it counts that the store took the MD5 of what it was sent. */
  async #confirmSize(key: string, sizeBytes: number, call?: StoreCall): Promise<void> {
    try {
      const stored = await this.stat(key, call);
      if (stored?.sizeBytes !== sizeBytes) throw bucketError('checksum', this.#host);
    } catch (error) {
      if (!(error instanceof DestinationError && error.fault === 'denied')) throw error;
    }
  }

  /** Makes a request that carries so many bytes, within its time. */
  async #request<T>(
    bytes: number,
    call: StoreCall | undefined,
    send: (request: StoreRequest) => Promise<T>,
  ): Promise<T> {
    const late = new AbortController();
    const cancel = this.#clock.after(requestMs + Math.ceil(bytes / slowestLine), () => late.abort());
    const ended = [this.#closed.signal, ...(call?.signal ? [call.signal] : [])];
    try {
      return await send({ abortSignal: AbortSignal.any([late.signal, ...ended]) });
    } catch (error) {
      if (ended.some(({ aborted }) => aborted)) throw bucketError('cancelled', this.#host);
      throw late.signal.aborted ? bucketError('timeout', this.#host) : asDestinationError(error, this.#host);
    } finally {
      cancel();
    }
  }
}

/** Opens a customer's bucket; no connection is made yet. @throws DestinationError `address` */
export async function openBucket(options: BucketOptions): Promise<Bucket> {
  const s3 = await import('@aws-sdk/client-s3');
  const address = bucketAddress(options.destination);
  try {
    return new Bucket(s3, options, address);
  } catch (error) {
    throw asDestinationError(error, address.host);
  }
}
