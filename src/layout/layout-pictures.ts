import type { MediaId } from '../room-key.ts';
import type { BigPicture, CustomCell, LayoutPlan, RenderMode } from './layout-plan.ts';
import { evenRect, toEvenRect, type Rect, type Size, type Slot } from './rect.ts';
import { floatingSlots, gridSlots, maxPictures, shareSlots, type TemplateSlots } from './templates.ts';

/** One picture that could be shown: a user's camera (also when it is off) or shared screen. */
export interface LayoutPicture {
  readonly userId: string;
  readonly mediaId: MediaId;
  /** Rises with entry into the room. */
  readonly order: number;
  /** False for a user who is only heard. */
  readonly hasVideo: boolean;
}

/** A picture and where and how it is drawn. */
export interface PlacedPicture<P extends LayoutPicture> {
  /** Undefined in a custom cell whose user is not there and whose placeholder image stands in (PlaceHolderMode). */
  readonly picture: P | undefined;
  /** Even in all four numbers and inside the canvas; may be empty. */
  readonly rect: Rect;
  /** 0 opaque … 255 invisible. */
  readonly alpha: number;
  readonly renderMode: RenderMode;
  /** URL of the image behind the picture. */
  readonly image: string | undefined;
}

const byEntry = (a: LayoutPicture, b: LayoutPicture): number =>
  a.order - b.order || Number(a.mediaId === 'aux') - Number(b.mediaId === 'aux');

const isNamed = ({ userId: name, match }: BigPicture, userId: string): boolean =>
  match === 'prefix' ? userId.startsWith(name) : userId === name;

/** The picture of the big area; undefined when the area stays background. */
function chooseBig<P extends LayoutPicture>(plan: LayoutPlan, ordered: readonly P[]): P | undefined {
  const { mode, big, absentBig } = plan;
  if (big === undefined) return mode === 'floating' ? ordered[0] : undefined;
  const chosen = ordered.find((p) => p.mediaId === big.mediaId && isNamed(big, p.userId));
  return chosen ?? (absentBig === 'promote' ? ordered[0] : undefined);
}

const mostOf = ({ mode, sharePictures, mostPictures }: LayoutPlan): number =>
  Math.min(mostPictures ?? maxPictures, mode === 'share' ? (sharePictures ?? maxPictures) : maxPictures);

function templateSlots(plan: LayoutPlan, count: number): TemplateSlots {
  if (plan.mode === 'floating') return floatingSlots(count);
  if (plan.mode === 'share') return shareSlots(count, plan.alignRight);
  return gridSlots(count);
}

function placeAll<P extends LayoutPicture>(
  plan: LayoutPlan,
  canvas: Size,
  template: TemplateSlots,
  big: P | undefined,
  small: readonly P[],
): PlacedPicture<P>[] {
  const { renderMode, placeholderImage: image } = plan;
  const place = (picture: P, slot: Slot): PlacedPicture<P> => ({
    picture,
    rect: toEvenRect(slot, canvas),
    alpha: 0,
    renderMode,
    image,
  });
  const placed = big && template.big ? [place(big, template.big)] : [];
  template.small.forEach((slot, i) => {
    const picture = small[i];
    if (picture) placed.push(place(picture, slot));
  });
  return placed;
}

function layoutTemplate<P extends LayoutPicture>(
  plan: LayoutPlan,
  canvas: Size,
  pictures: readonly P[],
): PlacedPicture<P>[] {
  const wanted = pictures.filter((p) => p.hasVideo || !plan.pureAudioDisableLayout);
  const ordered = wanted.sort(byEntry);
  if (ordered.length === 0) return [];
  if (plan.mode === 'grid') {
    const shown = ordered.slice(0, mostOf(plan));
    return placeAll(plan, canvas, gridSlots(shown.length), undefined, shown);
  }
  const big = chooseBig(plan, ordered);
  // The big area counts even when it is kept free: five small ones already need the next tier (contract §6).
  const small = ordered.filter((p) => p !== big).slice(0, mostOf(plan) - 1);
  return placeAll(plan, canvas, templateSlots(plan, small.length + 1), big, small);
}

const owns = (cell: CustomCell, picture: LayoutPicture): boolean =>
  cell.userId === picture.userId && cell.mediaId === picture.mediaId;

function layoutCustom<P extends LayoutPicture>(
  plan: LayoutPlan,
  canvas: Size,
  pictures: readonly P[],
): PlacedPicture<P>[] {
  const cells = plan.custom.slice(0, maxPictures);
  const ordered = [...pictures].sort(byEntry);
  const free = ordered.filter((p) => !cells.some((cell) => owns(cell, p)));
  const placed: { readonly layer: number; readonly placed: PlacedPicture<P> }[] = [];
  for (const cell of cells) {
    const picture = cell.userId === undefined ? free.shift() : ordered.find((p) => owns(cell, p));
    const { alpha, renderMode, imageLayer: layer, image = plan.placeholderImage } = cell;
    const standsIn = plan.placeholders && cell.userId !== undefined && image !== undefined;
    if (!picture && !standsIn) continue;
    placed.push({ layer, placed: { picture, rect: evenRect(cell.rect, canvas), alpha, renderMode, image } });
  }
  return placed.sort((a, b) => a.layer - b.layer).map((one) => one.placed);
}

/**
 * Where every picture goes, in drawing order (the first is undermost). Pure: the compositor, the console's preview and
 * the tests use this one function (design invariant 6). Pictures without a place are left out; all rectangles are on
 * even pixels (contract D-11). At most 25 pictures are placed.
 */
export function layoutPictures<P extends LayoutPicture>(
  plan: LayoutPlan,
  canvas: Size,
  pictures: readonly P[],
): PlacedPicture<P>[] {
  return plan.mode === 'custom' ? layoutCustom(plan, canvas, pictures) : layoutTemplate(plan, canvas, pictures);
}
