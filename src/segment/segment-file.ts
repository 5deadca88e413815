import { close, closeSync, fsync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { micros, type Micros } from '../units.ts';
import type { Segment } from './playlist.ts';

/** What {@link SegmentFile} is opened with. */
export interface SegmentFileOptions {
  readonly dir: string;
  readonly name: string;
  readonly start: Micros;
  readonly discontinuity: boolean;
}

/** The segment that is being written: its file and the time it covers. */
export class SegmentFile {
  readonly name: string;
  readonly start: Micros;
  readonly #discontinuity: boolean;
  readonly #fd: number;
  #end: number;
  #bytes = 0;
  #closed = false;

  /** Creates the file. @throws Error when a file of that name exists. */
  constructor(options: SegmentFileOptions) {
    this.name = options.name;
    this.start = options.start;
    this.#discontinuity = options.discontinuity;
    this.#end = options.start;
    this.#fd = openSync(join(options.dir, options.name), 'ax');
  }

  /** Where the media so far ends. */
  get end(): Micros {
    return micros(this.#end);
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
    } catch (error) {
      // Half a transport packet would put everything behind it out of step.
      ftruncateSync(this.#fd, this.#bytes);
      throw error;
    }
  }

  /** The segment as the playlist shall tell it, ending at `end`. */
  entry(end: Micros): Segment {
    const duration = micros(Math.max(1000, end - this.start));
    return { name: this.name, start: this.start, duration, discontinuity: this.#discontinuity };
  }

  /** Closes the file. It reaches the disk before the call returns when `wait` is set, soon after otherwise. Idempotent. */
  close(wait: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!wait) return fsync(this.#fd, () => close(this.#fd));
    fsyncSync(this.#fd);
    closeSync(this.#fd);
  }
}
