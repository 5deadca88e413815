import { crc32, deflateSync } from 'node:zlib';
import { AV_CODEC_ID_MJPEG, AV_PIX_FMT_YUVJ420P } from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, Rational } from 'node-av/lib';
import { ok, present } from '../../src/codec/native.ts';

/** Red, green, blue and opacity. */
export type Rgba = readonly [r: number, g: number, b: number, a: number];

/** One chunk of a PNG. */
export function pngChunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** The first chunk: 8 bits, RGBA. */
export function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8);
  return pngChunk('IHDR', header);
}

export const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A PNG whose pixels are told by place; `extra` chunks stand before the picture. */
export function png(
  width: number,
  height: number,
  pixel: (x: number, y: number) => Rgba,
  extra: readonly Buffer[] = [],
): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 4));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows.set(pixel(x, y), y * (1 + width * 4) + 1 + x * 4);
  const end = pngChunk('IEND', Buffer.alloc(0));
  const data = pngChunk('IDAT', deflateSync(rows));
  return Buffer.concat([pngSignature, pngHeader(width, height), ...extra, data, end]);
}

/** A PNG of one colour. */
export const plainPng = (width: number, height: number, colour: Rgba): Buffer => png(width, height, () => colour);

/** A JPEG of one colour, given as full range Y, Cb, Cr. */
export async function plainJpeg(width: number, height: number, yuv: readonly number[]): Promise<Buffer> {
  const codec = present('encoder', Codec.findEncoder(AV_CODEC_ID_MJPEG));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = width;
  context.height = height;
  context.pixelFormat = AV_PIX_FMT_YUVJ420P;
  context.timeBase = new Rational(1, 1);
  ok('open', await context.open2(codec, null));
  const frame = new Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = AV_PIX_FMT_YUVJ420P;
  ok('frame', frame.getBuffer(64));
  present('planes', frame.data).forEach((plane, i) => plane.fill(yuv[i] ?? 0));
  frame.pts = 0n;
  const packet = new Packet();
  packet.alloc();
  ok('encode', context.sendFrameSync(frame));
  ok('end', context.sendFrameSync(null));
  ok('receive', context.receivePacketSync(packet));
  const data = Buffer.from(present('data', packet.data));
  context.freeContext();
  frame.free();
  packet.free();
  return data;
}
