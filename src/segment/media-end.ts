import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { micros, type Micros, type WallUs } from '../units.ts';
import { adtsFrames } from './adts.ts';
import { parsePlaylist, playlistText, segmentLines, type Segment } from './playlist.ts';
import { readPlaylist, readRecord, segmentNames, segmentStartMs, writePlaylist } from './recording-folder.ts';
import { recoverFolder } from './recover.ts';
import { readChain } from './segment-chain.ts';
import { readTransport } from './transport-reader.ts';
import { fromTransport, toTransport, unwrapTransport } from './transport-time.ts';

/** Where the media of a folder ends, from the recording's zero; absent where there is none of the kind near its end. */
export interface MediaEnd {
  /** When the last picture is shown: nothing that is shown before it is missing. */
  readonly lastPicture?: Micros;
  /** The end of the last sound. */
  readonly soundEnd?: Micros;
}

interface Picture {
  readonly pts: number;
  /** Offset in the file behind it. */
  readonly end: number;
}

interface Scan {
  readonly pictures: readonly Picture[];
  readonly soundEnd: number | undefined;
}

/** Our encoder sends a picture ahead of at most two that are shown before it. */
const mostAhead = 3;
/** Pictures by which the distance of two is told. */
const looked = 12;
/** Sound and pictures lie close together in a file: further back than that nobody looks. */
const segmentsLooked = 3;

function scan(bytes: Buffer, near: number): Scan {
  const pictures: Picture[] = [];
  let soundEnd: number | undefined;
  for (const { kind, pts, data, complete, end } of readTransport(bytes)) {
    if (!complete) continue;
    const time = fromTransport(unwrapTransport(pts, near));
    if (kind === 'video') pictures.push({ pts: time, end });
    else soundEnd = time + soundLength(data);
  }
  return { pictures, soundEnd };
}

function soundLength(data: Uint8Array): number {
  let length = 0;
  for (const { sampleRate } of adtsFrames(data)) length += 1.024e9 / sampleRate;
  return length;
}

/** How many of the pictures, in decoding order, to keep so that none is missing among those that are shown. */
function wholePictures(pictures: readonly Picture[]): number {
  const step = Math.min(...gaps(pictures, looked));
  for (let count = pictures.length; count > Math.max(0, pictures.length - 1 - mostAhead); count -= 1) {
    const latest = gaps(pictures.slice(0, count), mostAhead + 1);
    if (latest.every((gap) => gap < 1.5 * step)) return count;
  }
  return pictures.length;
}

/** Distances between the last `count` pictures by the time at which they are shown. */
function gaps(pictures: readonly Picture[], count: number): number[] {
  const times = pictures.slice(-looked).map(({ pts }) => pts);
  times.sort((a, b) => a - b);
  return times
    .slice(1)
    .map((time, i) => time - times[i]!)
    .slice(-count);
}

/**
 * Puts a folder whose writer is gone in order, as {@link recoverFolder} does, and says where its media ends. The segment
 * that was being written is replaced by a copy: a writer that was only asleep writes into a file that nobody reads.
 * Pictures that were written ahead of others that are missing are left out. Undefined when the folder has no media.
 */
export function sealFolder(dir: string): MediaEnd | undefined {
  const record = readRecord(dir);
  if (!record) return undefined;
  sealNewest(dir, record.zeroUs);
  const segments = recoverFolder(dir)?.segments ?? [];
  return segments.length === 0 ? undefined : endOf(dir, segments);
}

function sealNewest(dir: string, zeroUs: WallUs): void {
  const newest = segmentNames(dir).at(-1);
  if (newest === undefined) return;
  const { segments } = parsePlaylist(readPlaylist(dir), zeroUs);
  const others = segments.filter(({ name }) => name !== newest);
  const listed = others.length < segments.length;
  const path = join(dir, newest);
  const bytes = readFileSync(path);
  const { pictures } = scan(bytes, toTransport(micros((segmentStartMs(newest) ?? 0) * 1000 - zeroUs)));
  const count = wholePictures(pictures);
  if (listed && (count === pictures.length || isChained(dir, newest, bytes.length))) return;
  // Its length in the list would not be true any more; it is found and listed anew.
  if (listed) writePlaylist(dir, playlistText(others.map((one) => segmentLines(one, zeroUs)).join(''), false));
  const end = count < pictures.length ? pictures[count - 1]!.end : bytes.length;
  writeFileSync(`${path}.new`, bytes.subarray(0, end), { flush: true });
  renameSync(`${path}.new`, path);
}

/** What its writer ended stays as it is: its hash is in the chain. */
const isChained = (dir: string, segment: string, length: number): boolean =>
  readChain(dir).links.some(({ name, bytes }) => name === segment && bytes === length);

function endOf(dir: string, segments: readonly Segment[]): MediaEnd {
  let lastPicture: number | undefined;
  let soundEnd: number | undefined;
  for (const { name, start } of segments.slice(-segmentsLooked).toReversed()) {
    const found = scan(readFileSync(join(dir, name)), toTransport(start));
    lastPicture ??= found.pictures.length > 0 ? Math.max(...found.pictures.map(({ pts }) => pts)) : undefined;
    soundEnd ??= found.soundEnd;
    if (lastPicture !== undefined && soundEnd !== undefined) break;
  }
  return {
    ...(lastPicture === undefined ? {} : { lastPicture: micros(Math.round(lastPicture)) }),
    ...(soundEnd === undefined ? {} : { soundEnd: micros(Math.round(soundEnd)) }),
  };
}
