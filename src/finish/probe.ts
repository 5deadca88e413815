import { AV_PKT_FLAG_DISCARD, AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO, type AVMediaType } from 'node-av/constants';
import { Codec, CodecContext, FormatContext, Frame, InputFormat, Packet, type Stream } from 'node-av/lib';
import { NativeError, ok } from '../codec/native.ts';
import type { MediaFacts } from '../worker-api/messages.ts';
import { FinishError, type ExpectedStreams } from './finish-request.ts';

/** What a probe found in a file. */
export interface ProbedFile {
  readonly durationMs: number;
  readonly streams: readonly ('h264' | 'aac')[];
  /** Pixels of the first decoded picture; 0 without video. */
  readonly width: number;
  readonly height: number;
  readonly facts: MediaFacts;
}

/** What a file must be. */
export interface ProbeWanted {
  /** Streams that must be there and decode; others count if they do. */
  readonly expect: ExpectedStreams;
  /** Length by the timeline, in milliseconds; undefined where the file does not tell its own. */
  readonly spanMs: number | undefined;
  /** Set for a transport stream, which nobody could guess from a segment of a few packets. */
  readonly transport?: true;
}

/** How far the file's length may be from the timeline's. */
const toleranceMs = 200;
/** From 0 a demuxer leaves out the frame before the first, without which the first is no sound. */
const beforeAll = -(2n ** 32n);
/** Packets that are tried until the first picture comes out. */
const mostTries = 60;

/** Opens a finished file as a player would and compares it with what it should be. @throws FinishError `probe-failed`. */
export function probeFile(path: string, wanted: ProbeWanted): ProbedFile {
  const format = new FormatContext();
  format.allocContext();
  try {
    const input = wanted.transport ? InputFormat.findInputFormat('mpegts') : null;
    ok('open the finished file', format.openInputSync(`file:${path}`, input));
    ok('read its streams', format.findStreamInfoSync());
    return check(format, wanted);
  } catch (error) {
    throw error instanceof NativeError ? new FinishError('probe-failed', error.message) : error;
  } finally {
    format.closeInputSync();
  }
}

function check(format: FormatContext, wanted: ProbeWanted): ProbedFile {
  const video = streamOf(format, AVMEDIA_TYPE_VIDEO, wanted.expect.video);
  const audio = streamOf(format, AVMEDIA_TYPE_AUDIO, wanted.expect.audio);
  const durationMs = Math.round(Number(format.duration) / 1000);
  if (wanted.spanMs !== undefined) checkDuration(durationMs, wanted.spanMs);
  const { width = 0, height = 0 } = video?.codecpar ?? {};
  const streams = [...(video ? (['h264'] as const) : []), ...(audio ? (['aac'] as const) : [])];
  return { durationMs, streams, width, height, facts: factsOf(video, audio) };
}

/** The stream of that kind, if it decodes. @throws FinishError when it does not, but must. */
function streamOf(format: FormatContext, kind: AVMediaType, required: boolean): Stream | undefined {
  const stream = format.streams.find(({ codecpar }) => codecpar.codecType === kind);
  if (stream && decodesFirst(format, stream)) return stream;
  if (!required) return undefined;
  const what = kind === AVMEDIA_TYPE_VIDEO ? 'video' : 'sound';
  const fault = stream
    ? `stream ${stream.index} of the finished file does not decode`
    : `the finished file has no ${what}`;
  throw new FinishError('probe-failed', fault);
}

/** The length of a finished file must be that of its span. @throws FinishError `probe-failed`. */
export function checkDuration(durationMs: number, spanMs: number): void {
  if (Math.abs(durationMs - spanMs) <= toleranceMs) return;
  const wanted = Math.round(spanMs);
  throw new FinishError('probe-failed', `the finished file lasts ${durationMs} ms, the timeline says ${wanted} ms`);
}

/** What streams say of their coding; 0 is the library's word for unknown. */
function factsOf(video: Stream | undefined, audio: Stream | undefined): MediaFacts {
  const known = (value: number): number | undefined => (value > 0 ? Math.round(value) : undefined);
  const { num = 0, den = 1 } = video?.avgFrameRate ?? {};
  return {
    videoBitrate: known(Number(video?.codecpar.bitRate ?? 0)),
    fps: known(den > 0 ? num / den : 0),
    audioBitrate: known(Number(audio?.codecpar.bitRate ?? 0)),
    sampleRate: known(audio?.codecpar.sampleRate ?? 0),
    channels: known(audio?.codecpar.channels ?? 0),
  };
}

/** Whether the first packets of a stream give a picture or sound. */
function decodesFirst(format: FormatContext, stream: Stream): boolean {
  // Of a few frames in a segment of its own the library cannot always tell what they are.
  const codec = Codec.findDecoder(stream.codecpar.codecId);
  if (!codec) return false;
  const context = new CodecContext();
  const packet = new Packet();
  const frame = new Frame();
  context.allocContext3(codec);
  packet.alloc();
  frame.alloc();
  try {
    ok('decoder parameters', context.parametersToContext(stream.codecpar));
    context.threadCount = 1;
    ok('open decoder', context.open2Sync(codec, null));
    // A segment of a killed recorder may be too short to be sought in.
    if (format.seekFrameSync(stream.index, beforeAll) < 0) return false;
    return decodesSoon(format, stream.index, context, packet, frame);
  } finally {
    context.freeContext();
    packet.free();
    frame.free();
  }
}

function decodesSoon(
  format: FormatContext,
  index: number,
  context: CodecContext,
  packet: Packet,
  frame: Frame,
): boolean {
  for (let tries = 0; tries < mostTries;) {
    if (format.readFrameSync(packet) < 0) {
      context.sendPacketSync(null);
      return context.receiveFrameSync(frame) >= 0;
    }
    const mine = packet.streamIndex === index;
    // Pictures that the edit list hides are decoded like others.
    packet.clearFlags(AV_PKT_FLAG_DISCARD);
    if (mine) context.sendPacketSync(packet);
    packet.unref();
    if (!mine) continue;
    if (context.receiveFrameSync(frame) >= 0) return true;
    tries += 1;
  }
  return false;
}
