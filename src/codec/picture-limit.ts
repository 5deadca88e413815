import type { CodecContext } from 'node-av/lib';
import { ok } from './native.ts';

/** Largest picture that is decoded, UHD in either orientation: a hostile header must not take all memory. */
const maxPixels = 3840 * 2160;

/** Makes a decoder that is not open yet refuse larger pictures. @throws NativeError */
export function limitPictures(context: CodecContext): void {
  ok('limit picture size', context.setOption('max_pixels', maxPixels));
}
