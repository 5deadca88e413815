import { gridPlan, type LayoutMode, type LayoutPlan } from '../../src/layout/layout-plan.ts';
import { layoutPictures } from '../../src/layout/layout-pictures.ts';
import type { Rect } from '../../src/layout/rect.ts';
import type { Lane } from './lanes.ts';

/** Layouts that can be chosen, by the names of the wire's templates. */
export type PlaceMode = Exclude<LayoutMode, 'custom'>;

/** Where a picture is on the stage: parts of its width and height, from 0 to 1. */
export interface PlaceOnStage {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const stage = { width: 1280, height: 720 };

/**
 * Places of the streams' pictures by their keys, by the function that the compositor uses: share gives the big place to
 * the first shared screen, floating to the first anchor. Those beyond 25 have none.
 */
export function placesOf(mode: PlaceMode, lanes: readonly Lane[]): ReadonlyMap<string, PlaceOnStage> {
  const pictures = lanes.map(({ key, userId, mediaId, hasVideo }, order) => ({
    key,
    userId,
    mediaId,
    hasVideo,
    order,
  }));
  const placed = layoutPictures(planOf(mode, lanes), stage, pictures);
  return new Map(placed.flatMap(({ picture, rect }) => (picture ? [[picture.key, partsOf(rect)] as const] : [])));
}

function planOf(mode: PlaceMode, lanes: readonly Lane[]): LayoutPlan {
  const screen = mode === 'share' ? lanes.find(({ mediaId }) => mediaId === 'aux') : undefined;
  return { ...gridPlan, mode, absentBig: 'promote', big: screen ?? lanes[0] };
}

const partsOf = (rect: Rect): PlaceOnStage => ({
  left: rect.left / stage.width,
  top: rect.top / stage.height,
  width: rect.width / stage.width,
  height: rect.height / stage.height,
});

/** A place moved by parts of the stage; it never leaves the stage. */
export const moved = (place: PlaceOnStage, right: number, down: number): PlaceOnStage => ({
  ...place,
  left: Math.max(0, Math.min(1 - place.width, place.left + right)),
  top: Math.max(0, Math.min(1 - place.height, place.top + down)),
});

/** A place made larger or smaller around its middle, its shape kept; never larger than the stage. */
export function resized(place: PlaceOnStage, factor: number): PlaceOnStage {
  const most = Math.min(1 / place.width, 1 / place.height);
  const least = 0.1 / Math.min(place.width, place.height);
  const by = Math.max(Math.min(least, 1), Math.min(most, factor));
  const size = { width: place.width * by, height: place.height * by };
  const middle = {
    left: place.left + (place.width - size.width) / 2,
    top: place.top + (place.height - size.height) / 2,
  };
  return moved({ ...middle, ...size }, 0, 0);
}
