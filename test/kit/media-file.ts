import { open } from 'node:fs/promises';
import { AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO, AV_NOPTS_VALUE } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet, type Stream } from 'node-av/lib';
import '../../src/codec/native.ts';

/** One stream of a probed file. Times in microseconds on the file's presentation clock, edit list applied. */
export interface ProbedStream {
  readonly index: number;
  readonly media: 'audio' | 'video' | 'other';
  /** FFmpeg's name of the codec: `h264`, `aac`, … */
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly profile: number;
  /** Presentation time of the earliest packet, and the end of the latest, read from the packets themselves. */
  readonly startUs: number;
  readonly endUs: number;
  readonly packets: number;
  readonly keyFrames: number;
  /** Largest step between the presentation times of neighbouring packets. */
  readonly largestGapUs: number;
}

/** What a file says of itself, and what its packets say. */
export interface ProbedFile {
  /** Names of the demuxer, e.g. `mov,mp4,m4a,3gp,3g2,mj2`. */
  readonly format: string;
  /** As the container declares it. */
  readonly durationUs: number;
  readonly startUs: number;
  readonly streams: readonly ProbedStream[];
  readonly video: ProbedStream | undefined;
  readonly audio: ProbedStream | undefined;
}

/** One demuxed packet; `data` is a copy. */
export interface FilePacket {
  readonly stream: number;
  readonly ptsUs: number;
  readonly dtsUs: number;
  readonly durationUs: number;
  readonly key: boolean;
  readonly data: Buffer;
}

/** Opens a local file, hands it to `use`, and closes it again. Only for files the tests made themselves. */
export async function withFile<T>(path: string, use: (format: FormatContext) => T | Promise<T>): Promise<T> {
  const format = new FormatContext();
  FFmpegError.throwIfError(await format.openInput(path), `open ${path}`);
  try {
    FFmpegError.throwIfError(await format.findStreamInfo(), `read ${path}`);
    return await use(format);
  } finally {
    await format.closeInput();
  }
}

/** Every packet of the file in file order, without decoding. */
export function* packetsOf(format: FormatContext): Generator<FilePacket> {
  const packet = new Packet();
  packet.alloc();
  const bases = format.streams.map(tickUs);
  try {
    while (format.readFrameSync(packet) >= 0) {
      const us = bases[packet.streamIndex] ?? 0;
      const dts = packet.dts === AV_NOPTS_VALUE ? packet.pts : packet.dts;
      yield {
        stream: packet.streamIndex,
        ptsUs: Number(packet.pts === AV_NOPTS_VALUE ? dts : packet.pts) * us,
        dtsUs: Number(dts) * us,
        durationUs: Number(packet.duration) * us,
        key: packet.isKeyframe,
        data: Buffer.from(packet.data ?? []),
      };
      packet.unref();
    }
  } finally {
    packet.free();
  }
}

/** Reads what a file holds. Rejects when it cannot be opened. */
export async function probeFile(path: string): Promise<ProbedFile> {
  return withFile(path, (format) => {
    const byStream = collectTimes(format);
    const streams = format.streams.map((stream, index) => probedStream(stream, byStream.get(index) ?? []));
    return {
      format: format.iformat?.name ?? '',
      durationUs: Number(format.duration),
      startUs: Number(format.startTime),
      streams,
      video: streams.find(({ media }) => media === 'video'),
      audio: streams.find(({ media }) => media === 'audio'),
    };
  });
}

type Times = Pick<FilePacket, 'ptsUs' | 'durationUs' | 'key'>;

function collectTimes(format: FormatContext): Map<number, Times[]> {
  const byStream = new Map<number, Times[]>();
  for (const { stream, ptsUs, durationUs, key } of packetsOf(format)) {
    const times = byStream.get(stream) ?? [];
    times.push({ ptsUs, durationUs, key });
    byStream.set(stream, times);
  }
  return byStream;
}

function probedStream(stream: Stream, times: Times[]): ProbedStream {
  const { codecpar } = stream;
  const pts = times.map(({ ptsUs }) => ptsUs).sort((a, b) => a - b);
  const gaps = pts.slice(1).map((at, index) => at - pts[index]!);
  return {
    index: stream.index,
    media:
      codecpar.codecType === AVMEDIA_TYPE_VIDEO
        ? 'video'
        : codecpar.codecType === AVMEDIA_TYPE_AUDIO
          ? 'audio'
          : 'other',
    codec: Codec.findDecoder(codecpar.codecId)?.name ?? 'unknown',
    width: codecpar.width,
    height: codecpar.height,
    sampleRate: codecpar.sampleRate,
    channels: codecpar.channels,
    profile: codecpar.profile,
    startUs: Math.round(pts[0] ?? 0),
    endUs: Math.round(times.reduce((end, { ptsUs, durationUs }) => Math.max(end, ptsUs + durationUs), 0)),
    packets: times.length,
    keyFrames: times.filter(({ key }) => key).length,
    largestGapUs: Math.round(gaps.reduce((a, b) => Math.max(a, b), 0)),
  };
}

/** Runs every packet of the first stream of a kind through its decoder and shows each frame, valid during the call only. */
export async function eachFrame(
  path: string,
  media: 'audio' | 'video',
  show: (frame: Frame, ptsUs: number) => void,
): Promise<void> {
  await withFile(path, async (format) => {
    const wanted = media === 'video' ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO;
    const stream = format.streams.find(({ codecpar }) => codecpar.codecType === wanted);
    if (!stream) throw new Error(`${path} has no ${media}.`);
    const decoder = await openDecoder(stream);
    decodeAll(format, stream, decoder, show);
    decoder.freeContext();
  });
}

async function openDecoder(stream: Stream): Promise<CodecContext> {
  const codec = Codec.findDecoder(stream.codecpar.codecId);
  if (!codec) throw new Error('No decoder for the stream.');
  const context = new CodecContext();
  context.allocContext3(codec);
  context.parametersToContext(stream.codecpar);
  context.pktTimebase = stream.timeBase;
  context.threadCount = 1;
  FFmpegError.throwIfError(await context.open2(codec), 'open decoder');
  return context;
}

function decodeAll(
  format: FormatContext,
  stream: Stream,
  decoder: CodecContext,
  show: (frame: Frame, ptsUs: number) => void,
): void {
  const packet = new Packet();
  packet.alloc();
  const frame = new Frame();
  frame.alloc();
  const drain = (): void => {
    while (decoder.receiveFrameSync(frame) >= 0)
      show(frame, Math.round(Number(frame.bestEffortTimestamp) * tickUs(stream)));
  };
  while (format.readFrameSync(packet) >= 0) {
    if (packet.streamIndex === stream.index) {
      FFmpegError.throwIfError(decoder.sendPacketSync(packet), 'decode');
      drain();
    }
    packet.unref();
  }
  decoder.sendPacketSync(null);
  drain();
  packet.free();
  frame.free();
}

const tickUs = (stream: Stream): number => (stream.timeBase.num / stream.timeBase.den) * 1_000_000;

/** Types and sizes of an MP4's top-level boxes in order: `moov` before `mdat` is what faststart means. */
export async function topLevelBoxes(path: string): Promise<{ type: string; size: number }[]> {
  const file = await open(path);
  try {
    const { size: end } = await file.stat();
    const boxes: { type: string; size: number }[] = [];
    const head = Buffer.alloc(16);
    for (let at = 0; at + 8 <= end;) {
      await file.read(head, 0, 16, at);
      const short = head.readUInt32BE(0);
      const size = short === 1 ? Number(head.readBigUInt64BE(8)) : short === 0 ? end - at : short;
      boxes.push({ type: head.toString('latin1', 4, 8), size });
      if (size < 8) break;
      at += size;
    }
    return boxes;
  } finally {
    await file.close();
  }
}
