import {
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_UNSPECIFIED,
} from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import { FilterChain, type FilterSpec } from '../codec/filter-chain.ts';
import { ok } from '../codec/native.ts';
import { rect, type Size } from '../layout/rect.ts';
import type { RenderMode } from '../layout/layout-plan.ts';
import { fitPicture, type Fitting } from './fitting.ts';
import type { Tile, TilePool } from './tile.ts';

/** How a picture's numbers stand for colours: matrix and range as FFmpeg's constants. */
interface Colour {
  readonly matrix: number;
  readonly range: number;
}

/**
 * The colours of the canvas: BT.601, limited range. It is what cameras deliver to browsers and what an unmarked stream
 * of this size means, so nearly no source has to be converted.
 */
const canvasColour: Colour = { matrix: AVCOL_SPC_SMPTE170M, range: AVCOL_RANGE_MPEG };

/** A stream that does not say its colours has those of the canvas; BT.470BG differs from BT.601 in name only. */
function colourOf(picture: Frame): Colour {
  const matrix = picture.colorSpace as number;
  const like601 = matrix === AVCOL_SPC_UNSPECIFIED || matrix === AVCOL_SPC_BT470BG || matrix === 0;
  const range = picture.colorRange === AVCOL_RANGE_JPEG ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  return { matrix: like601 ? canvasColour.matrix : matrix, range };
}

const sameColour = (a: Colour, b: Colour): boolean => a.matrix === b.matrix && a.range === b.range;

/** What a scaling chain was built for; any other value needs a new one. */
interface Geometry {
  readonly source: Size;
  readonly format: number;
  readonly colour: Colour;
  readonly cell: Size;
  readonly mode: RenderMode;
  readonly fitting: Fitting;
}

const whole = (size: Size, part: Size): boolean => size.width === part.width && size.height === part.height;

/** zscale costs half of swscale but takes only what it knows; swscale turns every format into yuv420p. */
function scalingFilters({ source, format, colour, fitting }: Geometry): FilterSpec[] {
  const { crop, place } = fitting;
  const size = `w=${place.width}:h=${place.height}`;
  const filters: FilterSpec[] = [];
  if (!whole(source, crop)) filters.push(['crop', `${crop.width}:${crop.height}:${crop.left}:${crop.top}:exact=1`]);
  if (format === AV_PIX_FMT_YUV420P) filters.push(['zscale', `${size}:f=bilinear:${zscaleColours(colour)}`]);
  else filters.push(['scale', `${size}:flags=bilinear:${swscaleColours}`], ['format', 'pix_fmts=yuv420p']);
  return filters;
}

/** Named on both sides: left to itself zscale refuses to go from marked to unmarked colours. */
function zscaleColours({ matrix, range }: Colour): string {
  const zimgRange = (one: number): string => (one === AVCOL_RANGE_JPEG ? 'full' : 'limited');
  return `min=${matrix}:m=${canvasColour.matrix}:rin=${zimgRange(range)}:r=${zimgRange(canvasColour.range)}`;
}

const swscaleColours = 'out_color_matrix=smpte170m:out_range=limited';

/**
 * Turns one source's pictures into tiles of a cell. The chain is made anew when the source's size, orientation or
 * format changes, or the cell does. Pictures that already have the tile's size are shared, not copied.
 */
export class TileScaler {
  readonly #pool: TilePool;
  #geometry: Geometry | undefined;
  #chain: FilterChain | undefined;

  constructor(pool: TilePool) {
    this.#pool = pool;
  }

  /** Scales `picture` for the cell; the picture stays the caller's. @throws NativeError when the library refuses it. */
  scale(picture: Frame, cell: Size, mode: RenderMode): PlacedTile {
    const geometry = this.#geometryOf(picture, cell, mode);
    const { crop, place } = geometry.fitting;
    const asCanvas = geometry.format === AV_PIX_FMT_YUV420P && sameColour(geometry.colour, canvasColour);
    const plain = asCanvas && whole(crop, place);
    const frame = this.#pool.frame();
    try {
      if (plain) ok('share picture', frame.ref(picture));
      else this.#convert(geometry, picture, frame);
      return { frame, crop: plain ? crop : rect(0, 0, place.width, place.height), ...place };
    } catch (error) {
      this.#pool.give(frame);
      throw error;
    }
  }

  /** Frees the chain. Idempotent; a later `scale` builds a new one. */
  close(): void {
    this.#chain?.close();
    this.#chain = undefined;
    this.#geometry = undefined;
  }

  #geometryOf(picture: Frame, cell: Size, mode: RenderMode): Geometry {
    const known = this.#geometry;
    const { width, height } = picture;
    const format = picture.format as number;
    const colour = colourOf(picture);
    const same = known?.format === format && sameColour(known.colour, colour) && whole(known.source, { width, height });
    if (known?.mode === mode && same && whole(known.cell, cell)) return known;
    this.close();
    const source = { width, height };
    const fitting = fitPicture(mode, source, cell);
    this.#geometry = { source, format, colour, cell: { width: cell.width, height: cell.height }, mode, fitting };
    return this.#geometry;
  }

  #convert(geometry: Geometry, picture: Frame, into: Frame): void {
    const { source, format, colour } = geometry;
    this.#chain ??= new FilterChain({ ...source, format, ...colour }, scalingFilters(geometry));
    this.#chain.convert(picture, into);
  }
}

/** A tile with its place inside the cell. */
export interface PlacedTile extends Tile {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}
