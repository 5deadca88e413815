import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Reads whole files one after the other into the same memory, so that a gigabyte of segments is not a gigabyte of garbage. */
export class FileBuffer {
  #bytes = Buffer.allocUnsafe(1 << 20);

  /** The file's bytes, valid until the next call. @throws Error of the file system. */
  read(path: string): Buffer {
    const fd = openSync(path, 'r');
    try {
      const { size } = fstatSync(fd);
      if (size > this.#bytes.length) this.#bytes = Buffer.allocUnsafe(Math.ceil(size * 1.25));
      return this.#bytes.subarray(0, this.#fill(fd, size));
    } finally {
      closeSync(fd);
    }
  }

  #fill(fd: number, size: number): number {
    let done = 0;
    while (done < size) {
      const count = readSync(fd, this.#bytes, done, size - done, done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }
}
