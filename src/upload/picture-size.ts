import { readFile } from 'node:fs/promises';
import { readAccessUnit } from '../finish/access-unit.ts';
import { readTransport } from '../segment/transport-reader.ts';
import { parseSps } from '../timeline/sps.ts';

/** Pixels of a picture. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Size of the first picture in these segments that says its size; undefined when none does. */
export async function pictureSize(paths: readonly string[]): Promise<PictureSize | undefined> {
  for (const path of paths) {
    const size = sizeIn(await readFile(path));
    if (size) return size;
  }
  return undefined;
}

function sizeIn(bytes: Buffer): PictureSize | undefined {
  for (const { kind, complete, data } of readTransport(bytes)) {
    const { sps } = kind === 'video' && complete ? readAccessUnit(data) : {};
    const size = sps && parseSps(sps);
    if (size) return { width: size.width, height: size.height };
  }
  return undefined;
}
