import { segmentStartMs } from '../segment/recording-folder.ts';

/**
 * The millisecond by which each segment is named in the bucket: that of its start, or the next free one where two begin
 * in the same. Segments are only ever added at the end, so a segment's name stays what it is.
 */
export function segmentStamps(names: readonly string[]): number[] {
  const taken = new Set<number>();
  return names.map((name) => {
    let stamp = segmentStartMs(name) ?? 0;
    while (taken.has(stamp)) stamp += 1;
    taken.add(stamp);
    return stamp;
  });
}
