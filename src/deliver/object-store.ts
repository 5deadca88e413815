import type { UploadProgress } from '../worker-api/messages.ts';

/** An object as the store lists it. */
export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** MD5 of the content in hex digits, where the store's ETag is one. */
  readonly md5: string | undefined;
}

/** An object that the store has confirmed: it has exactly these bytes. */
export interface ConfirmedObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** MD5 of the content in hex digits; of the parts' MD5s, with `-<parts>`, for what was sent in parts. */
  readonly md5: string;
}

/** Ends an operation early. */
export interface StoreCall {
  readonly signal?: AbortSignal | undefined;
}

/** How an upload in parts outlives the process that makes it. */
export interface Resumption {
  /** SHA-256 of the file, in hex digits: what was begun with another file is not gone on with. */
  readonly sha256: string;
  /** How far an earlier attempt had come. */
  readonly from: UploadProgress | undefined;
  /** Keeps how far it is; awaited before the first part goes, so that no upload is begun that nobody knows of. */
  readonly tell: (progress: UploadProgress) => Promise<void>;
}

/** Somebody's place for finished things, by key. Every operation rejects with a {@link DestinationError}. */
export interface ObjectStore {
  /** Writes or replaces an object; resolves when the store has confirmed size and checksum. */
  put(key: string, bytes: Buffer, type: string, call?: StoreCall): Promise<ConfirmedObject>;
  /**
   * The same from a file, in parts when it is large. When it fails nothing is left behind, but with a `resumption` the
   * parts that the store has confirmed, for the next attempt or {@link giveUp}.
   */
  putFile(
    key: string,
    path: string,
    type: string,
    call?: StoreCall & { readonly resumption?: Resumption },
  ): Promise<ConfirmedObject>;
  /** Removes the parts of an upload that nobody will go on with. */
  giveUp(upload: Pick<UploadProgress, 'key' | 'uploadId'>, call?: StoreCall): Promise<void>;
  /** What the store has under the key; undefined when nothing. */
  stat(key: string, call?: StoreCall): Promise<StoredObject | undefined>;
  /** Removes an object; one that is not there is removed. */
  remove(key: string, call?: StoreCall): Promise<void>;
  /** All objects whose key begins so, in order of their keys. */
  list(prefix: string, call?: StoreCall): Promise<StoredObject[]>;
  /** Resolves when the store says that the place is there. Rejects as `denied` also where the keys may not ask. */
  reach(call?: StoreCall): Promise<void>;
  /** Closes its connections; operations under way fail. Idempotent. */
  close(): void;
}

/** What is wrong with a destination: the metric label and what decides whether waiting may help. */
export type DestinationFault =
  /** The keys are wrong or may not do this. */
  | 'denied'
  /** No such bucket, or the bucket is in another region. */
  | 'no-bucket'
  /** The address is not one, or one that may not be connected to. */
  | 'address'
  /** No connection, or none that lasted. */
  | 'unreachable'
  /** Not done within its time. */
  | 'timeout'
  /** The store does not know the upload in parts, or not all of its parts. */
  | 'no-upload'
  /** The store has other bytes than it was sent. */
  | 'checksum'
  /** The store answered with an error of its own. */
  | 'store'
  /** The caller ended the operation. */
  | 'cancelled';

/** The customer's storage is at fault, not this program. The message is one sentence and never has a secret in it. */
export class DestinationError extends Error {
  readonly fault: DestinationFault;

  /** Names the fault and says it in a sentence. */
  constructor(fault: DestinationFault, message: string) {
    super(message);
    this.name = 'DestinationError';
    this.fault = fault;
  }
}
