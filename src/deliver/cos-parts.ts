import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { Crc64 } from './cos-crc64.ts';
import { TencentVodError } from './tencent-vod-error.ts';

/** A finished file on this machine, as it was measured when it was finished. */
export interface FinishedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 in hex digits; undefined when none was taken: then what is read counts. */
  readonly sha256: string | undefined;
}

/** A piece of the file that goes up in one request. */
export interface FilePart {
  /** From 1 on. */
  readonly number: number;
  readonly bytes: Buffer;
  /** For the header Content-MD5. */
  readonly md5Base64: string;
}

const mebibyte = 1 << 20;
const mostParts = 1000;

/** Bytes of a part: a mebibyte as the official upload has, doubled until the file has at most a thousand (COS: 10,000). */
export function partBytes(sizeBytes: number): number {
  let bytes = mebibyte;
  while (sizeBytes > bytes * mostParts) bytes *= 2;
  return bytes;
}

/**
 * Reads a finished file part by part, once. When the parts are exhausted the file has proved to be the one that was
 * finished, and `crc64` is the checksum that the destination must have too.
 */
export class PartReader {
  readonly #file: FinishedFile;
  readonly #sha256 = createHash('sha256');
  readonly #crc64 = new Crc64();

  /** A reader of this file; nothing is opened yet. */
  constructor(file: FinishedFile) {
    this.#file = file;
  }

  /** CRC-64 of what was read so far, in COS's notation. */
  get crc64(): string {
    return this.#crc64.digest();
  }

  /** The parts in order. Throws a {@link TencentVodError} with fault `ours` when the file is not what it was. */
  async *parts(): AsyncGenerator<FilePart, void, undefined> {
    const handle = await openFinished(this.#file);
    try {
      const step = partBytes(this.#file.sizeBytes);
      for (let number = 1, at = 0; at < this.#file.sizeBytes; number++, at += step) {
        yield await this.#part(handle, number, Math.min(step, this.#file.sizeBytes - at));
      }
    } finally {
      await handle.close();
    }
    const read = this.#sha256.digest('hex');
    if (read !== (this.#file.sha256 ?? read)) throw changed(this.#file);
  }

  /** Summed up mebibyte by mebibyte with reads in between, so that the process is never held for long. */
  async #part(handle: FileHandle, number: number, length: number): Promise<FilePart> {
    const bytes = Buffer.allocUnsafe(length);
    const md5 = createHash('md5');
    for (let filled = 0; filled < length;) {
      const { bytesRead } = await handle.read(bytes, filled, Math.min(mebibyte, length - filled));
      if (bytesRead === 0) throw changed(this.#file);
      const piece = bytes.subarray(filled, filled + bytesRead);
      for (const sum of [this.#sha256, this.#crc64, md5]) sum.update(piece);
      filled += bytesRead;
    }
    return { number, bytes, md5Base64: md5.digest('base64') };
  }
}

/** Refuses a file that is missing, empty or of another size, before anything is asked of a destination. */
export async function checkFinished(file: FinishedFile): Promise<void> {
  const handle = await openFinished(file);
  await handle.close();
}

async function openFinished(file: FinishedFile): Promise<FileHandle> {
  const handle = await open(file.path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new TencentVodError(
      'ours',
      `The finished file ${file.path} cannot be read, ${error.code ?? 'unknown error'}.`,
    );
  });
  const { size } = await handle.stat();
  if (size === file.sizeBytes && size > 0) return handle;
  await handle.close();
  throw changed(file);
}

const changed = (file: FinishedFile): TencentVodError =>
  new TencentVodError('ours', `The file ${file.path} is not what it was when it was finished.`);
