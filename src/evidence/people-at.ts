import type { LayoutPicture } from '../layout/layout-pictures.ts';
import type { MediaId } from '../room-key.ts';
import type { TimelinePicture, UserLane } from './timeline-picture.ts';

/**
 * The pictures that a mix could show at a moment, by what a timeline says of it: what the layout's function is given by
 * whoever draws over a recording what the compositor did. A user is one by camera, also when it is off, unless only a
 * screen is shared; `media` is what the task records. Pure.
 */
export function peopleAt(
  { users }: Pick<TimelinePicture, 'users'>,
  atMs: number,
  media: readonly MediaId[],
): LayoutPicture[] {
  const holds = (span: { readonly fromMs: number; readonly toMs: number }): boolean =>
    span.fromMs <= atMs && atMs < span.toMs;
  const present = users.flatMap((user) => {
    const stay = user.stays.find(holds);
    return stay && isRecorded(user, stay.fromMs, atMs) ? [{ user, enteredMs: stay.fromMs }] : [];
  });
  present.sort((a, b) => a.enteredMs - b.enteredMs);
  return present
    .flatMap(({ user }, order) => picturesOf(user, order, atMs))
    .filter((one) => media.includes(one.mediaId));
}

function picturesOf({ userId, tracks }: UserLane, order: number, atMs: number): LayoutPicture[] {
  const sends = (mediaId: MediaId): boolean =>
    tracks.some(
      (track) =>
        track.mediaId === mediaId &&
        track.media === 'video' &&
        track.spans.some((span) => span.recorded && span.fromMs <= atMs && atMs < span.toMs),
    );
  const [camera, screen] = [sends('main'), sends('aux')];
  const hadCamera = tracks.some(
    (track) => track.mediaId === 'main' && track.media === 'video' && track.spans.some((span) => span.fromMs <= atMs),
  );
  const main: LayoutPicture = { userId, mediaId: 'main', order, hasVideo: camera };
  const aux: LayoutPicture = { userId, mediaId: 'aux', order, hasVideo: true };
  return [...(camera || hadCamera || !screen ? [main] : []), ...(screen ? [aux] : [])];
}

/** Somebody of whom nothing is open stays as recorded as before; somebody whom the lists keep out sends in vain. */
function isRecorded({ tracks }: UserLane, fromMs: number, atMs: number): boolean {
  const spans = tracks.flatMap((track) => track.spans).filter((span) => span.fromMs <= atMs && span.toMs > fromMs);
  const now = spans.filter((span) => span.toMs > atMs);
  return (now.length > 0 ? now : spans).some(({ recorded }) => recorded);
}
