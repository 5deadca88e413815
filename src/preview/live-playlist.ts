import { segmentLines, type Segment } from '../segment/playlist.ts';
import type { WallUs } from '../units.ts';

/** Segments that a preview may go back to: about five minutes. */
const kept = 30;
/** Numbers of an epoch; a year of segments has fewer. */
const numbersOfEpoch = 10_000_000;

/**
 * A playlist of the latest segments of a file that is still growing. Segments keep their numbers from one to the next,
 * and those of another epoch have others: a player takes them for a new beginning.
 */
export function livePlaylist(
  segments: readonly Segment[],
  { epoch, zeroUs }: { readonly epoch: number; readonly zeroUs: WallUs },
): string {
  const first = Math.max(0, segments.length - kept);
  const shown = segments.slice(first);
  const longest = Math.max(1, ...shown.map(({ duration }) => Math.round(duration / 1e6)));
  const before = segments.slice(0, first + 1).filter(({ discontinuity }) => discontinuity).length;
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:3',
    `#EXT-X-TARGETDURATION:${longest}`,
    `#EXT-X-MEDIA-SEQUENCE:${epoch * numbersOfEpoch + first}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${epoch * numbersOfEpoch + before}`,
  ];
  const own = shown.map((segment, index) =>
    segmentLines(
      { ...segment, name: `e${epoch}/${segment.name}`, discontinuity: index > 0 && segment.discontinuity },
      zeroUs,
    ),
  );
  return `${lines.join('\n')}\n${own.join('')}`;
}
