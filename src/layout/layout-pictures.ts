import type { MediaId } from '../room-key.ts';
import { toEvenRect, type Rect, type Size } from './rect.ts';
import { floatingSlots, gridSlots, maxPictures, shareSlots, type TemplateSlots } from './templates.ts';

/** The wire's MixLayoutMode 1, 2, 3, 4 by name (contract §2.6). */
export type LayoutMode = 'floating' | 'share' | 'grid' | 'custom';

/** One picture that could be shown: a user's camera (also when it is off) or shared screen. */
export interface LayoutPicture {
  readonly userId: string;
  readonly mediaId: MediaId;
  /** Rises with entry into the room. */
  readonly order: number;
  /** False for a user who is only heard. */
  readonly hasVideo: boolean;
}

/** One entry of a custom layout. Without `userId` it is filled in entry order. */
export interface CustomEntry {
  readonly userId?: string;
  readonly mediaId?: MediaId;
  readonly rect: Rect;
  /** Drawn ascending; equal layers in list order. */
  readonly imageLayer?: number;
}

/** Everything that decides where pictures go. */
export interface LayoutRequest<P extends LayoutPicture> {
  readonly mode: LayoutMode;
  readonly canvas: Size;
  readonly pictures: readonly P[];
  /** User of the big picture in `floating` and `share`; when set but absent the area stays background (D-9). */
  readonly maxResolutionUserId?: string | undefined;
  /** Which of that user's pictures is big; `main` by default. */
  readonly maxResolutionMediaId?: MediaId | undefined;
  /** `share` only: the big picture at the right. */
  readonly alignRight?: boolean | undefined;
  /** Templates only: users without video take no slot. */
  readonly pureAudioDisableLayout?: boolean | undefined;
  /** `custom` only. */
  readonly custom?: readonly CustomEntry[] | undefined;
}

/** A picture and where it is drawn. */
export interface PlacedPicture<P extends LayoutPicture> {
  readonly picture: P;
  readonly rect: Rect;
}

const byEntry = (a: LayoutPicture, b: LayoutPicture): number =>
  a.order - b.order || Number(a.mediaId === 'aux') - Number(b.mediaId === 'aux');

/** The picture of the big area; undefined when the area stays background. */
function chooseBig<P extends LayoutPicture>(request: LayoutRequest<P>, ordered: readonly P[]): P | undefined {
  const { maxResolutionUserId, maxResolutionMediaId = 'main' } = request;
  if (maxResolutionUserId === undefined) return request.mode === 'floating' ? ordered[0] : undefined;
  return ordered.find((p) => p.userId === maxResolutionUserId && p.mediaId === maxResolutionMediaId);
}

function templateSlots(request: LayoutRequest<LayoutPicture>, count: number): TemplateSlots {
  if (request.mode === 'floating') return floatingSlots(count);
  if (request.mode === 'share') return shareSlots(count, request.alignRight ?? false);
  return gridSlots(count);
}

function placeAll<P extends LayoutPicture>(
  canvas: Size,
  template: TemplateSlots,
  big: P | undefined,
  small: readonly P[],
): PlacedPicture<P>[] {
  const placed: PlacedPicture<P>[] = [];
  if (big && template.big) placed.push({ picture: big, rect: toEvenRect(template.big, canvas) });
  template.small.forEach((slot, i) => {
    const picture = small[i];
    if (picture) placed.push({ picture, rect: toEvenRect(slot, canvas) });
  });
  return placed;
}

function layoutTemplate<P extends LayoutPicture>(request: LayoutRequest<P>): PlacedPicture<P>[] {
  const wanted = request.pictures.filter((p) => p.hasVideo || !request.pureAudioDisableLayout);
  const ordered = wanted.sort(byEntry);
  if (ordered.length === 0) return [];
  if (request.mode === 'grid') {
    const shown = ordered.slice(0, maxPictures);
    return placeAll(request.canvas, gridSlots(shown.length), undefined, shown);
  }
  const big = chooseBig(request, ordered);
  // The big area counts even when it is kept free: five small ones already need the next tier (contract §6).
  const small = ordered.filter((p) => p !== big).slice(0, maxPictures - 1);
  return placeAll(request.canvas, templateSlots(request, small.length + 1), big, small);
}

const owns = (entry: CustomEntry, picture: LayoutPicture): boolean =>
  entry.userId === picture.userId && (entry.mediaId ?? 'main') === picture.mediaId;

function layoutCustom<P extends LayoutPicture>(request: LayoutRequest<P>): PlacedPicture<P>[] {
  const entries = (request.custom ?? []).slice(0, maxPictures);
  const ordered = [...request.pictures].sort(byEntry);
  const free = ordered.filter((p) => !entries.some((entry) => owns(entry, p)));
  const placed: (PlacedPicture<P> & { layer: number })[] = [];
  for (const entry of entries) {
    const picture = entry.userId === undefined ? free.shift() : ordered.find((p) => owns(entry, p));
    if (picture) placed.push({ picture, rect: entry.rect, layer: entry.imageLayer ?? 0 });
  }
  return placed.sort((a, b) => a.layer - b.layer).map(({ picture, rect }) => ({ picture, rect }));
}

/**
 * Where every picture goes, in drawing order (the first is undermost). Pure: the compositor, the console's preview and
 * the tests use this one function (design invariant 6). Pictures without a place are left out; templates give even
 * pixels, custom rectangles are returned as they were given. At most 25 pictures are placed.
 */
export function layoutPictures<P extends LayoutPicture>(request: LayoutRequest<P>): PlacedPicture<P>[] {
  return request.mode === 'custom' ? layoutCustom(request) : layoutTemplate(request);
}
