import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hlsPlaylistName } from '../naming/hls-name.ts';
import { addBlackPictures, hasPicture } from '../segment/black-lead.ts';
import { segmentName } from '../segment/recording-folder.ts';
import { playlistText, segmentLines, type Segment } from '../segment/playlist.ts';
import { transportRate } from '../segment/transport-time.ts';
import { micros, toWallUs, type WallMs } from '../units.ts';
import { syncPath } from '../durable-folder.ts';
import { codeBlackPicture } from '../single/black-picture.ts';
import type { Size } from '../layout/rect.ts';
import { FinishError } from './finish-request.ts';
import { probeFile, type ProbedFile } from './probe.ts';
import type { PlacedSegment, RecordedMedia } from './recorded-media.ts';

/** The span of an HLS folder, and what must be in it. */
export interface HlsSpan {
  readonly startMs: WallMs;
  readonly endMs: WallMs;
  /** Of the first picture in it; segments of sound before that get black ones. Undefined when there is none. */
  readonly picture: Size | undefined;
}

/** A finished HLS folder. */
export interface HlsFolder extends ProbedFile {
  readonly path: string;
  /** The playlist and its segments together. */
  readonly sizeBytes: number;
  /** Of the playlist's text. */
  readonly sha256: string;
}

/**
 * Puts the segments of all epochs that lie in the span into one folder with one ended playlist, under names of one
 * count; every file of it is on the disk when this resolves. Segments are linked where the file system can, so that
 * they take no room twice. @throws FinishError `no-media`, `probe-failed`
 */
export async function makeHlsFolder(media: RecordedMedia, span: HlsSpan, path: string): Promise<HlsFolder> {
  const chosen = segmentsOf(media, span);
  if (chosen.length === 0) throw new FinishError('no-media', 'no segment lies in the file’s span');
  await mkdir(path);
  const listed = chosen.map((segment, index) => entryOf(segment, index, span));
  let sizeBytes = 0;
  const paths = listed.map(({ name }, index) => [chosen[index]!.path, join(path, name)] as const);
  const led = span.picture ? await bringLead(paths, span.picture) : [];
  for (const size of led) sizeBytes += size;
  for (const [from, to] of paths.slice(led.length)) sizeBytes += await bring(from, to);
  const text = playlistText(listed.map((one) => segmentLines(one, toWallUs(span.startMs))).join(''), true, [], 'VOD');
  await writeFile(join(path, hlsPlaylistName), text, { flush: true });
  const probed = probeSegments(media, listed, path);
  const durationMs = Math.round(listed.reduce((sum, { duration }) => sum + duration, 0) / 1000);
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { ...probed, durationMs, path, sizeBytes: sizeBytes + Buffer.byteLength(text), sha256 };
}

/** What lies in the span and was not covered by an epoch before. */
function segmentsOf(media: RecordedMedia, { startMs, endMs }: HlsSpan): PlacedSegment[] {
  const span = { from: 0, to: ((endMs - startMs) * transportRate) / 1000 };
  let covered = 0;
  return media.segments(span).filter(({ from, to }) => {
    if (to <= covered || from >= span.to) return false;
    covered = to;
    return true;
  });
}

function entryOf(segment: PlacedSegment, index: number, { startMs }: HlsSpan): Segment {
  const { from, to, discontinuity } = segment;
  const name = segmentName(index + 1, startMs + Math.round((from * 1000) / transportRate));
  const toMicros = (ticks: number) => micros(Math.round((ticks * 1e6) / transportRate));
  return { name, start: toMicros(from), duration: toMicros(to - from), discontinuity: discontinuity && index > 0 };
}

/**
 * Brings the segments of sound before the first that has pictures, with black ones, and tells their sizes: without them
 * no player that feeds a browser would show the pictures that come later.
 */
async function bringLead(paths: readonly (readonly [from: string, to: string])[], picture: Size): Promise<number[]> {
  const sizes: number[] = [];
  let black: Uint8Array | undefined;
  for (const [from, to] of paths) {
    const bytes = await readFile(from);
    if (hasPicture(bytes)) break;
    black ??= await codeBlackPicture({ width: even(picture.width), height: even(picture.height) });
    const blackened = addBlackPictures(bytes, black) ?? bytes;
    await writeFile(to, blackened, { flush: true });
    sizes.push(blackened.length);
  }
  return sizes;
}

const even = (n: number): number => n - (n % 2);

/** Links a segment, or copies it onto another file system, and tells its size; it is on the disk then. */
async function bring(from: string, to: string): Promise<number> {
  try {
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EMLINK') throw error;
    await copyFile(from, to);
  }
  await syncPath(to);
  return (await stat(to)).size;
}

/**
 * Opens segments as a player would until every stream that was recorded has given a picture or sound. One alone may have
 * too little for that: where pictures begin a moment after the sound, the first has a few frames of sound.
 */
function probeSegments(media: RecordedMedia, listed: readonly Segment[], path: string): ProbedFile {
  let found: ProbedFile | undefined;
  for (const { name } of listed) {
    const wanted = { expect: { audio: false, video: false }, spanMs: undefined, transport: true } as const;
    const probed = probeFile(join(path, name), wanted);
    found = found ? merged(found, probed) : probed;
    const missing = (kind: 'h264' | 'aac'): boolean => !found?.streams.includes(kind);
    if (!(media.promised.video && missing('h264')) && !(media.promised.audio && missing('aac'))) break;
  }
  if (!found || found.streams.length === 0) throw new FinishError('probe-failed', 'no segment has a picture or sound');
  return found;
}

function merged(one: ProbedFile, other: ProbedFile): ProbedFile {
  const [first, second] = one.streams.includes('h264') ? [one, other] : [other, one];
  const streams = (['h264', 'aac'] as const).filter(
    (kind) => one.streams.includes(kind) || other.streams.includes(kind),
  );
  const known = Object.entries(first.facts).filter(([, value]) => value !== undefined);
  return { ...first, streams, facts: { ...second.facts, ...Object.fromEntries(known) } };
}
