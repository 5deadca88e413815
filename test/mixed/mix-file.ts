import { AV_CODEC_ID_AAC, AV_CODEC_ID_H264 } from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet } from 'node-av/lib';
import { floatPlane, ok, present } from '../../src/codec/native.ts';
import type { Rect } from '../../src/layout/rect.ts';
import type { MixFormats } from '../../src/mixed/mix-options.ts';
import type { AudioPacket, SegmentWriter, VideoPacket } from '../../src/segment/segment-writer.ts';

/** Keeps what a mix writes, in writing order. */
export class MixFile implements SegmentWriter {
  readonly videos: VideoPacket[] = [];
  readonly audios: AudioPacket[] = [];
  readonly order: { kind: 'video' | 'audio'; time: number }[] = [];
  formats: MixFormats | undefined;
  flushed = 0;
  closed = 0;

  readonly open = (formats: MixFormats): SegmentWriter => {
    this.formats = formats;
    return this;
  };

  writeVideo(packet: VideoPacket): void {
    this.videos.push(packet);
    this.order.push({ kind: 'video', time: packet.dts });
  }

  writeAudio(packet: AudioPacket): void {
    this.audios.push(packet);
    this.order.push({ kind: 'audio', time: packet.pts });
  }

  cutAt(): void {}

  flush(): void {
    this.flushed += 1;
  }

  close(): void {
    this.closed += 1;
  }
}

/** One decoded picture; colours are read as means of an area. */
export interface ShownPicture {
  readonly pts: number;
  readonly width: number;
  readonly height: number;
  /** The value of plane 0 (luma), 1 or 2 (chroma, half as wide and high) at a place of that plane. */
  value(plane: number, x: number, y: number): number;
  mean(area: Rect): readonly [number, number, number];
}

function copyPicture(frame: Frame): ShownPicture {
  const { width, height, linesize } = frame;
  const planes = present('planes', frame.data).map((plane) => Buffer.from(plane));
  const mean = (area: Rect): readonly [number, number, number] => {
    const means = planes.map((plane, i) => {
      const shift = i === 0 ? 0 : 1;
      let sum = 0;
      let count = 0;
      for (let y = area.top >> shift; y < (area.top + area.height) >> shift; y++)
        for (let x = area.left >> shift; x < (area.left + area.width) >> shift; x++) {
          sum += plane[y * (linesize[i] ?? 0) + x] ?? 0;
          count += 1;
        }
      return sum / count;
    });
    return [means[0] ?? 0, means[1] ?? 0, means[2] ?? 0];
  };
  const value = (plane: number, x: number, y: number): number => planes[plane]![y * linesize[plane]! + x]!;
  return { pts: Number(frame.pts), width, height, value, mean };
}

/** Decodes the file's pictures; every one must decode and keep its time. */
export function decodePictures(packets: readonly VideoPacket[]): ShownPicture[] {
  const codec = present('decoder', Codec.findDecoder(AV_CODEC_ID_H264));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.threadCount = 1;
  ok('open', context.open2Sync(codec, null));
  const packet = new Packet();
  packet.alloc();
  const frame = new Frame();
  frame.alloc();
  const shown: ShownPicture[] = [];
  const receive = (): void => {
    while (context.receiveFrameSync(frame) >= 0) {
      shown.push(copyPicture(frame));
      frame.unref();
    }
  };
  for (const { data, pts, dts } of packets) {
    packet.data = Buffer.from(data);
    packet.pts = BigInt(pts);
    packet.dts = BigInt(dts);
    ok('send', context.sendPacketSync(packet));
    packet.unref();
    receive();
  }
  ok('end', context.sendPacketSync(null));
  receive();
  context.freeContext();
  return shown;
}

/** Decoded sound of the file, first channel; index 0 is the first packet's time. */
export function decodeSound(packets: readonly AudioPacket[], formats: MixFormats | undefined): Float32Array {
  const codec = present('decoder', Codec.findDecoder(AV_CODEC_ID_AAC));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.extraData = Buffer.from(present('audio', formats?.audio).config);
  ok('open', context.open2Sync(codec, null));
  const packet = new Packet();
  packet.alloc();
  const frame = new Frame();
  frame.alloc();
  const samples = new Float32Array(packets.length * 1024);
  packets.forEach(({ data }, i) => {
    packet.data = Buffer.from(data);
    ok('send', context.sendPacketSync(packet));
    packet.unref();
    if (context.receiveFrameSync(frame) < 0) return;
    samples.set(floatPlane(present('plane', frame.data?.[0]), Math.min(1024, frame.nbSamples)), i * 1024);
    frame.unref();
  });
  context.freeContext();
  return samples;
}

/** Amplitude of one frequency (Goertzel) in `count` samples from `from` on. */
export function amplitudeOf(samples: Float32Array, hertz: number, from: number, count: number, rate = 48_000): number {
  const w = (2 * Math.PI * hertz) / rate;
  let s1 = 0;
  let s2 = 0;
  for (let i = from; i < from + count; i++) {
    const s0 = (samples[i] ?? 0) + 2 * Math.cos(w) * s1 - s2;
    s2 = s1;
    s1 = s0;
  }
  return (2 * Math.sqrt(s1 * s1 + s2 * s2 - 2 * Math.cos(w) * s1 * s2)) / count;
}
