/** One line of a plot. */
export interface Series {
  readonly name: string;
  /** CSS colour that is seen on white and on black. */
  readonly colour: string;
  /** What is compared to, drawn apart from what was measured. */
  readonly dashed?: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A plot with its axes from zero on. */
export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly Series[];
}

const WIDTH = 490;
const HEIGHT = 360;
const AREA = { left: 44, top: 44, right: 300, bottom: 310 };
const LABEL_STEP = 16;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 13px; }
  .faint { fill: #59636e; }
  .grid { stroke: #818b98; stroke-opacity: 0.3; }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .faint { fill: #9198a1; }
  }`;

/** A round number such that the axis has three to six of it. */
function stepOf(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / 3));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => most / step <= 6) ?? 10 * power;
}

const upTo = (most: number, step: number): number[] =>
  Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => Math.round(i * step * 1000) / 1000);

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${more}>${escaped(words)}</text>`;

interface Scale {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** Labels stand at the ends of their lines, one below the other where the lines end close together. */
function labelsOf(series: readonly Series[], { y }: Scale): string[] {
  const wanted = series.map((one) => ({ one, at: y(one.points.at(-1)?.[1] ?? 0) })).sort((a, b) => a.at - b.at);
  let above = -Infinity;
  return wanted.map(({ one, at }) => {
    above = Math.max(at, above + LABEL_STEP);
    return text(AREA.right + 8, above + 4, one.name, ` style="fill:${one.colour}"`);
  });
}

function lineOf({ colour, dashed, points }: Series, { x, y }: Scale): string {
  const path = points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`);
  const dots = dashed ? [] : path.map((at) => `<circle cx="${at.replace(',', '" cy="')}" r="3" fill="${colour}"/>`);
  const dash = dashed ? ' stroke-dasharray="5 4"' : '';
  return [`<polyline class="line" stroke="${colour}"${dash} points="${path.join(' ')}"/>`, ...dots].join('');
}

function axesOf(xs: readonly number[], ys: readonly number[], { x, y }: Scale): string[] {
  const across = ys.map((value) => {
    const line = `<line class="grid" x1="${AREA.left}" x2="${AREA.right}" y1="${y(value)}" y2="${y(value)}"/>`;
    return line + text(AREA.left - 6, y(value) + 4, `${value}`, ' class="faint" text-anchor="end"');
  });
  return [
    ...across,
    ...xs.map((value) => text(x(value), AREA.bottom + 18, `${value}`, ' class="faint" text-anchor="middle"')),
  ];
}

function panelOf({ title, xLabel, series }: Plot, left: number): string {
  const all = series.flatMap(({ points }) => points);
  const [mostX, mostY] = [Math.max(...all.map(([px]) => px)), Math.max(...all.map(([, py]) => py))];
  const scale: Scale = {
    x: (value) => AREA.left + (value / mostX) * (AREA.right - AREA.left),
    y: (value) => AREA.bottom - (value / mostY) * (AREA.bottom - AREA.top),
  };
  const axes = axesOf(upTo(mostX, stepOf(mostX)), upTo(mostY, stepOf(mostY)), scale);
  const words = [
    text(AREA.left, 22, title, ' class="title"'),
    text((AREA.left + AREA.right) / 2, AREA.bottom + 38, xLabel, ' class="faint" text-anchor="middle"'),
  ];
  const parts = [...words, ...axes, ...series.map((one) => lineOf(one, scale)), ...labelsOf(series, scale)];
  return `<g transform="translate(${left} 0)">\n${parts.join('\n')}\n</g>`;
}

/** The plots side by side as an SVG picture without a ground of its own, for pages of either colour scheme. */
export function svgOf(plots: readonly Plot[]): string {
  const width = plots.length * WIDTH;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" role="img">`;
  const title = `<title>${escaped(plots.map((plot) => plot.title).join('; '))}</title>`;
  const panels = plots.map((plot, i) => panelOf(plot, i * WIDTH));
  return [head, title, `<style>${STYLE}\n</style>`, ...panels, '</svg>', ''].join('\n');
}
