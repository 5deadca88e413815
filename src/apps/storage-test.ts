import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { mayConnect } from '../address-guard.ts';
import type { Clock } from '../clock.ts';
import type { TencentVodStorage } from '../config/apps.ts';
import { openBucket } from '../deliver/bucket.ts';
import { md5Of } from '../deliver/object-md5.ts';
import { DestinationError, type DestinationFault, type ObjectStore, type StoreCall } from '../deliver/object-store.ts';
import { subAppsOfTencentVod } from '../deliver/tencent-vod.ts';
import { TencentVodError } from '../deliver/tencent-vod-error.ts';
import { freeMbAt } from '../disk-space.ts';
import { libraryRoot } from '../library/location.ts';
import type { BucketDestination } from '../worker-api/messages.ts';

/** What a test of storage found: enough to say what to do. */
export type StorageFinding =
  | 'ok'
  /** It works, but with less room than recorders ask for before they take new tasks. */
  | 'little-space'
  /** Writing works; reading or deleting is refused, which uploads can do without. What was written stays. */
  | 'write-only'
  /** The folder cannot be written. */
  | 'not-writable'
  /** The API knows the keys and does not let them list sub-applications: whether they may upload is not known. */
  | 'keys-only'
  /** The API or the store does not know the keys, or the secret is another. */
  | 'wrong-keys'
  /** The keys may not do this. */
  | 'denied'
  /** The account has no such sub-application, or it is switched off. */
  | 'no-sub-app'
  | Exclude<DestinationFault, 'denied' | 'no-upload' | 'cancelled'>;

/** One thing that was tried, in order. */
export interface StorageStep {
  readonly step: 'space' | 'write' | 'read' | 'delete' | 'sign-in' | 'sub-app';
  readonly isOk: boolean;
  readonly durationMs: number;
}

/** What became of a test of storage. */
export interface StorageTest {
  readonly finding: StorageFinding;
  readonly steps: readonly StorageStep[];
  /** What the storage said, without secrets; absent when all went well. */
  readonly error?: string;
  /** Free space, of the library. */
  readonly freeMb?: number;
}

/** What a test may not take longer than. */
const TEST_MS = 20_000;
const SILENCE_MS = 10_000;

/** What tests need. */
export interface StorageTesterOptions {
  readonly dataDir: string;
  /** With less, in MiB, recorders take no new task. */
  readonly leastFreeMb: number;
  /** Whether buckets may be in private networks. */
  readonly privateBuckets: boolean;
  readonly clock: Clock;
}

/** Nothing where the file system does not tell: there is no such number in JSON. */
const shownSpace = (freeMb: number): Pick<StorageTest, 'freeMb'> =>
  Number.isFinite(freeMb) ? { freeMb: Math.floor(freeMb) } : {};

/** Tries what finished files will need of their storage. No test leaves anything behind when it went well. */
export class StorageTester {
  readonly #options: StorageTesterOptions;

  constructor(options: StorageTesterOptions) {
    this.#options = options;
  }

  /** Writes and removes a file in the library, and looks at the room there. Never rejects. */
  async library(): Promise<StorageTest> {
    const { dataDir, leastFreeMb } = this.#options;
    const root = libraryRoot(dataDir);
    const trial = this.#trial();
    const path = join(root, `connection-test-${randomUUID()}`);
    try {
      await trial.step('write', () => writeFile(path, 'roomtape', { flag: 'wx' }));
      await trial.step('delete', () => rm(path));
    } catch (error) {
      return { ...trial.failed('not-writable', error), ...shownSpace(freeMbAt(root)) };
    }
    const freeMb = freeMbAt(root);
    const isEnough = freeMb >= leastFreeMb;
    trial.add('space', isEnough);
    return { ...trial.done(isEnough ? 'ok' : 'little-space'), ...shownSpace(freeMb) };
  }

  /** Asks Tencent VOD for the account's sub-applications. Never rejects. */
  async tencentVod(storage: TencentVodStorage): Promise<StorageTest> {
    const trial = this.#trial();
    const host = storage.endpoint.replace(/:\d+$/, '');
    if (isIP(host) !== 0 && !mayConnect(host))
      return trial.failed('address', new Error(`connections to ${host} are not allowed`));
    const ended = AbortSignal.timeout(TEST_MS);
    try {
      const account = { ...storage, silenceMs: SILENCE_MS };
      const subApps = await trial.step('sign-in', () => subAppsOfTencentVod(account, ended));
      if (storage.subAppId === undefined) return trial.done('ok');
      const isThere = subApps.some(({ subAppId, isOn }) => subAppId === storage.subAppId && isOn);
      trial.add('sub-app', isThere);
      return trial.done(isThere ? 'ok' : 'no-sub-app');
    } catch (error) {
      if (isForbidden(error)) return { ...trial.failed('keys-only', error) };
      return trial.failed(vodFinding(error), error);
    }
  }

  /** Writes, looks for and removes a small object in a bucket, by the code that uploads. Never rejects. */
  async bucket(destination: BucketDestination): Promise<StorageTest> {
    const { privateBuckets: allowPrivate, clock } = this.#options;
    const trial = this.#trial();
    const key = [...destination.prefix, `roomtape-connection-test-${randomUUID()}.txt`].join('/');
    const bytes = Buffer.from('Roomtape tried whether it may write here. This file can be deleted.\n');
    const call = { signal: AbortSignal.timeout(TEST_MS) };
    try {
      const store = await openBucket({ destination, allowPrivate, clock });
      try {
        await trial.step('write', () => store.put(key, bytes, 'text/plain', call));
        const refused = [
          await trial.refusalOf('read', () => compare(store, key, bytes, call)),
          await trial.refusalOf('delete', () => store.remove(key, call)),
        ].find((refusal) => refusal !== undefined);
        return refused ? trial.failed('write-only', refused) : trial.done('ok');
      } finally {
        store.close();
      }
    } catch (error) {
      return trial.failed(call.signal.aborted ? 'timeout' : bucketFinding(error), error);
    }
  }

  #trial(): Trial {
    return new Trial(this.#options.clock);
  }
}

/** The steps of one test as they go. */
class Trial {
  readonly #clock: Clock;
  readonly #steps: StorageStep[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async step<T>(step: StorageStep['step'], work: () => Promise<T>): Promise<T> {
    const began = this.#clock.monoUs();
    try {
      const result = await work();
      this.add(step, true, began);
      return result;
    } catch (error) {
      this.add(step, false, began);
      throw error;
    }
  }

  /** A step that the keys may not be allowed: then why. */
  async refusalOf(step: StorageStep['step'], work: () => Promise<void>): Promise<DestinationError | undefined> {
    try {
      await this.step(step, work);
      return undefined;
    } catch (error) {
      if (error instanceof DestinationError && error.fault === 'denied') return error;
      throw error;
    }
  }

  add(step: StorageStep['step'], isOk: boolean, began = this.#clock.monoUs()): void {
    this.#steps.push({ step, isOk, durationMs: Math.round((this.#clock.monoUs() - began) / 1000) });
  }

  done(finding: StorageFinding): StorageTest {
    return { finding, steps: this.#steps };
  }

  failed(finding: StorageFinding, error: unknown): StorageTest {
    return { finding, steps: this.#steps, error: error instanceof Error ? error.message : String(error) };
  }
}

async function compare(store: ObjectStore, key: string, bytes: Buffer, call: StoreCall): Promise<void> {
  const found = await store.stat(key, call);
  if (found?.sizeBytes !== bytes.length || (found.md5 ?? md5Of(bytes)) !== md5Of(bytes))
    throw new DestinationError('checksum', 'the store has other bytes than it was sent');
}

const isForbidden = (error: unknown): boolean =>
  error instanceof TencentVodError && /^(AuthFailure\.)?UnauthorizedOperation/.test(error.code);

function vodFinding(error: unknown): StorageFinding {
  if (!(error instanceof TencentVodError)) return 'timeout';
  if (error.code.startsWith('AuthFailure')) return 'wrong-keys';
  return error.code === '' ? 'unreachable' : 'store';
}

function bucketFinding(error: unknown): StorageFinding {
  if (!(error instanceof DestinationError)) return 'unreachable';
  const { fault } = error;
  if (fault === 'no-upload' || fault === 'cancelled') return 'store';
  if (fault === 'denied')
    return /InvalidAccessKeyId|SignatureDoesNotMatch/.test(error.message) ? 'wrong-keys' : 'denied';
  return fault;
}
