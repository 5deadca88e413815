import { segmentLines, type Segment } from '../segment/playlist.ts';
import type { WallUs } from '../units.ts';

/** Segments that a preview may go back to: about five minutes. */
const kept = 30;

/** A playlist of the latest segments of a file that grows, until it is `ended`. Segments keep their numbers. */
export function livePlaylist(
  segments: readonly Segment[],
  { zeroUs, ended }: { readonly zeroUs: WallUs; readonly ended: boolean },
): string {
  const first = Math.max(0, segments.length - kept);
  const shown = segments.slice(first);
  const longest = Math.max(1, ...shown.map(({ duration }) => Math.round(duration / 1e6)));
  const before = segments.slice(0, first + 1).filter(({ discontinuity }) => discontinuity).length;
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:3',
    `#EXT-X-TARGETDURATION:${longest}`,
    `#EXT-X-MEDIA-SEQUENCE:${first}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${before}`,
  ];
  const own = shown.map((segment, index) =>
    segmentLines({ ...segment, discontinuity: index > 0 && segment.discontinuity }, zeroUs),
  );
  return `${lines.join('\n')}\n${own.join('')}${ended ? '#EXT-X-ENDLIST\n' : ''}`;
}
