import type { ReactNode } from 'react';
import type { LayoutPlan } from '../../src/layout/layout-plan.ts';
import { layoutPictures, type LayoutPicture as Picture, type PlacedPicture } from '../../src/layout/layout-pictures.ts';
import type { Size } from '../../src/layout/rect.ts';
import { fitPicture } from '../../src/mixed/fitting.ts';
import { useLanguage } from '../language.tsx';
import { MarkDrawing } from './mark-drawing.tsx';
import { tintOf } from './tint.ts';

/** What is drawn, and how. */
interface LayoutPictureProps {
  /** Even, as the compositor's canvas is. */
  readonly canvas: Size;
  readonly plan: LayoutPlan;
  /** Who could be shown; the same that the compositor is given. */
  readonly pictures: readonly Picture[];
  /** What the drawing shows, in words. */
  readonly label: string;
  /** Only edges and names, to lie over a picture of the mix. */
  readonly isOverlay?: boolean;
  /** More SVG above it all, in the canvas's pixels. */
  readonly children?: ReactNode;
}

/**
 * Who is where in a mixed picture, drawn by the compositor's own function in the canvas's shape. It fills the width it
 * is given; `layout-picture.css` has its look.
 */
export function LayoutPicture({ canvas, plan, pictures, label, isOverlay = false, children }: LayoutPictureProps) {
  const entered = pictures.toSorted(
    (a, b) => a.order - b.order || Number(a.mediaId === 'aux') - Number(b.mediaId === 'aux'),
  );
  const { width, height } = canvas;
  return (
    <svg
      className={isOverlay ? 'layout-picture overlay' : 'layout-picture'}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      {!isOverlay && <rect width={width} height={height} fill={plan.background} />}
      {layoutPictures(plan, canvas, entered).map((placed, i) => (
        <PlacedDrawing
          key={i}
          placed={placed}
          number={placed.picture && entered.indexOf(placed.picture) + 1}
          largest={height * 0.18}
          isOverlay={isOverlay}
        />
      ))}
      {!isOverlay && plan.watermarks.map((mark, i) => <MarkDrawing key={i} mark={mark} canvas={canvas} />)}
      {children}
    </svg>
  );
}

interface PlacedProps {
  readonly placed: PlacedPicture<Picture>;
  /** By entry, from 1; undefined for a placeholder. */
  readonly number: number | undefined;
  /** Of its figure: a picture that fills the canvas needs none as large. */
  readonly largest: number;
  readonly isOverlay: boolean;
}

/** Cameras and screens have this shape mostly. */
const source: Size = { width: 1280, height: 720 };

function PlacedDrawing({ placed, number, largest, isOverlay }: PlacedProps) {
  const { picture, rect, alpha, renderMode } = placed;
  const { left, top, width, height } = rect;
  if (width <= 0 || height <= 0) return null;
  const inner = fitPicture(renderMode, source, rect).place;
  return (
    <svg
      className={picture?.hasVideo ? 'placed' : 'placed unseen'}
      x={left}
      y={top}
      width={width}
      height={height}
      opacity={1 - alpha / 255}
      data-picture={picture && `${picture.userId}/${picture.mediaId}`}
    >
      {!isOverlay && (
        <rect x={inner.left} y={inner.top} width={inner.width} height={inner.height} fill={tintOf(number)} />
      )}
      <rect className="edge" width={width} height={height} />
      <Name picture={picture} number={number} size={rect} largest={largest} />
    </svg>
  );
}

interface NameProps extends Pick<PlacedProps, 'number' | 'largest'> {
  readonly picture: Picture | undefined;
  readonly size: Size;
}

/** The number, large enough for small cells, and the user's name where it can be read. */
function Name({ picture, number, size, largest }: NameProps) {
  const { t } = useLanguage();
  const name = picture ? shownName(picture, t('layout.screen'), t('layout.heard')) : t('layout.placeholder');
  const { width, height } = size;
  const figure = Math.min(height * 0.42, width * 0.4, largest);
  const small = Math.min(figure * 0.5, (width * 0.92) / (0.6 * Math.max(name.length, 1)));
  return (
    <>
      <title>{`${name} · ${width}×${height}`}</title>
      <text className="figure" x="50%" y={height * 0.32} fontSize={figure}>
        {number ?? ''}
      </text>
      <text className="name" x="50%" y={height * 0.32 + figure * 0.85} fontSize={small}>
        {name}
      </text>
    </>
  );
}

function shownName({ userId, mediaId, hasVideo }: Picture, screen: string, heard: string): string {
  const marks = [mediaId === 'aux' && screen, !hasVideo && heard].filter((mark) => mark !== false);
  return marks.length === 0 ? userId : `${userId} (${marks.join(', ')})`;
}
