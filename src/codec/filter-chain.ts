import { AV_BUFFERSRC_FLAG_KEEP_REF } from 'node-av/constants';
import { Filter, FilterGraph } from 'node-av/lib';
import type { FilterContext, Frame } from 'node-av/lib';
import { ok, present } from './native.ts';

/** A filter of the library and its arguments; they must not hold anything from outside, the syntax is the library's. */
export type FilterSpec = readonly [name: string, args: string];

/** What a chain takes; `format`, `matrix` and `range` are the library's constants. */
export interface PictureShape {
  readonly width: number;
  readonly height: number;
  readonly format: number;
  readonly matrix: number;
  readonly range: number;
}

/** A filter of the graph by its name. @throws Error when the library has none or refuses the arguments. */
export function createFilter(graph: FilterGraph, name: string, args: string | null): FilterContext {
  const filter = present(name, Filter.getByName(name));
  return present(name, graph.createFilter(filter, name, args));
}

/** Links filters one after the other and makes the graph ready. @throws NativeError when they do not fit together. */
export function connectFilters(graph: FilterGraph, filters: readonly FilterContext[]): void {
  filters.forEach((filter, i) => {
    const next = filters[i + 1];
    if (next) ok('link filters', filter.link(0, next, 0));
  });
  ok('configure filters', graph.configSync());
}

/** Filters in a row that turn one picture into one picture. */
export class FilterChain {
  readonly #graph = new FilterGraph();
  readonly #source: FilterContext;
  readonly #sink: FilterContext;

  /** Opens the chain for pictures of that shape. @throws NativeError when the library refuses it. */
  constructor({ width, height, format, matrix, range }: PictureShape, filters: readonly FilterSpec[]) {
    this.#graph.alloc();
    this.#graph.nbThreads = 1;
    const picture = `video_size=${width}x${height}:pix_fmt=${format}:colorspace=${matrix}:range=${range}`;
    this.#source = createFilter(this.#graph, 'buffer', `${picture}:time_base=1/1000000:pixel_aspect=1/1`);
    this.#sink = createFilter(this.#graph, 'buffersink', null);
    const between = filters.map(([name, args]) => createFilter(this.#graph, name, args));
    connectFilters(this.#graph, [this.#source, ...between, this.#sink]);
  }

  /** Turns `picture`, which stays the caller's, into `into`, an empty frame. @throws NativeError when the library fails. */
  convert(picture: Frame, into: Frame): void {
    ok('filter', this.#source.buffersrcAddFrameSync(picture, AV_BUFFERSRC_FLAG_KEEP_REF));
    ok('filtered picture', this.#sink.buffersinkGetFrameSync(into));
  }

  /** Frees the graph; nothing may follow. */
  close(): void {
    this.#graph.free();
  }
}
