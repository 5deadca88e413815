import type { Size } from '../layout/rect.ts';
import { ImageError } from './image-error.ts';

/** What a file says about itself before anything is decoded. */
export interface ImageHeader extends Size {
  readonly kind: 'png' | 'jpeg';
}

/** 2K in the contract's words (§2.6): neither side longer than this … */
const longestSide = 2560;
/** … and no more pixels than 2048 × 2048, the largest of the sizes that go by that name. */
const mostPixels = 2048 * 2048;

/** A progressive JPEG has about ten scans; thousands of empty ones would keep a decoder busy for minutes. */
const mostScans = 100;

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * Kind by the first bytes and size by the header, whatever the address and the server called it.
 * @throws ImageError when it is neither PNG nor JPEG, damaged, or larger than 2K.
 */
export function readImageHeader(file: Buffer): ImageHeader {
  const header = headerOf(file);
  const { width, height } = header;
  if (width === 0 || height === 0) throw new ImageError('has no size');
  if (Math.max(width, height) > longestSide || width * height > mostPixels)
    throw new ImageError(`is larger than 2K: ${width}×${height}`);
  return header;
}

function headerOf(file: Buffer): ImageHeader {
  if (file.subarray(0, 8).equals(pngSignature)) return pngHeader(file);
  if (file.length > 3 && file.readUIntBE(0, 3) === 0xff_d8_ff) return jpegHeader(file);
  throw new ImageError('is neither PNG nor JPEG');
}

function pngHeader(file: Buffer): ImageHeader {
  if (file.length < 33 || file.toString('latin1', 12, 16) !== 'IHDR') throw new ImageError('is a damaged PNG');
  return { kind: 'png', width: file.readUInt32BE(16), height: file.readUInt32BE(20) };
}

/** Chunks that a picture is made of; all others are comments that may unpack to any size (PNG specification §11). */
const pictureChunks: ReadonlySet<string> = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);

/** The same PNG without the chunks that are no part of the picture. @throws ImageError when the chunks do not add up. */
export function barePng(file: Buffer): Buffer {
  const parts: Buffer[] = [file.subarray(0, 8)];
  for (let at = 8; at < file.length;) {
    if (at + 12 > file.length) throw new ImageError('is a damaged PNG');
    const end = at + 12 + file.readUInt32BE(at);
    const name = file.toString('latin1', at + 4, at + 8);
    if (end > file.length) throw new ImageError('is a PNG that ends early');
    if (pictureChunks.has(name)) parts.push(file.subarray(at, end));
    if (name === 'IEND') break;
    at = end;
  }
  return Buffer.concat(parts);
}

/** Markers that carry the frame header: SOF0 to SOF15 without DHT, JPG and DAC (T.81 table B.1). */
const isFrameHeader = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** Start of scan. */
const sos = 0xda;

/** Walks the whole file, because scans are counted; entropy-coded bytes never look like a marker (T.81 §B.1.1.5). */
function jpegHeader(file: Buffer): ImageHeader {
  let header: ImageHeader | undefined;
  let scans = 0;
  for (const { marker, at } of jpegSegments(file)) {
    if (isFrameHeader(marker)) {
      if (header || at + 7 > file.length) throw new ImageError('is a damaged JPEG');
      header = { kind: 'jpeg', height: file.readUInt16BE(at + 3), width: file.readUInt16BE(at + 5) };
    }
    if (marker === sos && ++scans > mostScans) throw new ImageError('is a JPEG of too many scans');
  }
  if (!header || scans === 0) throw new ImageError('is a damaged JPEG');
  return header;
}

const standsAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** Segments with their marker and where their length stands. Ends at the end of the image or of the file. */
function* jpegSegments(file: Buffer): Generator<{ marker: number; at: number }> {
  for (let at = 2; ;) {
    at = file.indexOf(0xff, at);
    if (at < 0 || at + 3 >= file.length) return;
    const marker = file[at + 1]!;
    if (marker === 0xd9) return;
    if (marker === 0 || standsAlone(marker)) at += 2;
    else if (marker === 0xff) at += 1;
    else {
      yield { marker, at: at + 2 };
      at += 2 + Math.max(2, file.readUInt16BE(at + 2));
    }
  }
}
