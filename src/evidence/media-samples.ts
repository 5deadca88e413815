import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { AV_NOPTS_VALUE, AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { FormatContext, Packet, type Stream } from 'node-av/lib';
import { ok } from '../codec/native.ts';
import { adtsFrames, type AdtsFrame } from '../segment/adts.ts';

/** One picture or frame of sound of a finished file. */
export interface MediaSample {
  readonly kind: 'video' | 'audio';
  /** When it is shown or heard, and for how long, in milliseconds of the file; not rounded. */
  readonly atMs: number;
  readonly lengthMs: number;
  /** A picture that leans on none before it; true of all sound. */
  readonly key: boolean;
  /** SHA-256 of its coded bytes. */
  readonly sha256: Buffer;
}

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** Every sample of a file that is shown or heard, in the order of the file. @throws Error when the file cannot be read as such. */
export const mediaSamples = (path: string, container: 'mp4' | 'aac'): Generator<MediaSample, void, undefined> =>
  container === 'mp4' ? packetSamples(path) : adtsSamples(path);

function* packetSamples(path: string): Generator<MediaSample, void, undefined> {
  const format = new FormatContext();
  const packet = new Packet();
  format.allocContext();
  packet.alloc();
  try {
    ok('open the media file', format.openInputSync(`file:${path}`));
    ok('read its streams', format.findStreamInfoSync());
    const streams = format.streams.map(streamOf);
    while (format.readFrameSync(packet) >= 0) {
      const stream = streams[packet.streamIndex];
      const sample = stream && sampleOf(packet, stream);
      packet.unref();
      if (sample && isShown(sample)) yield sample;
    }
  } finally {
    packet.free();
    format.closeInputSync();
  }
}

interface ReadStream {
  readonly kind: 'video' | 'audio';
  readonly tickMs: number;
}

function streamOf({ codecpar, timeBase }: Stream): ReadStream | undefined {
  const { codecType } = codecpar;
  if (codecType !== AVMEDIA_TYPE_VIDEO && codecType !== AVMEDIA_TYPE_AUDIO) return undefined;
  return { kind: codecType === AVMEDIA_TYPE_VIDEO ? 'video' : 'audio', tickMs: (timeBase.num * 1000) / timeBase.den };
}

function sampleOf(packet: Packet, { kind, tickMs }: ReadStream): MediaSample {
  const pts = packet.pts === AV_NOPTS_VALUE ? packet.dts : packet.pts;
  const key = kind === 'audio' || packet.isKeyframe;
  const times = { atMs: Number(pts) * tickMs, lengthMs: Number(packet.duration) * tickMs };
  return { kind, ...times, key, sha256: digest(packet.data ?? Buffer.alloc(0)) };
}

/** What lies before the file's zero is there for decoders alone; tools drop it or keep it as they like. */
const isShown = ({ atMs, lengthMs }: MediaSample): boolean => atMs + lengthMs > 1;

const pieceBytes = 1 << 20;
const frameSamples = 1024;

function* adtsSamples(path: string): Generator<MediaSample, void, undefined> {
  let count = 0;
  for (const { sampleRate, data } of adtsFile(path)) {
    const lengthMs = (frameSamples * 1000) / sampleRate;
    yield { kind: 'audio', atMs: count * lengthMs, lengthMs, key: true, sha256: digest(data) };
    count += 1;
  }
}

/** Frames of a file that may be far larger than memory. Ends at the first byte that belongs to no whole frame. */
function* adtsFile(path: string): Generator<AdtsFrame, void, undefined> {
  const fd = openSync(path, 'r');
  try {
    let rest = Buffer.alloc(0);
    const piece = Buffer.allocUnsafe(pieceBytes);
    for (let count = readSync(fd, piece); count > 0; count = readSync(fd, piece)) {
      const bytes = Buffer.concat([rest, piece.subarray(0, count)]);
      let end = 0;
      for (const frame of adtsFrames(bytes)) {
        end = frame.data.byteOffset - bytes.byteOffset + frame.data.length;
        yield frame;
      }
      rest = Buffer.from(bytes.subarray(end));
      // No frame is so long: what is here is no sound.
      if (rest.length > 1 << 14) return;
    }
  } finally {
    closeSync(fd);
  }
}
