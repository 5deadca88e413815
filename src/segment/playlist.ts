import { micros, type Micros, type WallUs } from '../units.ts';

/** A finished segment of a recording. */
export interface Segment {
  /** File name in the recording's folder. */
  readonly name: string;
  /** From the recording's zero. */
  readonly start: Micros;
  readonly duration: Micros;
  /** Set where the streams change or time jumps. */
  readonly discontinuity: boolean;
}

/** Longest segment in seconds; every `EXTINF` rounds to this or less (RFC 8216 §4.3.3.1). */
export const targetDurationSeconds = 15;

const head = [
  '#EXTM3U',
  '#EXT-X-VERSION:3',
  `#EXT-X-TARGETDURATION:${targetDurationSeconds}`,
  '#EXT-X-MEDIA-SEQUENCE:0',
];
const endTag = '#EXT-X-ENDLIST';

const isoTime = (zero: WallUs, start: Micros): string => new Date(Math.round((zero + start) / 1000)).toISOString();

/** The lines of one segment, with its wall time; `tags` stand in front of them. */
export function segmentLines(segment: Segment, zero: WallUs, tags: readonly string[] = []): string {
  const lines = [
    ...tags,
    `#EXT-X-PROGRAM-DATE-TIME:${isoTime(zero, segment.start)}`,
    `#EXTINF:${(segment.duration / 1e6).toFixed(3)},`,
    segment.name,
  ];
  if (segment.discontinuity) lines.unshift('#EXT-X-DISCONTINUITY');
  return `${lines.join('\n')}\n`;
}

/**
 * A whole playlist around the lines of its segments; `tags` stand behind its own. One that is put in its place as a
 * whole is of type `VOD`.
 */
export const playlistText = (
  segments: string,
  ended: boolean,
  tags: readonly string[] = [],
  type: 'EVENT' | 'VOD' = 'EVENT',
): string =>
  `${[...head, `#EXT-X-PLAYLIST-TYPE:${type}`, ...tags].join('\n')}\n${segments}${ended ? `${endTag}\n` : ''}`;

/** Plain names only: what stands in a damaged playlist must not lead out of its folder. */
const plainName = /^[^/\\\0.][^/\\\0]{0,1000}\.ts$/;

const unknownTime = micros(Number.NaN);
/** Of a segment, far above what one is cut at. */
const longestUs = 86_400_000_000;

const isSound = ({ name, start, duration }: Segment): boolean =>
  plainName.test(name) &&
  Number.isSafeInteger(start) &&
  Number.isSafeInteger(duration) &&
  duration >= 0 &&
  duration <= longestUs;

/**
 * A playlist of ours read back. Times are as exact as their text: a millisecond. A segment whose lines are damaged, or that
 * was there before, is left out: whoever has its file finds it by that.
 */
export function parsePlaylist(text: string, zero: WallUs): { segments: Segment[]; ended: boolean } {
  const segments: Segment[] = [];
  let start = unknownTime;
  let duration = unknownTime;
  let discontinuity = false;
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const value = line.slice(line.indexOf(':') + 1);
    if (line === '#EXT-X-DISCONTINUITY') discontinuity = true;
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) start = micros(Date.parse(value) * 1000 - zero);
    else if (line.startsWith('#EXTINF:')) duration = micros(Math.round(Number.parseFloat(value) * 1e6));
    else if (line !== '' && !line.startsWith('#')) {
      const segment = { name: line, start, duration, discontinuity };
      if (isSound(segment) && !names.has(line)) segments.push(segment);
      names.add(line);
      [start, duration, discontinuity] = [unknownTime, unknownTime, false];
    }
  }
  return { segments, ended: text.includes(endTag) };
}
