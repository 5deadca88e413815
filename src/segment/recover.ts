import { readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { micros, type Micros } from '../units.ts';
import { adtsFrames } from './adts.ts';
import { parsePlaylist, playlistText, segmentLines, type Segment } from './playlist.ts';
import {
  readPlaylist,
  readRecord,
  segmentNames,
  segmentStartMs,
  writePlaylist,
  type RecordingRecord,
} from './recording-folder.ts';
import { chainRecovered, readChain, type ChainLink } from './segment-chain.ts';
import { fromTransport, toTransport, unwrapTransport } from './transport-time.ts';
import { readTransport, type ElementaryPacket } from './transport-reader.ts';

/** A recording folder in order: every segment whole and listed, the playlist ended. */
export interface RecoveredFolder {
  readonly record: RecordingRecord;
  readonly segments: readonly Segment[];
  /** Segments that the playlist did not have, and bytes cut off behind their last whole picture or sound. */
  readonly found: number;
  readonly cutBytes: number;
}

interface Scan {
  start: number;
  end: number;
  /** Offset behind the last whole packet. */
  whole: number;
}

const pictureGuess = 40_000;

const packetDuration = (packet: ElementaryPacket): number => {
  let duration = packet.kind === 'video' ? pictureGuess : 0;
  if (packet.kind === 'audio') for (const frame of adtsFrames(packet.data)) duration += 1.024e9 / frame.sampleRate;
  return duration;
};

/** First and last time of a segment's media, in microseconds from zero, and where its last whole packet ends. */
function scanSegment(bytes: Buffer, near: number): Scan | undefined {
  const scan: Scan = { start: Infinity, end: -Infinity, whole: 0 };
  for (const packet of readTransport(bytes)) {
    if (!packet.complete) continue;
    const time = fromTransport(unwrapTransport(packet.pts, near));
    scan.start = Math.min(scan.start, time);
    scan.end = Math.max(scan.end, time + packetDuration(packet));
    scan.whole = Math.max(scan.whole, packet.end);
  }
  return scan.whole > 0 ? scan : undefined;
}

/** Takes one segment that the playlist does not know; undefined (and the file is gone) when nothing in it is whole. */
function adopt(
  dir: string,
  name: string,
  nominal: Micros,
  first: boolean,
  chained: ChainLink | undefined,
): { segment: Segment; cut: number } | undefined {
  const path = join(dir, name);
  const bytes = readFileSync(path);
  const scan = scanSegment(bytes, toTransport(nominal));
  if (!scan) {
    rmSync(path);
    return undefined;
  }
  // What its writer ended and chained stays as it is, whatever became of the playlist.
  const whole = chained?.bytes === bytes.length ? bytes.length : scan.whole;
  if (whole < bytes.length) truncateSync(path, whole);
  const start = micros(Math.round(scan.start));
  // A change of streams cannot be told from here, so the player is always warned.
  const segment = { name, start, duration: micros(Math.round(scan.end - scan.start)), discontinuity: !first };
  return { segment, cut: bytes.length - whole };
}

/**
 * Puts a folder in order after its writer was killed, or closed it: partial segments are cut behind their last whole
 * packet and listed, the list is ended, and what is not chained yet is chained as recovered. Redoing it changes nothing. Nobody may be writing to the folder.
 * Undefined when the folder does not exist or never got its record, so that there is no media in it.
 */
export function recoverFolder(dir: string): RecoveredFolder | undefined {
  const record = readRecord(dir);
  if (!record) return undefined;
  const files = segmentNames(dir);
  const listed = parsePlaylist(readPlaylist(dir), record.zeroUs);
  const segments = listed.segments.filter(({ name }) => files.includes(name));
  const ended = listed.ended && segments.length === listed.segments.length;
  const known = new Set(segments.map((segment) => segment.name));
  const chained = new Map(readChain(dir).links.map((link) => [link.name, link]));
  let found = 0;
  let cutBytes = 0;
  for (const name of files.filter((candidate) => !known.has(candidate))) {
    const nominal = micros((segmentStartMs(name) ?? 0) * 1000 - record.zeroUs);
    const adopted = adopt(dir, name, nominal, segments.length === 0, chained.get(name));
    if (!adopted) continue;
    segments.push(adopted.segment);
    found += 1;
    cutBytes += adopted.cut;
  }
  if (!ended || found > 0) {
    writePlaylist(dir, playlistText(segments.map((s) => segmentLines(s, record.zeroUs)).join(''), true));
  }
  chainRecovered(dir, record, segments);
  return { record, segments, found, cutBytes };
}
