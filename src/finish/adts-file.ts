import { closeSync, openSync, writeSync } from 'node:fs';
import { adtsHeader } from '../segment/adts.ts';

const pieceBytes = 1 << 18;

/** Writes a file of AAC in ADTS (ISO/IEC 13818-7 §6.2), in pieces. */
export class AdtsFile {
  readonly #fd: number;
  readonly #format: { readonly sampleRate: number; readonly channels: number };
  readonly #piece = Buffer.allocUnsafe(pieceBytes);
  #filled = 0;
  #closed = false;

  /** Creates the file. @throws Error of the file system. */
  constructor(path: string, format: { readonly sampleRate: number; readonly channels: number }) {
    this.#format = format;
    this.#fd = openSync(path, 'w');
  }

  /** Appends a raw frame of 1024 samples. */
  write(frame: Uint8Array): void {
    const header = adtsHeader(this.#format.sampleRate, this.#format.channels, frame.length);
    if (this.#filled + header.length + frame.length > pieceBytes) this.#flush();
    this.#piece.set(header, this.#filled);
    this.#piece.set(frame, this.#filled + header.length);
    this.#filled += header.length + frame.length;
  }

  /** Hands the rest to the kernel and closes the file. */
  finish(): void {
    this.#flush();
    this.close();
  }

  /** Closes the file as it is. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#fd);
  }

  #flush(): void {
    for (let done = 0; done < this.#filled;) done += writeSync(this.#fd, this.#piece, done, this.#filled - done);
    this.#filled = 0;
  }
}
