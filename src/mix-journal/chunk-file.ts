import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder, syncPath } from '../durable-folder.ts';
import { chunkHeader } from './records.ts';

/** Most bytes that wait for a slow disk; what comes then is refused. */
const mostWaiting = 32 * 1024 * 1024;

/** One file of a journal, which grows; nothing here holds up the process. The folder is made when it is not there. */
export class ChunkFile {
  readonly path: string;
  #handle: FileHandle | undefined;
  #work: Promise<void>;
  #given = 0;
  #waiting = 0;
  #bytes = 0;
  /** Bytes that the disk has, or was asked to take. */
  #synced = 0;
  #syncing: Promise<void> | undefined;
  #error: Error | undefined;

  /** Begins to create the file, which must not exist. */
  constructor(path: string) {
    this.path = path;
    this.#work = this.#create().catch((error: Error) => this.#fail(error));
    this.write(chunkHeader);
  }

  /** Why nothing more is written: what the disk said, or that it is too slow. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Of what was given, how much is lost by that. */
  get lostBytes(): number {
    return this.#error ? this.#given - this.#bytes : 0;
  }

  /** Resolves when what was given so far is written, or is lost. */
  settled(): Promise<void> {
    return this.#work;
  }

  /** Appends. Whole pieces only: after an error nothing follows. */
  write(bytes: Buffer): void {
    this.#given += bytes.length;
    if (this.#error) return;
    if (this.#waiting + bytes.length > mostWaiting)
      return this.#fail(new Error('the disk is too slow for the journal'));
    this.#waiting += bytes.length;
    this.#work = this.#work.then(() => this.#append(bytes)).catch((error: Error) => this.#fail(error));
  }

  /** Brings what is written onto the disk; while one such is under way there is no other. */
  syncSoon(): void {
    if (this.#syncing || this.#error || !this.#handle || this.#synced === this.#bytes) return;
    const first = this.#synced === 0;
    this.#synced = this.#bytes;
    this.#syncing = this.#sync(this.#handle, first)
      .catch((error: Error) => this.#fail(error))
      .finally(() => (this.#syncing = undefined));
  }

  /** Writes what waits, brings it onto the disk and closes. Never rejects. */
  async close(): Promise<void> {
    await this.#work;
    await this.#syncing;
    this.syncSoon();
    await this.#syncing;
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch((error: Error) => this.#fail(error));
  }

  async #create(): Promise<void> {
    await makeFolder(dirname(this.path));
    this.#handle = await open(this.path, 'wx');
  }

  async #append(bytes: Buffer): Promise<void> {
    if (this.#error || !this.#handle) return;
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done);
      done += bytesWritten;
    }
    this.#waiting -= bytes.length;
    this.#bytes += bytes.length;
  }

  /** A new file is on the disk only when its folder's list of files is. */
  async #sync(handle: FileHandle, first: boolean): Promise<void> {
    await handle.datasync();
    if (first) await syncPath(dirname(this.path));
  }

  #fail(error: Error): void {
    this.#error ??= error;
  }
}
