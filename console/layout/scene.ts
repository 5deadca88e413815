import type { LayoutParams } from '../../src/api/recording/layout-params.ts';
import type { LayoutPicture } from '../../src/layout/layout-pictures.ts';
import type { MediaId } from '../../src/room-key.ts';

/** Who is supposed to be in the room that a layout is drawn for. */
export interface Scene {
  /** Pictures in all, 1 to 25. */
  readonly count: number;
  /** The last to enter of them, who send no video. */
  readonly heard: number;
  /** The big user has not come. */
  readonly bigAway: boolean;
}

type Source = Pick<LayoutPicture, 'userId' | 'mediaId'>;

const mediaIdOf = (wire: number | undefined): MediaId => (wire === 1 ? 'aux' : 'main');
const isSame = (a: Source, b: Source): boolean => a.userId === b.userId && a.mediaId === b.mediaId;
const distinct = (sources: readonly Source[]): Source[] =>
  sources.filter((one, i) => sources.findIndex((other) => isSame(one, other)) === i);

/** The big user, where the mode has one. */
function bigOf({ MixLayoutMode, MaxResolutionUserId: userId, MediaId }: LayoutParams): Source | undefined {
  if ((MixLayoutMode !== 1 && MixLayoutMode !== 2) || !userId) return undefined;
  return { userId, mediaId: mediaIdOf(MediaId) };
}

/** Whom the layout names: without them it would not be seen as it is meant. */
function namedBy(layout: LayoutParams, { bigAway }: Scene): Source[] {
  const big = bigAway ? undefined : bigOf(layout);
  const cells = layout.MixLayoutMode === 4 ? (layout.MixLayoutList ?? []) : [];
  const owners = cells.flatMap(({ UserId: userId, MediaId }) =>
    userId ? [{ userId, mediaId: mediaIdOf(MediaId) }] : [],
  );
  return distinct([...(big ? [big] : []), ...owners]);
}

const strangers = /^user([1-9]\d?)$/;

/** Strangers entered in the order of their numbers; whom the layout names by another name came after them. */
const entryOf = (userId: string, place: number): number => Number(strangers.exec(userId)?.[1] ?? 100 + place);

/**
 * The pictures of a scene: those that the layout names, the cameras of who shows a screen, and strangers up to the
 * count.
 */
export function picturesOf(layout: LayoutParams, scene: Scene): LayoutPicture[] {
  const named = namedBy(layout, scene);
  const cameras = named.filter(({ mediaId }) => mediaId === 'aux').map(({ userId }) => main(userId));
  const away = scene.bigAway ? bigOf(layout)?.userId : undefined;
  const others = Array.from({ length: 2 * scene.count + 1 }, (_, i) => main(`user${i + 1}`)).filter(
    ({ userId }) => userId !== away,
  );
  const shown = distinct([...named, ...cameras, ...others]).slice(0, scene.count);
  const people = [...new Set(shown.map(({ userId }) => userId))];
  const pictures = shown.map((source) => ({
    ...source,
    order: entryOf(source.userId, people.indexOf(source.userId)),
    hasVideo: true,
  }));
  return withHeard(pictures, scene.heard);
}

const main = (userId: string): Source => ({ userId, mediaId: 'main' });

/** The last `heard` cameras are off. */
function withHeard(pictures: readonly LayoutPicture[], heard: number): LayoutPicture[] {
  const entered = pictures.toSorted(
    (a, b) => a.order - b.order || Number(a.mediaId === 'aux') - Number(b.mediaId === 'aux'),
  );
  const off = heard > 0 ? entered.filter(({ mediaId }) => mediaId === 'main').slice(-heard) : [];
  return entered.map((picture) => (off.includes(picture) ? { ...picture, hasVideo: false } : picture));
}
