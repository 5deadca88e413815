import {
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_CODEC_ID_H264,
  AV_PIX_FMT_YUV420P,
  AV_PKT_FLAG_KEY,
  AV_SAMPLE_FMT_FLTP,
  AVMEDIA_TYPE_VIDEO,
  FF_ENCODER_AAC,
} from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet, Rational, type Stream } from 'node-av/lib';
import '../../src/codec/native.ts';
import { annexBUnits } from '../../src/synthetic/annex-b.ts';
import { pictureInstant } from '../../src/synthetic/capture-grid.ts';
import { PatternPicture } from '../../src/synthetic/picture.ts';
import { patternSound, SOUND_RATE } from '../../src/synthetic/sound.ts';
import { VideoEncoder, type CodedPicture } from '../../src/synthetic/video-encoder.ts';

/** What the known file holds: the pattern from a whole second on, the sound late by a known amount. */
export interface PatternFileOptions {
  readonly seconds: number;
  readonly fps: number;
  readonly colour: string;
  readonly beepHz: number;
  /** Microseconds by which the sound is shifted against the picture. */
  readonly soundLateUs: number;
}

/** An arbitrary whole second, so that absolute numbers are as large as in life. */
const ZERO_SECOND = 1_700_000_000;
const WIDTH = 640;
const HEIGHT = 360;
const AAC_FRAME = 1024;

/** Writes an MP4 of the pattern and returns the coded pictures that went in. */
export async function writePatternFile(path: string, options: PatternFileOptions): Promise<CodedPicture[]> {
  const pictures = await codePictures(options);
  const sound = await openAac();
  const format = new FormatContext();
  FFmpegError.throwIfError(format.allocOutputContext2(null, 'mp4', path));
  const video = videoStream(format, pictures[0]!);
  const audio = format.newStream();
  FFmpegError.throwIfError(audio.codecpar.fromContext(sound));
  audio.timeBase = new Rational(1, SOUND_RATE);
  FFmpegError.throwIfError(await format.openOutput());
  FFmpegError.throwIfError(await format.writeHeader());
  writePictures(format, video, pictures, options.fps);
  writeSound(format, audio, sound, options);
  FFmpegError.throwIfError(await format.writeTrailer());
  await format.closeOutput();
  return pictures;
}

async function codePictures({ seconds, fps, colour }: PatternFileOptions): Promise<CodedPicture[]> {
  const pattern = new PatternPicture({ width: WIDTH, height: HEIGHT, colour, name: 'known', kind: 'camera' });
  const encoder = await VideoEncoder.open({ codec: 'h264', width: WIDTH, height: HEIGHT, fps, bitrate: 800_000 });
  const pictures: CodedPicture[] = [];
  for (let index = 0; index < seconds * fps; index += 1) {
    const coded = encoder.encode(
      pattern.render(pictureInstant(fps, ZERO_SECOND * fps + index)),
      Math.round((index * 90_000) / fps),
      false,
    );
    if (coded) pictures.push(coded);
  }
  encoder.close();
  return pictures;
}

function videoStream(format: FormatContext, first: CodedPicture): Stream {
  const stream = format.newStream();
  const sets = annexBUnits(first.data).filter((unit) => [7, 8].includes(unit[0]! & 31));
  const { codecpar } = stream;
  codecpar.codecType = AVMEDIA_TYPE_VIDEO;
  codecpar.codecId = AV_CODEC_ID_H264;
  codecpar.width = WIDTH;
  codecpar.height = HEIGHT;
  codecpar.format = AV_PIX_FMT_YUV420P;
  codecpar.extradata = Buffer.concat(sets.flatMap((unit) => [Buffer.from([0, 0, 0, 1]), unit]));
  stream.timeBase = new Rational(1, 90_000);
  return stream;
}

async function openAac(): Promise<CodecContext> {
  const codec = Codec.findEncoderByName(FF_ENCODER_AAC)!;
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleRate = SOUND_RATE;
  context.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
  context.sampleFormat = AV_SAMPLE_FMT_FLTP;
  context.timeBase = new Rational(1, SOUND_RATE);
  context.bitRate = 96_000n;
  context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  FFmpegError.throwIfError(await context.open2(codec));
  return context;
}

function writePictures(format: FormatContext, stream: Stream, pictures: readonly CodedPicture[], fps: number): void {
  for (const [index, { data, key }] of pictures.entries()) {
    const packet = new Packet();
    packet.alloc();
    packet.data = data;
    packet.streamIndex = stream.index;
    packet.pts = packet.dts = BigInt(Math.round((index * 90_000) / fps));
    packet.duration = BigInt(Math.round(90_000 / fps));
    if (key) packet.setFlags(AV_PKT_FLAG_KEY);
    packet.rescaleTs({ num: 1, den: 90_000 }, stream.timeBase);
    FFmpegError.throwIfError(format.interleavedWriteFrameSync(packet));
    packet.free();
  }
}

function writeSound(
  format: FormatContext,
  stream: Stream,
  encoder: CodecContext,
  { seconds, beepHz, soundLateUs }: PatternFileOptions,
): void {
  const late = Math.round((soundLateUs * SOUND_RATE) / 1_000_000);
  const packet = new Packet();
  packet.alloc();
  const drain = (): void => {
    while (encoder.receivePacketSync(packet) >= 0) {
      packet.streamIndex = stream.index;
      packet.rescaleTs({ num: 1, den: SOUND_RATE }, stream.timeBase);
      FFmpegError.throwIfError(format.interleavedWriteFrameSync(packet));
    }
  };
  for (let at = 0; at < seconds * SOUND_RATE; at += AAC_FRAME) {
    const frame = planarFrame(patternSound(ZERO_SECOND * SOUND_RATE + at - late, AAC_FRAME, beepHz), at);
    FFmpegError.throwIfError(encoder.sendFrameSync(frame));
    frame.free();
    drain();
  }
  encoder.sendFrameSync(null);
  drain();
  packet.free();
  encoder.freeContext();
}

function planarFrame(interleaved: Float32Array, at: number): Frame {
  const planar = new Float32Array(interleaved.length);
  for (let n = 0; n < AAC_FRAME; n += 1) {
    planar[n] = interleaved[n * 2]!;
    planar[AAC_FRAME + n] = interleaved[n * 2 + 1]!;
  }
  const props = {
    nbSamples: AAC_FRAME,
    format: AV_SAMPLE_FMT_FLTP,
    sampleRate: SOUND_RATE,
    channelLayout: AV_CHANNEL_LAYOUT_STEREO,
    pts: BigInt(at),
  };
  return Frame.fromAudioBuffer(Buffer.from(planar.buffer), props);
}
