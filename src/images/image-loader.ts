import type { Size } from '../layout/rect.ts';
import type { Bitmap } from './bitmap.ts';
import { decodeImage } from './image-decoder.ts';
import { ImageFetcher, type ImageFetcherOptions } from './image-fetcher.ts';

/** Brings images from the web into memory. */
export interface ImageLoader {
  /** The image, no larger than needed to cover `within`. @throws ImageError whenever it cannot be had. */
  load(url: string, within: Size): Promise<Bitmap>;
  /** Cuts what is under way. Idempotent. */
  close(): Promise<void>;
}

/** A loader for a recorder's process; the limits are the fetcher's and the decoder's. */
export function createImageLoader(options: ImageFetcherOptions): ImageLoader {
  const fetcher = new ImageFetcher(options);
  return {
    load: async (url, within) => decodeImage(await fetcher.fetch(url), within),
    close: () => fetcher.close(),
  };
}
