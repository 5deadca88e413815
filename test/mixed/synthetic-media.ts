import {
  AV_PIX_FMT_YUV420P,
  AV_SAMPLE_FMT_FLT,
  FF_ENCODER_LIBOPUS,
  FF_ENCODER_LIBVPX_VP8,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Frame, Packet, Rational } from 'node-av/lib';
import { channelLayout, floatPlane, ok, present } from '../../src/codec/native.ts';
import type { AudioUnit, VideoUnit } from '../../src/timeline/media.ts';
import { wallUs, type WallUs } from '../../src/units.ts';

export type Colour = readonly [y: number, u: number, v: number];

export const black: Colour = [16, 128, 128];
export const red: Colour = [82, 90, 240];
export const green: Colour = [145, 54, 34];
export const blue: Colour = [41, 240, 110];
export const white: Colour = [235, 128, 128];

export interface CodedPicture {
  readonly data: Buffer;
  readonly key: boolean;
}

export interface PictureSpec {
  readonly codec?: 'h264' | 'vp8';
  readonly width: number;
  readonly height: number;
  readonly count: number;
  readonly fps?: number;
  readonly bitrate?: number;
  /** Key frames by default at the first picture only. */
  readonly gop?: number;
  /** x264's; the fastest by default. */
  readonly preset?: string;
  /** Colour of the picture, or of its left and right half; or a painter of its own. */
  readonly colour: (i: number) => Colour | readonly [left: Colour, right: Colour] | Painter;
}

/** Fills the planes of picture `i`. */
export type Painter = (planes: readonly Buffer[], linesize: readonly number[]) => void;

const halves = (c: Colour | readonly [Colour, Colour]): readonly [Colour, Colour] =>
  typeof c[0] === 'number' ? [c as Colour, c as Colour] : (c as readonly [Colour, Colour]);

function paint(frame: Frame, colour: Colour | readonly [Colour, Colour] | Painter): void {
  ok('writable', frame.makeWritable());
  if (typeof colour === 'function') {
    colour(present('planes', frame.data), frame.linesize);
    return;
  }
  const [left, right] = halves(colour);
  const data = present('planes', frame.data);
  data.forEach((plane, i) => {
    const shift = i === 0 ? 0 : 1;
    const stride = frame.linesize[i] ?? 0;
    for (let y = 0; y < frame.height >> shift; y++) {
      plane.fill(left[i] ?? 0, y * stride, y * stride + (frame.width >> (shift + 1)));
      plane.fill(right[i] ?? 0, y * stride + (frame.width >> (shift + 1)), y * stride + (frame.width >> shift));
    }
  });
}

function pictureFrame(width: number, height: number): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = AV_PIX_FMT_YUV420P;
  ok('frame', frame.getBuffer(64));
  return frame;
}

const encoderOptions = {
  h264: { preset: 'ultrafast', tune: 'zerolatency', profile: 'baseline' },
  vp8: { deadline: 'realtime', 'cpu-used': '8', 'lag-in-frames': '0' },
} as const;

async function openPictures(spec: PictureSpec): Promise<CodecContext> {
  const name = spec.codec === 'vp8' ? FF_ENCODER_LIBVPX_VP8 : FF_ENCODER_LIBX264;
  const codec = present('encoder', Codec.findEncoderByName(name));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = spec.width;
  context.height = spec.height;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.timeBase = new Rational(1, spec.fps ?? 15);
  context.gopSize = spec.gop ?? 10_000;
  context.bitRate = BigInt(spec.bitrate ?? 300_000);
  context.threadCount = 1;
  const options = { ...encoderOptions[spec.codec ?? 'h264'], ...(spec.preset ? { preset: spec.preset } : {}) };
  ok('open', await context.open2(codec, Dictionary.fromObject(options)));
  return context;
}

/** Real coded pictures of plain colours, as a WebRTC sender would send them. */
export async function encodePictures(spec: PictureSpec): Promise<CodedPicture[]> {
  const context = await openPictures(spec);
  const frame = pictureFrame(spec.width, spec.height);
  const packet = new Packet();
  packet.alloc();
  const pictures: CodedPicture[] = [];
  for (let i = 0; i < spec.count; i++) {
    paint(frame, spec.colour(i));
    frame.pts = BigInt(i);
    ok('send', context.sendFrameSync(frame));
    while (context.receivePacketSync(packet) >= 0) {
      pictures.push({ data: Buffer.from(present('data', packet.data)), key: packet.isKeyframe });
      packet.unref();
    }
  }
  context.freeContext();
  frame.free();
  packet.free();
  return pictures;
}

/** The pictures as units from `start` on, evenly spaced. */
export const asUnits = (
  pictures: readonly CodedPicture[],
  start: number,
  fps: number,
  codec: 'h264' | 'vp8' = 'h264',
): VideoUnit[] =>
  pictures.map((picture, i) => ({ ...picture, codec, at: wallUs(start + Math.round((i * 1_000_000) / fps)) }));

/** Sample `i` of a voice at 48 kHz. */
export type Voice = (i: number) => number;

/** A steady tone. */
export const tone =
  (hertz: number, amplitude: number): Voice =>
  (i) =>
    amplitude * Math.sin((2 * Math.PI * hertz * i) / 48_000);

/** Real Opus packets of 20 ms from `start` on. */
export async function encodeVoice(voice: Voice, seconds: number, start: WallUs): Promise<AudioUnit[]> {
  const codec = present('Opus encoder', Codec.findEncoderByName(FF_ENCODER_LIBOPUS));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleRate = 48_000;
  context.sampleFormat = AV_SAMPLE_FMT_FLT;
  context.channelLayout = channelLayout(1);
  context.bitRate = 48_000n;
  context.timeBase = new Rational(1, 48_000);
  ok('open', await context.open2(codec, Dictionary.fromObject({ application: 'audio', frame_duration: '20' })));
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_SAMPLE_FMT_FLT;
  frame.sampleRate = 48_000;
  frame.channelLayout = channelLayout(1);
  frame.nbSamples = 960;
  ok('frame', frame.getBuffer(0));
  const packet = new Packet();
  packet.alloc();
  const units: AudioUnit[] = [];
  for (let n = 0; n < seconds * 50; n++) {
    ok('writable', frame.makeWritable());
    const samples = floatPlane(present('plane', frame.data?.[0]), 960);
    for (let i = 0; i < 960; i++) samples[i] = voice(n * 960 + i);
    frame.pts = BigInt(n * 960);
    ok('send', context.sendFrameSync(frame));
    while (context.receivePacketSync(packet) >= 0) {
      const data = Buffer.from(present('data', packet.data));
      units.push({ at: wallUs(start + units.length * 20_000), samples: 960, data, level: 30 });
      packet.unref();
    }
  }
  context.freeContext();
  return units;
}
