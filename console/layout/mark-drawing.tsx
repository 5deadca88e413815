import type { Watermark } from '../../src/layout/layout-plan.ts';
import { evenRect, type Size } from '../../src/layout/rect.ts';
import { likelyInkWidth, placeTimestamp, timestampFace } from '../../src/layout/timestamp-place.ts';

interface MarkProps {
  readonly mark: Watermark;
  readonly canvas: Size;
}

/** A watermark: where it is, and what it says. */
export function MarkDrawing({ mark, canvas }: MarkProps) {
  if (mark.kind === 'timestamp') return <TimestampDrawing mark={mark} canvas={canvas} />;
  const { left, top, width, height } = evenRect(mark.rect, canvas);
  if (width <= 0 || height <= 0) return null;
  return (
    <svg className={`mark ${mark.kind}`} x={left} y={top} width={width} height={height} data-mark={mark.kind}>
      {mark.kind === 'text' ? <Words mark={mark} /> : <ImageFrame url={mark.url} width={width} height={height} />}
    </svg>
  );
}

/** Ascent of the font that texts are drawn with, in its size. */
const ascent = 0.88;

function Words({ mark }: { readonly mark: Extract<Watermark, { kind: 'text' }> }) {
  const { text, fontSize, colour, background } = mark;
  return (
    <>
      {background !== undefined && <rect width="100%" height="100%" fill={background} />}
      {text.split('\n').map((line, i) => (
        <text key={i} y={(i * 1.2 + ascent) * fontSize} fontSize={fontSize} fill={colour}>
          {line}
        </text>
      ))}
    </>
  );
}

function ImageFrame({ url, width, height }: { readonly url: string } & Size) {
  const name = url.replace(/[?#].*$/, '').replace(/^.*\//, '');
  const size = Math.min(height * 0.4, (width * 0.9) / (0.6 * Math.max(name.length, 1)));
  return (
    <>
      <rect width="100%" height="100%" />
      <text x="50%" y="50%" fontSize={size}>
        {name}
      </text>
    </>
  );
}

const sample = '2026-01-01 12:00:00';

interface TimestampProps extends Pick<MarkProps, 'canvas'> {
  readonly mark: Extract<Watermark, { kind: 'timestamp' }>;
}

function TimestampDrawing({ mark, canvas }: TimestampProps) {
  const face = timestampFace(canvas);
  const ink = likelyInkWidth(face);
  const { left, top, width, height } = placeTimestamp(mark.position, ink, canvas);
  return (
    <svg className="mark timestamp" x={left} y={top} width={width} height={height} data-mark="timestamp">
      <rect width="100%" height="100%" />
      <text x={face.padding} y={face.padding + ascent * face.fontSize} fontSize={face.fontSize} textLength={ink}>
        {sample}
      </text>
    </svg>
  );
}
