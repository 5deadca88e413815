import { join } from 'node:path';
import { adtsFrames } from '../segment/adts.ts';
import { recoverFolder, type RecoveredFolder } from '../segment/recover.ts';
import { readTransport, type ElementaryPacket } from '../segment/transport-reader.ts';
import { toTransport, transportZero, unwrapTransport } from '../segment/transport-time.ts';
import type { WallMs } from '../units.ts';
import { readAccessUnit } from './access-unit.ts';
import { FileBuffer } from './file-buffer.ts';
import type { ExpectedStreams } from './finish-request.ts';

/** A PES packet on the file's own time: ticks of 90 kHz from the file's zero. */
export interface PlacedPacket {
  readonly kind: ElementaryPacket['kind'];
  readonly pts: number;
  readonly dts: number;
  /** Valid until the iteration goes on. */
  readonly data: Buffer;
}

/** How the streams of a recording are coded, read from their first packets. Absent streams have no packet. */
export interface RecordedStreams {
  /** SPS and PPS in Annex B. */
  readonly video: { readonly parameterSets: Buffer } | undefined;
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

  /** Streams that the folders' records name. */
  get promised(): ExpectedStreams {
    const types = this.#folders.map((folder) => folder.record.trackType);
    return { audio: types.some((type) => type !== 'video'), video: types.some((type) => type !== 'audio') };
  }

  /** Looks for the first packet of each stream, no further than the records promise one. */
  streams(): RecordedStreams {
    let video: RecordedStreams['video'];
    let audio: RecordedStreams['audio'];
    const promised = this.promised;
    for (const packet of this.packets()) {
      if (packet.kind === 'video') video ??= videoFormat(packet.data);
      else audio ??= audioFormat(packet.data);
      if ((video || !promised.video) && (audio || !promised.audio)) break;
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
    for (const segment of segments) {
      const near = toTransport(segment.start);
      for (const { kind, pts, dts, data, complete } of readTransport(files.read(join(dir, segment.name)))) {
        if (!complete) continue;
        yield { kind, pts: unwrapTransport(pts, near) + shift, dts: unwrapTransport(dts, near) + shift, data };
      }
    }
  }
}

function videoFormat(data: Buffer): RecordedStreams['video'] {
  const { parameterSets } = readAccessUnit(data);
  return parameterSets && { parameterSets: Buffer.from(parameterSets) };
}

function audioFormat(data: Buffer): RecordedStreams['audio'] {
  for (const { sampleRate, channels } of adtsFrames(data)) return { sampleRate, channels };
  return undefined;
}
