import { createRequire } from 'node:module';
import { Dictionary, Filter, FilterGraph, Frame } from 'node-av/lib';
import type { FilterContext } from 'node-av/lib';
import { connectFilters, createFilter } from '../codec/filter-chain.ts';
import { ok, present } from '../codec/native.ts';
import type { Size } from '../layout/rect.ts';
import type { InkMask } from './stamp.ts';

/** The one font of both names of the wire: Noto Sans SC is Source Han Sans by its other publisher. */
const fontFile = (): string =>
  createRequire(import.meta.url).resolve('@openfonts/noto-sans-sc_all/files/noto-sans-sc-all-400.woff');

/** Room above a letter's square that the font asks for between lines, in parts of the size; it is cut off. */
const leading = 0.28;

/** Width of the narrowest letters that are not zero wide, and height of a line, in parts of the size. */
const [narrowest, lineHeight] = [0.2, 1.448];

/**
 * What of a text can be seen in an area, and hardly more: glyphs of a large size take a megabyte and milliseconds each,
 * whether or not they lie inside.
 */
export function visiblePart(text: string, fontSize: number, { width, height }: Size): string {
  const columns = Math.ceil(width / (fontSize * narrowest)) + 2;
  const rows = Math.ceil(height / (fontSize * lineHeight)) + 1;
  const lines = text.split(/\r\n|\n|\r/, rows);
  return lines.map((line) => Array.from(line).slice(0, columns).join('')).join('\n');
}

const drawtext = 'drawtext';

/**
 * Options go in as a dictionary and later texts as a command of one argument: the library parses neither, so that no text
 * can reach its option syntax. `expansion=none` turns its own placeholders off.
 */
function openDrawtext(graph: FilterGraph): FilterContext {
  const context = present(drawtext, graph.allocFilter(present(drawtext, Filter.getByName(drawtext)), drawtext));
  const options = Dictionary.fromObject({
    fontfile: fontFile(),
    text: ' ',
    expansion: 'none',
    fontsize: '16',
    fontcolor: 'white',
    x: '0',
    y: '0',
    y_align: 'font',
  });
  try {
    ok('open drawtext', context.init(options.getNative()));
  } finally {
    options.free();
  }
  return context;
}

/** Renders texts. Opening loads the font, some 60 ms; a text is then a few milliseconds. */
export class TextPainter {
  /** Largest mask it can make. */
  readonly size: Size;
  readonly #graph = new FilterGraph();
  readonly #sink: FilterContext;
  readonly #frame = new Frame();

  constructor(size: Size) {
    this.size = size;
    this.#frame.alloc();
    this.#graph.alloc();
    this.#graph.nbThreads = 1;
    const paper = createFilter(this.#graph, 'color', `c=black:s=${size.width}x${size.height}:r=1`);
    const grey = createFilter(this.#graph, 'format', 'pix_fmts=gray');
    this.#sink = createFilter(this.#graph, 'buffersink', null);
    connectFilters(this.#graph, [paper, grey, openDrawtext(this.#graph), this.#sink]);
  }

  /** The text from the top left corner on, cut at `size`; lines are those of the text. @throws NativeError when it fails. */
  paint(text: string, fontSize: number, size: Size): InkMask {
    this.#command('fontsize', String(fontSize));
    this.#command('text', visiblePart(text, fontSize, size));
    ok('paint text', this.#sink.buffersinkGetFrameSync(this.#frame));
    try {
      return this.#cut(Math.round(fontSize * leading), size);
    } finally {
      this.#frame.unref();
    }
  }

  /** Frees everything native. Nothing may follow. */
  close(): void {
    this.#graph.free();
    this.#frame.free();
  }

  #command(name: string, value: string): void {
    const answer = this.#graph.sendCommand(drawtext, name, value);
    if (typeof answer === 'number') ok(`set ${name}`, answer);
  }

  #cut(top: number, { width, height }: Size): InkMask {
    const paper = present('paper', this.#frame.data?.[0]);
    const stride = present('row length', this.#frame.linesize[0]);
    const data = Buffer.alloc(width * height);
    const rows = Math.min(height, this.size.height - top);
    for (let y = 0; y < rows; y++) {
      const from = (top + y) * stride;
      paper.copy(data, y * width, from, from + Math.min(width, this.size.width));
    }
    return { width, height, data };
  }
}
