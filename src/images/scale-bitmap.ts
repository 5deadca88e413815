import { AV_PIX_FMT_RGBA, AVCOL_RANGE_JPEG, AVCOL_SPC_RGB } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { FilterChain, type FilterSpec, type PictureShape } from '../codec/filter-chain.ts';
import { ok, present } from '../codec/native.ts';
import type { Rect, Size } from '../layout/rect.ts';
import type { Bitmap } from './bitmap.ts';

function newFrame(): Frame {
  const frame = new Frame();
  frame.alloc();
  return frame;
}

/** Rows of the library's picture without the gaps between them. */
function packed(frame: Frame): Bitmap {
  const { width, height } = frame;
  const pixels = present('pixels', frame.data?.[0]);
  const stride = present('row length', frame.linesize[0]);
  const data = Buffer.allocUnsafe(width * height * 4);
  for (let y = 0; y < height; y++) pixels.copy(data, y * width * 4, y * stride, y * stride + width * 4);
  return { width, height, data };
}

function filtered(picture: Frame, shape: PictureShape, filters: readonly FilterSpec[]): Bitmap {
  const chain = new FilterChain(shape, filters);
  const frame = newFrame();
  try {
    chain.convert(picture, frame);
    return packed(frame);
  } finally {
    frame.free();
    chain.close();
  }
}

const toRgba: FilterSpec = ['format', 'pix_fmts=rgba'];

/** A decoded picture of any format as RGBA; the opacity is not yet multiplied in. @throws NativeError when there is no way. */
export function rgbaOf(picture: Frame): Bitmap {
  const { width, height, format, colorSpace: matrix, colorRange: range } = picture;
  return filtered(picture, { width, height, format, matrix, range }, [['scale', 'flags=bicubic'], toRgba]);
}

/** The `crop` part of a bitmap in another size. Opaque or premultiplied only, because neighbours mix. */
export function scaleBitmap(bitmap: Bitmap, crop: Rect, size: Size): Bitmap {
  const { width, height, data } = bitmap;
  if (width === size.width && height === size.height && crop.width === width && crop.height === height) return bitmap;
  const picture = newFrame();
  try {
    picture.width = width;
    picture.height = height;
    picture.format = AV_PIX_FMT_RGBA;
    ok('bitmap', picture.getBuffer(1));
    ok('bitmap', picture.fromBuffer(data));
    const shape = { width, height, format: AV_PIX_FMT_RGBA, matrix: AVCOL_SPC_RGB, range: AVCOL_RANGE_JPEG };
    return filtered(picture, shape, [
      ['crop', `${crop.width}:${crop.height}:${crop.left}:${crop.top}:exact=1`],
      ['scale', `w=${size.width}:h=${size.height}:flags=bicubic`],
      toRgba,
    ]);
  } finally {
    picture.free();
  }
}
