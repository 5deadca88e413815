import type { LayoutPlan } from '../layout/layout-plan.ts';
import type { Size } from '../layout/rect.ts';
import type { Yuv } from '../codec/yuv.ts';
import { parseColour } from './colour.ts';
import { ImageShelf, type ImageShelfOptions } from './image-shelf.ts';
import type { Stamp } from './stamp.ts';
import { Watermarks, type Mark, type WatermarkSurroundings } from './watermarks.ts';

/** The addresses of all images that a layout names. */
function imagesOf(plan: LayoutPlan): Set<string> {
  const cells = plan.mode === 'custom' ? plan.custom.map(({ image }) => image) : [];
  const marks = plan.watermarks.map((mark) => (mark.kind === 'image' ? mark.url : undefined));
  const all = [plan.backgroundImage?.url, plan.placeholderImage, ...cells, ...marks];
  return new Set(all.filter((url) => url !== undefined));
}

/** What the decoration of a mix needs of the world. */
export interface DecorOptions extends ImageShelfOptions, Pick<WatermarkSurroundings, 'onTextFailed'> {}

/** Everything of a layout that is no user's picture: background, images behind pictures, watermarks. */
export class Decor {
  readonly #canvas: Size;
  readonly #shelf: ImageShelf;
  readonly #surroundings: WatermarkSurroundings;
  #plan: LayoutPlan;
  #colour: Yuv;
  #watermarks: Watermarks;

  /** Begins with `plan`, whose images are asked for. */
  constructor(plan: LayoutPlan, options: DecorOptions) {
    this.#canvas = options.canvas;
    this.#shelf = new ImageShelf(options);
    this.#surroundings = { ...options, shelf: this.#shelf };
    this.#shelf.want(imagesOf(plan));
    this.#plan = plan;
    this.#colour = parseColour(plan.background);
    this.#watermarks = new Watermarks(plan, this.#surroundings);
  }

  /** Rises whenever an image has arrived: everything may look different. */
  get version(): number {
    return this.#shelf.version;
  }

  /** BackGroundColor. */
  get colour(): Yuv {
    return this.#colour;
  }

  /** What is above all pictures, the last on top. */
  get marks(): readonly Mark[] {
    return this.#watermarks.marks;
  }

  /** A layout that will come: its images are asked for. */
  announce(plan: LayoutPlan): void {
    this.#shelf.want(imagesOf(plan));
  }

  /** Goes over to `plan`; images that neither it nor a layout in `coming` names are let go. */
  change(plan: LayoutPlan, coming: readonly LayoutPlan[]): void {
    this.#shelf.keep(new Set([plan, ...coming].flatMap((one) => [...imagesOf(one)])));
    this.#plan = plan;
    this.#colour = parseColour(plan.background);
    this.#watermarks.close();
    this.#watermarks = new Watermarks(plan, this.#surroundings);
  }

  /** The canvas's background image; undefined when there is none or it is not there yet. */
  background(): Stamp | undefined {
    const { backgroundImage } = this.#plan;
    return backgroundImage && this.#shelf.stamp({ ...backgroundImage, size: this.#canvas, ground: this.#colour });
  }

  /** Whether that image is there. */
  has(url: string | undefined): boolean {
    return url !== undefined && this.#shelf.has(url);
  }

  /** An image behind a picture of that size; it fills the cell whatever the picture's own way of fitting. */
  backdrop(url: string | undefined, { width, height }: Size): Stamp | undefined {
    const size = { width, height };
    return url === undefined ? undefined : this.#shelf.stamp({ url, renderMode: 'crop', size, ground: this.#colour });
  }

  /** Frees everything. Idempotent. */
  close(): void {
    this.#watermarks.close();
    this.#shelf.close();
  }
}
