import { statSync } from 'node:fs';
import { aacFrameSamples } from '../codec/aac-encoder.ts';
import { adtsFrames } from '../segment/adts.ts';
import { transportRate } from '../segment/transport-time.ts';
import { readAccessUnit } from '../timeline/access-unit.ts';
import { beginning, cutPictures, cutSound, type Cut, type CutPicture } from './cut.ts';
import { PictureGate } from './picture-gate.ts';
import { partPackets, spansOf, type PartSpan } from './part-media.ts';
import type { PlacedPacket, PlacedSegment, RecordedMedia, TickSpan } from './recorded-media.ts';

/** When a file is split (contract §5): whichever comes first. */
export interface PartLimits {
  readonly durationMs: number;
  readonly bytes: number;
}

/** What {@link planParts} cuts. */
export interface SplitOptions {
  readonly media: RecordedMedia;
  /** End of the recording, in ticks of 90 kHz from its zero. */
  readonly end: number;
  readonly limits: PartLimits;
  /** Whether there are pictures in the file: they decide where it can be cut. Without, the sound's sampling rate. */
  readonly by: 'picture' | { readonly sampleRate: number };
}

/** How long after the time limit a key frame is waited for. */
const waitTicks = 15 * transportRate;
/** A last part shorter than this stays with the one before. */
const shortestRest = transportRate;
/** Of the limit in bytes: the estimate is never so far off. */
const usable = 0.985;
/** Everything of a file that no sample has a share in. */
const headBytes = 4096;
/** What the index takes for a picture, and for a frame of sound with its header or, where it is missing, with silence. */
const perPicture = 40;
const perSound = 16;

/**
 * Plans the parts of a recording before any is written: they follow each other without gap and overlap, and each begins
 * with a picture that can be decoded alone (see {@link cutPictures}). Only segments around a cut are read, and all of a
 * part when it might reach its limit in bytes.
 */
export function planParts(options: SplitOptions): PartSpan[] {
  const parts: PartSpan[] = [];
  let begin = beginning;
  for (let cut = nextCut(options, begin); cut; cut = nextCut(options, begin)) {
    parts.push({ begin, end: cut });
    begin = cut;
  }
  return [...parts, { begin, end: { at: options.end, dts: Infinity } }];
}

function nextCut(options: SplitOptions, begin: Cut): Cut | undefined {
  const { media, end, limits } = options;
  const limit = begin.at + Math.round((limits.durationMs * transportRate) / 1000);
  const longest = { from: begin.at, to: Math.min(end, limit + waitTicks) };
  const bySize = mayExceed(media, begin, longest, limits.bytes * usable)
    ? cutBySize(options, begin, longest)
    : undefined;
  if (!bySize && limit >= end) return undefined;
  const cut = bySize && bySize.at <= limit ? bySize : earlier(bySize, cutByTime(options, begin, limit));
  return cut.at > begin.at && cut.at <= end - shortestRest ? cut : undefined;
}

const cutByTime = ({ media, by }: SplitOptions, begin: Cut, limit: number): Cut =>
  by === 'picture' ? pictureCut(media, begin, limit) : soundCut(media, limit, by.sampleRate);

const earlier = (one: Cut | undefined, other: Cut): Cut => (one && one.at < other.at ? one : other);

const framesIn = (ticks: number, sampleRate = 48_000): number =>
  Math.ceil((ticks * sampleRate) / (transportRate * aacFrameSamples));

/** Segments of a transport stream are never smaller than what is in them. */
function mayExceed(media: RecordedMedia, begin: Cut, span: TickSpan, bytes: number): boolean {
  const segments = media.segments(...spansOf({ begin, end: { at: span.to, dts: Infinity } }));
  const pictures = perPicture * 60 * ((span.to - span.from) / transportRate);
  const most = headBytes + pictures + perSound * framesIn(span.to - span.from);
  return segments.reduce((sum, { path }) => sum + statSync(path).size, most) > bytes;
}

/** The last place where the part can be cut before it is full; if it is full before the first, the first. */
function cutBySize({ media, limits, by }: SplitOptions, begin: Cut, { to }: TickSpan): Cut | undefined {
  const budget = limits.bytes * usable - headBytes;
  const gate = new PictureGate();
  let bytes = 0;
  let last: Cut | undefined;
  for (const packet of partPackets(media, { begin, end: { at: to, dts: Infinity } })) {
    const { kind, pts, dts, data } = packet;
    const isPlace = kind === 'video' ? admitsKey(gate, packet) : by !== 'picture';
    if (pts + begin.at >= to || (kind === 'audio' && pts < 0)) continue;
    const full = bytes + soundIndex(pts, by) > budget;
    if (full && last) return last;
    if (isPlace && pts > 0) last = { at: begin.at + pts, dts: begin.at + (by === 'picture' ? dts : pts) };
    if (full && last) return last;
    if (kind === 'audio' || by === 'picture') bytes += data.length + (kind === 'video' ? perPicture : 0);
  }
  return undefined;
}

/** What the index takes for the sound of so many ticks. */
const soundIndex = (ticks: number, by: SplitOptions['by']): number =>
  perSound * framesIn(Math.max(0, ticks), by === 'picture' ? undefined : by.sampleRate);

function admitsKey(gate: PictureGate, packet: PlacedPacket): boolean {
  const { key } = readAccessUnit(packet.data);
  return gate.admits(packet, key) && key;
}

function soundCut(media: RecordedMedia, limit: number, sampleRate: number): Cut {
  const frameTicks = (aacFrameSamples * transportRate) / sampleRate;
  const starts: number[] = [];
  for (const { kind, pts, data } of media.packets(media.segments({ from: limit, to: limit + frameTicks }))) {
    if (kind !== 'audio') continue;
    let frame = 0;
    for (const _ of adtsFrames(data)) starts.push(Math.round(pts + frameTicks * frame++));
  }
  return cutSound(starts, limit, frameTicks);
}

function pictureCut(media: RecordedMedia, begin: Cut, limit: number): Cut {
  const to = limit + waitTicks;
  const segments = media.segments(...spansOf({ begin, end: { at: to, dts: to } }));
  const last = segments.findLastIndex((segment) => hasKey(media, segment, limit));
  return cutPictures(decodable(media, segments.slice(Math.max(0, last)), to), limit, waitTicks);
}

function hasKey(media: RecordedMedia, segment: PlacedSegment, limit: number): boolean {
  for (const { kind, pts, data } of media.packets([segment])) {
    if (kind === 'video' && pts < limit && readAccessUnit(data).key) return true;
  }
  return false;
}

/** Pictures that will be in the file, in decoding order. */
function decodable(media: RecordedMedia, segments: readonly PlacedSegment[], to: number): CutPicture[] {
  const gate = new PictureGate();
  const pictures: CutPicture[] = [];
  for (const packet of media.packets(segments)) {
    const { kind, pts, dts } = packet;
    if (kind === 'audio' || dts > to) continue;
    const { key } = readAccessUnit(packet.data);
    if (gate.admits(packet, key)) pictures.push({ pts, dts, key });
  }
  return pictures;
}
