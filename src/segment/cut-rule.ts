import type { Micros } from '../units.ts';

/** What the rule looks at when the next packet is about to be written. Times in microseconds. */
export interface CutState {
  /** From the segment's start to the packet. */
  readonly elapsed: number;
  /** The packet is a key frame. */
  readonly key: boolean;
  /** Since the last picture before the packet; undefined when the section has no video. */
  readonly sinceVideo: number | undefined;
}

/** What to do before the packet is written. */
export type CutDecision = 'go-on' | 'ask-key-frame' | 'cut' | 'forced-cut';

const target = 10_000_000;
const earliestAtKey = 9_000_000;
const latest = 14_000_000;
// A camera that is off will not answer; its held picture needs no key frame to begin a segment.
const videoIsPaused = 2_000_000;

/** Longest segment that may stand in the playlist; what is longer has a hole in time and ends where its media does. */
export const longestSegment = 15_000_000 as Micros;

/**
 * About ten seconds a segment, cut at a key frame that is asked for when it does not come by itself; without one when
 * there is no video to wait for, or when the sender does not answer for four seconds.
 */
export function decideCut(state: CutState): CutDecision {
  if (state.key && state.elapsed >= earliestAtKey) return 'cut';
  if (state.elapsed >= latest) return 'forced-cut';
  if (state.elapsed < target) return 'go-on';
  const waits = state.sinceVideo !== undefined && state.sinceVideo < videoIsPaused;
  return waits ? 'ask-key-frame' : 'cut';
}
