import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_CODEC_ID_H264,
  AV_SAMPLE_FMT_FLTP,
  AVMEDIA_TYPE_VIDEO,
  FF_DECODER_OPUS,
  FF_ENCODER_AAC,
} from 'node-av/constants';
import { Codec, CodecContext, FormatContext, Frame, Packet, Rational } from 'node-av/lib';
import { channelLayout, ok, present } from '../src/codec/native.ts';
import type { AudioUnit, VideoUnit } from '../src/timeline/media.ts';
import { aacFrameSamples } from '../src/codec/aac-encoder.ts';

const kHz48 = 48_000;

async function opusDecoder(): Promise<CodecContext> {
  const codec = present('opus', Codec.findDecoderByName(FF_DECODER_OPUS));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleRate = kHz48;
  context.channelLayout = channelLayout(1);
  ok('open', await context.open2(codec, null));
  return context;
}

async function aacEncoder(): Promise<CodecContext> {
  const codec = present('aac', Codec.findEncoderByName(FF_ENCODER_AAC));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleFormat = AV_SAMPLE_FMT_FLTP;
  context.sampleRate = kHz48;
  context.channelLayout = channelLayout(1);
  context.bitRate = 64_000n;
  context.timeBase = new Rational(1, kHz48);
  context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  ok('open', await context.open2(codec, null));
  return context;
}

/**
 * The straightforward recorder: every call asynchronous, the encoder's default coder, no thought for silence, libav's
 * file output. It stands in for the ffmpeg command line, which does not come with the packages.
 */
export async function baselineRecording(
  path: string,
  pictures: readonly VideoUnit[],
  sound: readonly AudioUnit[],
): Promise<void> {
  const [decoder, encoder] = [await opusDecoder(), await aacEncoder()];
  const format = new FormatContext();
  ok('open', format.allocOutputContext2(null, 'mpegts', path));
  const video = format.newStream(null);
  video.codecpar.codecType = AVMEDIA_TYPE_VIDEO;
  video.codecpar.codecId = AV_CODEC_ID_H264;
  video.timeBase = new Rational(1, 90_000);
  const audio = format.newStream(null);
  audio.codecpar.fromContext(encoder);
  audio.timeBase = new Rational(1, 90_000);
  ok('create', await format.openOutput());
  ok('header', await format.writeHeader(null));
  const packet = new Packet();
  packet.alloc();
  const frame = new Frame();
  frame.alloc();
  const block = new Float32Array(aacFrameSamples);
  let filled = 0;
  let encoded = 0;
  const write = async (stream: number, pts: number): Promise<void> => {
    packet.streamIndex = stream;
    packet.pts = BigInt(pts);
    packet.dts = BigInt(pts);
    packet.duration = 1920n;
    ok('write', await format.interleavedWriteFrame(packet));
    packet.unref();
  };
  const encode = async (): Promise<void> => {
    const input = Frame.fromAudioBuffer(Buffer.from(block.buffer), {
      nbSamples: aacFrameSamples,
      format: AV_SAMPLE_FMT_FLTP,
      sampleRate: kHz48,
      channelLayout: channelLayout(1),
      pts: BigInt(encoded * aacFrameSamples),
    });
    ok('encode', await encoder.sendFrame(input));
    input.free();
    encoded += 1;
    if ((await encoder.receivePacket(packet)) >= 0) await write(1, Number(packet.pts) * 1.875 + 9000);
  };
  let next = 0;
  for (const unit of sound) {
    for (; next < pictures.length && pictures[next]!.at <= unit.at; next += 1) {
      packet.data = Buffer.from(pictures[next]!.data);
      packet.isKeyframe = pictures[next]!.key;
      await write(0, 9000 + next * 3600);
    }
    packet.data = Buffer.from(unit.data);
    ok('decode', await decoder.sendPacket(packet));
    packet.unref();
    ok('receive', await decoder.receiveFrame(frame));
    const pcm = new Float32Array(frame.data![0]!.buffer, frame.data![0]!.byteOffset, frame.nbSamples);
    for (let from = 0; from < pcm.length;) {
      const count = Math.min(pcm.length - from, aacFrameSamples - filled);
      block.set(pcm.subarray(from, from + count), filled);
      from += count;
      filled = (filled + count) % aacFrameSamples;
      if (filled === 0) await encode();
    }
  }
  ok('trailer', await format.writeTrailer());
  await format.closeOutput();
  format.freeContext();
  decoder.freeContext();
  encoder.freeContext();
}
