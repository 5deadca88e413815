import { AV_PICTURE_TYPE_I, AV_PICTURE_TYPE_NONE, AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Frame, Packet, Rational } from 'node-av/lib';
import { ok, present } from '../../src/codec/native.ts';
import type { VideoUnit } from '../../src/timeline/media.ts';
import { wallUs, type WallUs } from '../../src/units.ts';

/** A test camera. */
export interface CameraOptions {
  readonly codec?: 'h264' | 'vp8';
  readonly width?: number;
  readonly height?: number;
  /** Pictures between two key frames, 25 by default. */
  readonly gop?: number;
  readonly from: WallUs;
  readonly count: number;
  /** Microseconds between two pictures, 40 000 by default. */
  readonly step?: number;
  /** Grey of picture n, 16 … 235; a ramp by default. */
  readonly luma?: (n: number) => number;
  /** x264's or vpx's ceiling; default is what a flat picture takes. */
  readonly bitrate?: number;
  /** B frames in a row, 0 by default; units then come in decoding order. */
  readonly bFrames?: number;
  /** Adds noise so that pictures take the bitrate. */
  readonly noise?: boolean;
}

const settings = {
  h264: {
    name: 'libx264',
    options: { preset: 'ultrafast', tune: 'zerolatency', profile: 'baseline', 'forced-idr': 1 },
  },
  vp8: { name: 'libvpx', options: { deadline: 'realtime', 'cpu-used': 8, 'lag-in-frames': 0 } },
} as const;

/** Greys that decode apart from each other even after another lossy coding. */
export const ramp = (n: number): number => 30 + (n % 20) * 10;

/** Encodes grey pictures as a timeline would hand them out: H.264 with parameter sets in key frames, without delimiters. */
export async function camera(options: CameraOptions): Promise<VideoUnit[]> {
  const { codec = 'h264', width = 320, height = 180, gop = 25, from, count, step = 40_000, luma = ramp } = options;
  const encoder = present(codec, Codec.findEncoderByName(settings[codec].name as never));
  const context = new CodecContext();
  context.allocContext3(encoder);
  context.width = width;
  context.height = height;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.timeBase = new Rational(1, 1_000_000);
  context.framerate = new Rational(25, 1);
  context.gopSize = 10_000;
  context.maxBFrames = options.bFrames ?? 0;
  context.threadCount = 1;
  if (options.bitrate) context.bitRate = BigInt(options.bitrate);
  ok(
    'open',
    await context.open2(
      encoder,
      Dictionary.fromObject(options.bFrames ? { preset: 'veryfast' } : settings[codec].options),
    ),
  );
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_YUV420P;
  frame.width = width;
  frame.height = height;
  ok('frame', frame.getBuffer(0));
  const packet = new Packet();
  packet.alloc();
  const units: VideoUnit[] = [];
  const drain = (): void => {
    while (context.receivePacketSync(packet) >= 0) {
      const at = wallUs(from + Number(packet.pts));
      units.push({ at, key: packet.isKeyframe, codec, data: new Uint8Array(packet.data!) });
      packet.unref();
    }
  };
  for (let n = 0; n < count; n += 1) {
    ok('writable', frame.makeWritable());
    const [y, u, v] = frame.data!;
    y!.fill(luma(n));
    if (options.noise) for (let i = 0; i < y!.length; i += 3) y![i] = 16 + ((i * 7919 + n * 104_729) % 200);
    u!.fill(128);
    v!.fill(128);
    frame.pts = BigInt(n * step);
    frame.pictType = n % gop === 0 ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    ok('send', context.sendFrameSync(frame));
    drain();
  }
  context.sendFrameSync(null);
  drain();
  context.freeContext();
  return units;
}
