import { join } from 'node:path';
import { adtsFrames } from '../segment/adts.ts';
import { recoverFolder, type RecoveredFolder } from '../segment/recover.ts';
import { readTransport, type ElementaryPacket } from '../segment/transport-reader.ts';
import { toTransport, transportZero, unwrapTransport } from '../segment/transport-time.ts';
import { parseSps } from '../timeline/sps.ts';
import type { WallMs } from '../units.ts';
import { readAccessUnit } from './access-unit.ts';
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
}

/** All that was recorded of one file, over its epochs. */
export class RecordedMedia {
  readonly #folders: readonly Folder[];
  readonly #startMs: WallMs;

  /** Recovers every folder; those without media are passed over. */
  constructor(dirs: readonly string[], startMs: WallMs) {
    this.#startMs = startMs;
    this.#folders = dirs.flatMap((dir) => {
      const folder = recoverFolder(dir);
      return folder && folder.segments.length > 0 ? [{ ...folder, dir }] : [];
    });
  }

  /** True when no folder has a segment. */
  get empty(): boolean {
    return this.#folders.length === 0;
  }

  /**
   * Looks for the first key frame and the first sound before `end` (ticks of 90 kHz), no further than the records
   * promise one. What a record promises may be missing: the record is written before the media, which may come too late.
   */
  streams(end: number): RecordedStreams {
    let video: RecordedStreams['video'];
    let audio: RecordedStreams['audio'];
    const types = this.#folders.map((folder) => folder.record.trackType);
    const noVideo = types.every((type) => type === 'audio');
    const noAudio = types.every((type) => type === 'video');
    for (const packet of this.packets()) {
      if (packet.dts >= end) continue;
      if (packet.kind === 'video') video ??= videoFormat(packet.data);
      else audio ??= audioFormat(packet.data);
      if ((video || noVideo) && (audio || noAudio)) break;
    }
    return { video, audio };
  }

  /** Every whole packet, in the order of the segments. */
  *packets(): Generator<PlacedPacket, void, undefined> {
    const files = new FileBuffer();
    for (const folder of this.#folders) yield* this.#folderPackets(folder, files);
  }

  *#folderPackets({ dir, record, segments }: Folder, files: FileBuffer): Generator<PlacedPacket, void, undefined> {
    const shift = Math.round(((record.zeroUs - this.#startMs * 1000) * 9) / 100) - transportZero;
    let pictureLost = false;
    for (const segment of segments) {
      const near = toTransport(segment.start);
      for (const packet of readTransport(files.read(join(dir, segment.name)))) {
        const { kind, data } = packet;
        if (kind === 'video') pictureLost ||= packet.afterLoss || !packet.complete;
        if (!packet.complete) continue;
        const [pts, dts] = [unwrapTransport(packet.pts, near) + shift, unwrapTransport(packet.dts, near) + shift];
        yield { kind, pts, dts, data, afterLoss: kind === 'video' && pictureLost };
        if (kind === 'video') pictureLost = false;
      }
    }
  }
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
