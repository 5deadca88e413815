import type { FileHandle } from 'node:fs/promises';

/** Reads a piece of a file. @throws Error when the file has become shorter. */
export async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new Error('the file has become shorter while it was uploaded');
    done += bytesRead;
  }
  return bytes;
}
