/** A picture of a recording; ticks of 90 kHz from the recorded file's zero. */
export interface CutPicture {
  readonly pts: number;
  readonly dts: number;
  readonly key: boolean;
}

/** Pictures that a part begins with, out of sight, so that the one that is shown at its beginning can be decoded. */
export interface HiddenPictures {
  /** Decoding times of the first, a key frame, and of the last. */
  readonly from: number;
  readonly to: number;
  /** Moves them in time: the last one that is shown, held across the cut, comes to stand on the cut. */
  readonly shift: number;
}

/** Where one part of a recording ends and the next begins; ticks of 90 kHz from the recorded file's zero. */
export interface Cut {
  /** The moment: end of the one, zero of the other. */
  readonly at: number;
  /** Pictures that are decoded before this belong to the one, all others to the other. */
  readonly dts: number;
  /** Absent where a key frame stands at the cut, and where there was no picture yet. */
  readonly hidden?: HiddenPictures | undefined;
}

/** The beginning of the first part. */
export const beginning: Cut = { at: 0, dts: -Infinity };

/**
 * Chooses where to cut pictures at `limit`: at the first key frame that comes within `wait`; if none does, at the first
 * picture within it, or, where a picture is held for longer, at the limit itself. In the last two cases the next part
 * begins with hidden pictures: everything since the key frame that the shown picture leans on.
 * @param pictures those that can be decoded, in decoding order, from a key frame at or before the limit on (if there is
 * one) to the limit and the wait.
 */
export function cutPictures(pictures: readonly CutPicture[], limit: number, wait: number): Cut {
  const key = pictures.find((one) => one.key && one.pts >= limit && one.pts <= limit + wait);
  if (key) return { at: key.pts, dts: key.dts };
  const { count, nextPts } = pictureBoundary(pictures, limit);
  const before = pictures.slice(0, count);
  const at = nextPts <= limit + wait ? nextPts : limit;
  const first = before.findLast((one) => one.key);
  const last = before.at(-1);
  if (!first || !last) return { at, dts: pictures[count]?.dts ?? at };
  const shown = before.reduce((latest, { pts }) => Math.max(latest, pts), -Infinity);
  const hidden = { from: first.dts, to: last.dts, shift: nextPts === at ? 0 : at - shown };
  return { at, dts: last.dts + 1, hidden };
}

/**
 * How many pictures come before the first place at or behind the limit where decoding order and order of showing part
 * the pictures in the same way, and when the first one behind it is shown.
 */
function pictureBoundary(pictures: readonly CutPicture[], limit: number): { count: number; nextPts: number } {
  const nextPts = [Infinity];
  for (const { pts } of pictures.toReversed()) nextPts.push(Math.min(pts, nextPts.at(-1)!));
  nextPts.reverse();
  let latest = -Infinity;
  for (const [count, next] of nextPts.entries()) {
    if (next >= limit && next > latest) return { count, nextPts: next };
    latest = Math.max(latest, pictures[count]?.pts ?? Infinity);
  }
  return { count: pictures.length, nextPts: Infinity };
}

/** Chooses where to cut sound at `limit`: where the next frame begins, or at the limit itself inside a gap. */
export function cutSound(frameStarts: readonly number[], limit: number, frameTicks: number): Cut {
  const next = frameStarts.filter((start) => start >= limit).reduce((a, b) => Math.min(a, b), Infinity);
  const at = next < limit + frameTicks ? next : limit;
  return { at, dts: at };
}
