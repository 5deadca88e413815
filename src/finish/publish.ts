import { createHash } from 'node:crypto';
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** SHA-256 of a file in hex digits, read in pieces into one buffer. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(1 << 20);
  const file = await open(path, 'r');
  try {
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, piece.length);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(piece.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function copyAcross(from: string, to: string): Promise<void> {
  await copyFile(from, `${to}.part`);
  await sync(`${to}.part`);
  await rename(`${to}.part`, to);
  await rm(from);
}

/** Puts a finished file in its place: on the disk first, then visible in one step, also across file systems. */
export async function publishFile(from: string, to: string): Promise<void> {
  await sync(from);
  await mkdir(dirname(to), { recursive: true });
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyAcross(from, to);
  }
  await sync(dirname(to));
}
