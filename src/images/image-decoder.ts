import { AV_CODEC_ID_MJPEG, AV_CODEC_ID_PNG } from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet } from 'node-av/lib';
import { ok, present } from '../codec/native.ts';
import { rect, type Size } from '../layout/rect.ts';
import { premultiply, type Bitmap } from './bitmap.ts';
import { ImageError } from './image-error.ts';
import { barePng, readImageHeader, type ImageHeader } from './image-header.ts';
import { rgbaOf, scaleBitmap } from './scale-bitmap.ts';

const codecIds = { png: AV_CODEC_ID_PNG, jpeg: AV_CODEC_ID_MJPEG } as const;

/** Decoders round sizes up; a frame that is larger than the header said is refused by this limit. */
const padding = 128;

/** Decodes off the main thread; the codec is named, nothing is guessed. */
async function decodeFrame({ kind, width, height }: ImageHeader, data: Buffer): Promise<Frame> {
  const codec = present(`${kind} decoder`, Codec.findDecoder(codecIds[kind]));
  const context = new CodecContext();
  const packet = new Packet();
  const frame = new Frame();
  context.allocContext3(codec);
  packet.alloc();
  frame.alloc();
  try {
    context.threadCount = 1;
    ok('limit picture size', context.setOption('max_pixels', (width + padding) * (height + padding)));
    ok('open decoder', context.open2Sync(codec, null));
    packet.data = data;
    ok('decode', await context.sendPacket(packet));
    ok('end', await context.sendPacket(null));
    ok('decoded picture', await context.receiveFrame(frame));
    if (frame.width !== width || frame.height !== height) throw new ImageError('is not of the size it claims');
    return frame;
  } catch (error) {
    frame.free();
    throw error;
  } finally {
    packet.free();
    context.freeContext();
  }
}

async function decodeWhole(header: ImageHeader, data: Buffer): Promise<Bitmap> {
  const frame = await decodeFrame(header, data);
  try {
    const bitmap = rgbaOf(frame);
    if (header.kind === 'png') premultiply(bitmap.data);
    return bitmap;
  } finally {
    frame.free();
  }
}

/** The size an image is kept in: as it is, or smaller so that it just covers what it may have to fill; at least 2×2. */
function keptSize({ width, height }: Size, within: Size): Size {
  const scale = Math.min(1, Math.max(within.width / width, within.height / height));
  const side = (n: number): number => Math.max(2, Math.round(n * scale));
  return { width: side(width), height: side(height) };
}

/**
 * Turns a PNG or JPEG file into pixels, no larger than needed to cover `within`. Sizes are checked before decoding.
 * @throws ImageError when it is not one of them, larger than 2K, or broken.
 */
export async function decodeImage(file: Buffer, within: Size): Promise<Bitmap> {
  const header = readImageHeader(file);
  const data = header.kind === 'png' ? barePng(file) : file;
  try {
    const whole = await decodeWhole(header, data);
    return scaleBitmap(whole, rect(0, 0, whole.width, whole.height), keptSize(whole, within));
  } catch (error) {
    throw error instanceof ImageError ? error : new ImageError('cannot be decoded', { cause: error });
  }
}
