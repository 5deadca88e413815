import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { openH264Encoder } from '../codec/h264-encoder.ts';
import { ok, present } from '../codec/native.ts';
import { black } from '../codec/yuv.ts';
import type { Size } from '../layout/rect.ts';
import { micros } from '../units.ts';

/** One black key frame in H.264 Annex B with its parameter sets. Pixels must be even. @throws NativeError when x264 refuses the size. */
export async function codeBlackPicture({ width, height }: Size): Promise<Uint8Array> {
  const encoder = await openH264Encoder({ width, height });
  const frame = blackFrame({ width, height });
  try {
    const pictures = [...encoder.encode(frame, micros(0)), ...encoder.finish()];
    return present('black picture', pictures[0]).data;
  } finally {
    frame.free();
    encoder.close();
  }
}

function blackFrame({ width, height }: Size): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_YUV420P;
  frame.width = width;
  frame.height = height;
  ok('black frame', frame.getBuffer(0));
  const planes = present('planes of a black frame', frame.data);
  for (const [i, level] of black.entries()) planes[i]?.fill(level);
  return frame;
}
