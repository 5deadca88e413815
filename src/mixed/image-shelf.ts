import type { Bitmap } from '../images/bitmap.ts';
import type { ImageLoader } from '../images/image-loader.ts';
import { scaleBitmap } from '../images/scale-bitmap.ts';
import type { RenderMode } from '../layout/layout-plan.ts';
import { rect, type Size } from '../layout/rect.ts';
import type { Yuv } from '../codec/yuv.ts';
import { fitPicture } from './fitting.ts';
import { layOver, plainStamp, stampOf, type Stamp } from './stamp.ts';

/** Where images come from and who is told about the bad ones. */
export interface ImageShelfOptions {
  /** Nothing is fetched without one. */
  readonly loader: Pick<ImageLoader, 'load'> | undefined;
  /** Images are kept no larger than it takes to cover this. */
  readonly canvas: Size;
  /** The image cannot be had; called once per layout that asks for it. */
  readonly onFailed: (url: string, error: unknown) => void;
}

/** How an image is drawn. */
export interface StampRequest {
  readonly url: string;
  readonly renderMode: RenderMode;
  readonly size: Size;
  /** What is behind the image; absent: what is transparent stays so. */
  readonly ground?: Yuv | undefined;
}

type Slot = Bitmap | 'loading' | 'failed';

/** Keeps the images of the layouts that are shown or announced, as they arrive, and what was drawn of them. */
export class ImageShelf {
  readonly #options: ImageShelfOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #stamps = new Map<string, Stamp>();
  #version = 0;
  #closed = false;

  constructor(options: ImageShelfOptions) {
    this.#options = options;
  }

  /** Rises whenever an image has arrived. */
  get version(): number {
    return this.#version;
  }

  /** Asks for the images of a layout; those that are there or on their way stay, those that failed get another try. */
  want(urls: ReadonlySet<string>): void {
    const { loader } = this.#options;
    if (!loader || this.#closed) return;
    for (const url of urls) {
      const known = this.#slots.get(url);
      if (known !== undefined && known !== 'failed') continue;
      this.#slots.set(url, 'loading');
      loader.load(url, this.#options.canvas).then(
        (bitmap) => this.#arrived(url, bitmap),
        (error: unknown) => this.#failed(url, error),
      );
    }
  }

  /** Lets go of all other images. */
  keep(urls: ReadonlySet<string>): void {
    for (const url of this.#slots.keys()) if (!urls.has(url)) this.#slots.delete(url);
    this.#stamps.clear();
  }

  /** Whether the image is there. */
  has(url: string): boolean {
    return typeof this.#slots.get(url) === 'object';
  }

  /** The image in that form; undefined while it is not there. Made once. */
  stamp(request: StampRequest): Stamp | undefined {
    const bitmap = this.#slots.get(request.url);
    if (typeof bitmap !== 'object') return undefined;
    const { size, renderMode, ground, url } = request;
    const key = JSON.stringify([url, renderMode, size.width, size.height, ground]);
    const known = this.#stamps.get(key);
    if (known) return known;
    const stamp = drawn(bitmap, request);
    this.#stamps.set(key, stamp);
    return stamp;
  }

  /** Forgets everything; what still arrives is dropped. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#slots.clear();
    this.#stamps.clear();
  }

  #arrived(url: string, bitmap: Bitmap): void {
    if (this.#slots.get(url) !== 'loading') return;
    this.#slots.set(url, bitmap);
    this.#version += 1;
  }

  #failed(url: string, error: unknown): void {
    if (this.#slots.get(url) !== 'loading') return;
    this.#slots.set(url, 'failed');
    this.#options.onFailed(url, error);
  }
}

function drawn(bitmap: Bitmap, { renderMode, size, ground }: StampRequest): Stamp {
  const { crop, place } = fitPicture(renderMode, bitmap, size);
  const stamp = stampOf(scaleBitmap(bitmap, crop, rect(0, 0, place.width, place.height)));
  const fills = place.width === size.width && place.height === size.height;
  if (!ground || (fills && !stamp.opacity)) return stamp;
  const whole = plainStamp(size, ground);
  layOver(whole, stamp, place.left, place.top);
  return whole;
}
