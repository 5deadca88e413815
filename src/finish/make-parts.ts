import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalPart } from '../deliver/deliverer.ts';
import { transportRate } from '../segment/transport-time.ts';
import type { TrackType } from '../segment/recording-folder.ts';
import { wallMs, type WallMs } from '../units.ts';
import type { Container } from '../worker-api/messages.ts';
import { assembleAac, assembleMp4, soundOf, type PartSource } from './assemble.ts';
import { FinishError, type ExpectedStreams, type PartsRequest } from './finish-request.ts';
import { makeHlsFolder } from './hls-folder.ts';
import type { Mp4Streams } from './mp4-muxer.ts';
import { partPackets, spanTicks, type PartSpan } from './part-media.ts';
import { probeAdts } from './probe-adts.ts';
import { probeFile } from './probe.ts';
import { findStreams, RecordedMedia, type RecordedStreams } from './recorded-media.ts';
import { planParts } from './split.ts';

/** A file that was made and has passed its checks; it is not named yet, since a name tells whether there are others. */
export interface MadePart extends Omit<LocalPart, 'name' | 'container' | 'part' | 'sizeBytes' | 'sha256'> {
  /** Where it is not that of the file at `path`. */
  readonly checksum?: Pick<LocalPart, 'sizeBytes' | 'sha256'>;
}

/** Shorter spans hold no picture that anybody could see, and less than a few frames of sound: they make no file. */
const shortestMs = 50;

/** Makes the parts of a recorded file in `dir`, in order, each checked. @throws FinishError, or the file system's error. */
export async function makeParts(
  request: PartsRequest,
  dir: string,
  onShare: (share: number) => void = () => {},
): Promise<MadePart[]> {
  const spanMs = request.endMs - request.startMs;
  if (spanMs < shortestMs) throw new FinishError('no-media', `the file would last ${spanMs} ms`);
  const media = new RecordedMedia(request.dirs, request.startMs);
  if (media.empty) throw new FinishError('no-media', 'nothing was recorded');
  const streams = findStreams(media.packets(), media.promised, (spanMs * transportRate) / 1000);
  if (!streams.video && !streams.audio) throw new FinishError('no-media', 'the segments hold nothing whole');
  const parts = await makeEach(request, { media, streams, onShare }, dir);
  if (parts.length === 0) throw new FinishError('no-media', 'nothing whole lies in the file’s span');
  return parts;
}

interface Found {
  readonly media: RecordedMedia;
  readonly streams: RecordedStreams;
  /** Told what share of the recording is in parts. */
  readonly onShare: (share: number) => void;
}

async function makeEach(request: PartsRequest, found: Found, dir: string): Promise<MadePart[]> {
  const { container } = request;
  if (container === 'hls') return [await hlsPart(request, found, join(dir, 'hls'))];
  const spans = spansOf(request, found);
  const sound = found.streams.audio && (await soundOf(found.streams.audio));
  const parts: MadePart[] = [];
  for (const [index, span] of spans.entries()) {
    const onTicks = (ticks: number): void =>
      found.onShare(((span.begin.at + ticks) * 1000) / transportRate / (request.endMs - request.startMs));
    const source = { media: found.media, span, sound, soundRequired: spans.length > 1, onTicks };
    const path = join(dir, `part-${index + 1}.${container}`);
    const written = await assemble(source, container, path);
    // Where nobody was there for as long as a part lasts, nothing may be in it.
    if (!written.audio && !written.video) await rm(path, { force: true });
    else parts.push(checked(request, container, { path, span, written }));
  }
  return parts;
}

async function hlsPart({ startMs, endMs }: PartsRequest, { media, streams }: Found, path: string): Promise<MadePart> {
  const span = { startMs, endMs, picture: streams.video };
  const { sizeBytes, sha256, ...folder } = await makeHlsFolder(media, span, path);
  return { ...folder, trackType: trackTypeOf(folder.streams), startMs, endMs, checksum: { sizeBytes, sha256 } };
}

function spansOf({ startMs, endMs, container, limits }: PartsRequest, { media, streams }: Found): PartSpan[] {
  const end = (endMs - startMs) * (transportRate / 1000);
  const { video, audio } = streams;
  const by = container === 'mp4' && video ? 'picture' : { sampleRate: audio?.sampleRate ?? 48_000 };
  return planParts({ media, end, limits, by });
}

async function assemble(source: PartSource, container: Container, path: string): Promise<ExpectedStreams> {
  if (container === 'mp4') return assembleMp4(source, firstPicture(source), path);
  if (!source.sound) throw new FinishError('no-media', 'there is no sound to make an AAC file of');
  return assembleAac(source, source.sound, path);
}

/** How the pictures of a part are coded at its beginning. */
function firstPicture({ media, span }: PartSource): Mp4Streams['video'] {
  const promised = { audio: false, video: media.promised.video };
  if (!promised.video) return undefined;
  return findStreams(partPackets(media, span), promised, spanTicks(span)).video;
}

interface Written {
  readonly path: string;
  readonly span: PartSpan;
  readonly written: ExpectedStreams;
}

/** Parts follow each other to the tick; what is told of them, to the millisecond they round to. */
function checked({ startMs }: PartsRequest, container: Container, { path, span, written }: Written): MadePart {
  const spanMs = (spanTicks(span) * 1000) / transportRate;
  const probed = container === 'aac' ? probeAdts(path, spanMs) : probeFile(path, { expect: written, spanMs });
  const at = (ticks: number): WallMs => wallMs(startMs + Math.round((ticks * 1000) / transportRate));
  return {
    path,
    ...probed,
    trackType: trackTypeOf(probed.streams),
    startMs: at(span.begin.at),
    endMs: at(span.end.at),
  };
}

/** What a file has in it. */
function trackTypeOf(streams: MadePart['streams']): TrackType {
  if (!streams.includes('h264')) return 'audio';
  return streams.includes('aac') ? 'audio_video' : 'video';
}
