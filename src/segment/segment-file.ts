import { createHash } from 'node:crypto';
import { close, closeSync, fdatasync, fsync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { micros, type Micros } from '../units.ts';
import type { Segment } from './playlist.ts';

/** What {@link SegmentFile} is opened with. */
export interface SegmentFileOptions {
  readonly dir: string;
  readonly name: string;
  readonly start: Micros;
  readonly discontinuity: boolean;
  /** Told when the disk refused to keep what was written, while it grows or when it is closed. */
  readonly onError: (error: Error) => void;
}

/** The segment that is being written: its file and the time it covers. */
export class SegmentFile {
  readonly name: string;
  readonly start: Micros;
  readonly #discontinuity: boolean;
  readonly #onError: (error: Error) => void;
  readonly #fd: number;
  readonly #hash = createHash('sha256');
  #end: number;
  #bytes = 0;
  /** Bytes that the disk has, or was asked to take. */
  #synced = 0;
  #syncing: Promise<void> | undefined;
  #closed = false;
  /** The descriptor is gone, and may be another file's. */
  #gone = false;

  /** Creates the file. @throws Error when a file of that name exists. */
  constructor(options: SegmentFileOptions) {
    this.name = options.name;
    this.start = options.start;
    this.#discontinuity = options.discontinuity;
    this.#onError = options.onError;
    this.#end = options.start;
    this.#fd = openSync(join(options.dir, options.name), 'ax');
  }

  /** Where the media so far ends. */
  get end(): Micros {
    return micros(this.#end);
  }

  /** True when nothing was written. */
  get empty(): boolean {
    return this.#bytes === 0;
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** SHA-256 in hex digits of what was written. */
  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Notes that media lasts until `end`. */
  extend(end: number): void {
    this.#end = Math.max(this.#end, end);
  }

  /** Hands all bytes to the kernel, or none. @throws Error when the disk is full or broken. */
  write(bytes: Buffer): void {
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done);
      this.#bytes += bytes.length;
      this.#hash.update(bytes);
    } catch (error) {
      // Half a packet is no use to anyone; nothing is written behind it.
      this.#cutBack();
      throw error;
    }
  }

  /** What a broken disk does not cut is passed over by every reader, and its first error is the one to tell. */
  #cutBack(): void {
    try {
      ftruncateSync(this.#fd, this.#bytes);
    } catch {
      // Told by what failed before.
    }
  }

  /**
   * Brings what was written so far onto the disk, so that a power cut loses no more than what came since; does not wait
   * for it. While one is under way there is no other: a slow disk gets fewer of them.
   */
  syncSoon(): void {
    if (this.#closed || this.#syncing || this.#synced === this.#bytes) return;
    this.#synced = this.#bytes;
    this.#syncing = new Promise((resolve) => {
      fdatasync(this.#fd, (error) => {
        this.#syncing = undefined;
        if (error && !this.#gone) this.#onError(error);
        resolve();
      });
    });
  }

  /** The segment as the playlist shall tell it, ending at `end`. */
  entry(end: Micros): Segment {
    const duration = micros(Math.max(1000, end - this.start));
    return { name: this.name, start: this.start, duration, discontinuity: this.#discontinuity };
  }

  /** Closes the file when it is on the disk. Never throws. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      fsyncSync(this.#fd);
    } catch (error) {
      this.#onError(error as Error);
    }
    this.#gone = true;
    closeSync(this.#fd);
  }

  /** The same without holding up the process; resolves when the file is on the disk or the disk refused. Idempotent. */
  closeSoon(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    return (this.#syncing ?? Promise.resolve()).then(() => this.#syncAndClose());
  }

  #syncAndClose(): Promise<void> {
    return new Promise((resolve) => {
      fsync(this.#fd, (error) => {
        if (error) this.#onError(error);
        close(this.#fd, () => resolve());
      });
    });
  }
}
