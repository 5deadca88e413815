import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { adtsFrames } from '../segment/adts.ts';
import { recoverFolder, type RecoveredFolder } from '../segment/recover.ts';
import { readTransport, type ElementaryPacket } from '../segment/transport-reader.ts';
import { toTransport, transportRate, transportZero, unwrapTransport } from '../segment/transport-time.ts';
import type { Segment } from '../segment/playlist.ts';
import { parseSps } from '../timeline/sps.ts';
import type { WallMs } from '../units.ts';
import { readAccessUnit } from '../timeline/access-unit.ts';
import { FileBuffer } from './file-buffer.ts';

/** A PES packet on the file's own time: ticks of 90 kHz from the file's zero. */
export interface PlacedPacket {
  readonly kind: ElementaryPacket['kind'];
  readonly pts: number;
  readonly dts: number;
  /** A picture that may lean on one that was lost. */
  readonly afterLoss: boolean;
  /** Valid until the iteration goes on. */
  readonly data: Buffer;
}

/** How the streams of a recording are coded, read from their first packets. Absent streams have nothing usable. */
export interface RecordedStreams {
  /** SPS and PPS in Annex B, and the size that they tell, in pixels. */
  readonly video: { readonly parameterSets: Buffer; readonly width: number; readonly height: number } | undefined;
  readonly audio: { readonly sampleRate: number; readonly channels: number } | undefined;
}

interface Folder extends RecoveredFolder {
  readonly dir: string;
  /** From the ticks in its segments to ticks from the file's zero. */
  readonly shift: number;
}

/** A span of time: ticks of 90 kHz from the file's zero. */
export interface TickSpan {
  readonly from: number;
  readonly to: number;
}

/** A segment on the file's own time. */
export interface PlacedSegment extends TickSpan {
  readonly path: string;
  readonly folder: Pick<Folder, 'shift'>;
  /** Time of its beginning, by which wraps of its 33-bit stamps are undone. */
  readonly near: number;
  /** Streams or time do not go on from the segment before. */
  readonly discontinuity: boolean;
}

/** Sound comes into a segment up to a second after pictures of the same time, a mix half a second before. */
const slackTicks = 5 * transportRate;

/** All that was recorded of one file, over its epochs. */
export class RecordedMedia {
  readonly #folders: readonly Folder[];
  readonly #segments: readonly PlacedSegment[];
  readonly #files = new FileBuffer();

  /** Recovers every folder; those without media are passed over. */
  constructor(dirs: readonly string[], startMs: WallMs) {
    this.#folders = dirs.flatMap((dir) => {
      const folder = recoverFolder(dir);
      if (!folder || folder.segments.length === 0) return [];
      const shift = Math.round(((folder.record.zeroUs - startMs * 1000) * 9) / 100) - transportZero;
      return [{ ...folder, dir, shift }];
    });
    // What somebody took away is told by the check of the chain; the rest is delivered.
    this.#segments = this.#folders
      .flatMap((folder) => folder.segments.map((one, k) => placed(folder, one, k === 0)))
      .filter(({ path }) => existsSync(path));
  }

  /** True when no folder has a segment. */
  get empty(): boolean {
    return this.#folders.length === 0;
  }

  /** What the records say may be there. A record is written before the media, which may come too late. */
  get promised(): { readonly audio: boolean; readonly video: boolean } {
    const types = this.#folders.map((folder) => folder.record.trackType);
    return { audio: types.some((type) => type !== 'video'), video: types.some((type) => type !== 'audio') };
  }

  /** Segments of all epochs in order that may hold media of one of the spans. */
  segments(...spans: readonly TickSpan[]): PlacedSegment[] {
    const touches = (segment: PlacedSegment): boolean =>
      spans.some(({ from, to }) => segment.to + slackTicks > from && segment.from - slackTicks < to);
    return this.#segments.filter(touches);
  }

  /** Every whole packet of segments, in their order. One reader at a time. */
  *packets(segments: readonly PlacedSegment[] = this.#segments): Generator<PlacedPacket, void, undefined> {
    let folder: PlacedSegment['folder'] | undefined;
    let pictureLost = false;
    for (const segment of segments) {
      if (segment.folder !== folder) pictureLost = false;
      folder = segment.folder;
      const { shift } = folder;
      for (const packet of readTransport(this.#files.read(segment.path))) {
        const { kind, data } = packet;
        if (kind === 'video') pictureLost ||= packet.afterLoss || !packet.complete;
        if (!packet.complete) continue;
        const pts = unwrapTransport(packet.pts, segment.near) + shift;
        const dts = unwrapTransport(packet.dts, segment.near) + shift;
        yield { kind, pts, dts, data, afterLoss: kind === 'video' && pictureLost };
        if (kind === 'video') pictureLost = false;
      }
    }
  }
}

function placed(folder: Folder, segment: Segment, isFirst: boolean): PlacedSegment {
  const { name, start, duration } = segment;
  const discontinuity = isFirst || segment.discontinuity;
  const near = toTransport(start);
  const from = near + folder.shift;
  const to = from + Math.ceil((duration * 9) / 100);
  return { path: join(folder.dir, name), folder, near, from, to, discontinuity };
}

/**
 * Looks for the first key frame and the first sound, no further than one is promised.
 * @param end packets that are decoded at or behind it (ticks of 90 kHz) count for nothing.
 */
export function findStreams(
  packets: Iterable<PlacedPacket>,
  promised: RecordedMedia['promised'],
  end: number,
): RecordedStreams {
  let video: RecordedStreams['video'];
  let audio: RecordedStreams['audio'];
  for (const packet of packets) {
    if (packet.dts >= end) continue;
    if (packet.kind === 'video') video ??= videoFormat(packet.data);
    else audio ??= audioFormat(packet.data);
    if ((video || !promised.video) && (audio || !promised.audio)) break;
  }
  return { video, audio };
}

/** A key frame from which the pictures can be decoded. */
function videoFormat(data: Buffer): RecordedStreams['video'] {
  const { key, parameterSets, sps } = readAccessUnit(data);
  const size = key && sps ? parseSps(sps) : undefined;
  if (!size || !parameterSets) return undefined;
  return { parameterSets: Buffer.from(parameterSets), width: size.width, height: size.height };
}

function audioFormat(data: Buffer): RecordedStreams['audio'] {
  for (const { sampleRate, channels } of adtsFrames(data)) return { sampleRate, channels };
  return undefined;
}
