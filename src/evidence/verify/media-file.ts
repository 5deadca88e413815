import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { hashFile } from '../../finish/publish.ts';
import type { TrackDigests } from '../file-digests.ts';
import type { ManifestFile } from '../manifest.ts';
import { mediaSamples, type MediaSample } from '../media-samples.ts';
import { compareTrack, type FoundSample, type TrackFault } from './compare-track.ts';
import { seconds, span, spanS, type Fault } from './finding.ts';

/** How much of a recording a file was found to be: whether it is that file, and if not, what differs. */
export interface MediaFindings {
  /** Bit for bit. */
  readonly identical: boolean;
  /** Intervals of the recording that the file has, over all tracks. */
  readonly found: number;
  readonly faults: readonly Fault[];
}

/** Compares an MP4 or AAC file with what the manifest says of it. @throws Error of the file system. */
export async function verifyMediaFile(
  path: string,
  file: ManifestFile,
  onBytes?: (count: number) => void,
): Promise<MediaFindings> {
  if ((await hashFile(path, onBytes)) === file.sha256) return { identical: true, found: 0, faults: [] };
  if (await isLonger(path, file)) return { identical: false, found: 1, faults: [appended(path, file)] };
  try {
    return compareTracks(path, file, tracksIn(path, file.container === 'aac' ? 'aac' : 'mp4'));
  } catch (error) {
    const text = `cannot be read as media any more (${(error as Error).message})`;
    return { identical: false, found: 0, faults: [{ kind: 'unreadable', file: path, text }] };
  }
}

/** Whether the file begins with all that it was and then goes on. */
async function isLonger(path: string, { sizeBytes = 0, sha256 }: ManifestFile): Promise<boolean> {
  if (sizeBytes === 0 || (await stat(path)).size <= sizeBytes) return false;
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { end: sizeBytes - 1 })) hash.update(piece as Buffer);
  return hash.digest('hex') === sha256;
}

const appended = (path: string, { durationMs = 0 }: ManifestFile): Fault => ({
  kind: 'appended',
  file: path,
  ...spanS(durationMs, durationMs),
  text: 'something was appended behind its end; what comes before is untouched',
});

type Tracks = Map<TrackDigests['kind'], FoundSample[]>;

function tracksIn(path: string, container: 'mp4' | 'aac'): Tracks {
  const tracks: Tracks = new Map();
  for (const { kind, ...sample } of mediaSamples(path, container)) {
    const track = tracks.get(kind) ?? [];
    tracks.set(kind, track);
    track.push(sample satisfies Omit<MediaSample, 'kind'>);
  }
  return tracks;
}

const nameOf = { video: 'pictures', audio: 'sound' } as const;

function compareTracks(path: string, file: ManifestFile, tracks: Tracks): MediaFindings {
  const expected = file.digests?.tracks ?? [];
  if (expected.length === 0) {
    const text = 'its bytes are not those that were recorded; the manifest does not tell what they were where';
    return { identical: false, found: 0, faults: [{ kind: 'replaced', file: path, text }] };
  }
  const findings = expected.map((track) => ({
    kind: track.kind,
    track,
    ...compareTrack(track, tracks.get(track.kind) ?? []),
  }));
  const found = findings.reduce((sum, one) => sum + one.found, 0);
  if (found === 0) return { identical: false, found, faults: [foreign(path, tracks)] };
  const faults = findings.flatMap(({ kind, track, faults: own }) =>
    own.map((fault) => faultOf(path, `${nameOf[kind]}: `, fault, track)),
  );
  const merged = mergedFaults(faults);
  return { identical: false, found, faults: merged.length > 0 ? merged : [rewritten(path)] };
}

const foreign = (path: string, tracks: Tracks): Fault => ({
  kind: tracks.size === 0 ? 'unreadable' : 'foreign-file',
  file: path,
  text: tracks.size === 0 ? 'cannot be read as media any more' : 'nothing of the recording is in it: another file',
});

const rewritten = (path: string): Fault => ({
  kind: 'rewritten',
  file: path,
  text: 'its bytes were changed outside of the media: every picture and sound of the recording is there, in order and in time',
});

function faultOf(file: string, who: string, { kind, fromMs, toMs, lengthMs }: TrackFault, track: TrackDigests): Fault {
  const where = spanS(fromMs, toMs);
  const about = `about ${seconds(lengthMs)}`;
  const words: Record<TrackFault['kind'], string> = {
    'cut-at-start': `cut at the start: ${about} missing, between 0.0 and ${seconds(toMs)}`,
    'cut-at-end': `cut at the end: ${about} missing, between ${seconds(fromMs)} and ${seconds(track.endMs)}`,
    removed: `a piece was removed: ${about} missing, between ${seconds(fromMs)} and ${seconds(toMs)}`,
    replaced: `${span(fromMs, toMs)} was replaced: not what was recorded`,
    swapped: `two pieces were swapped within ${span(fromMs, toMs)}`,
    moved: `${span(fromMs, toMs)} was moved to another place`,
    inserted: `${about} of something else was put in at ${seconds(fromMs)}`,
    appended: `${about} of something else was appended behind the end`,
    timing: `${span(fromMs, toMs)} plays at other times than it was recorded at`,
  };
  return { kind, file, ...where, text: `${who}${words[kind]}` };
}

/** Pictures and sound that were cut together are one fault; it lies where the spans of both agree. */
function mergedFaults(faults: readonly Fault[]): Fault[] {
  const merged: Fault[] = [];
  for (const fault of faults) {
    const same = merged.findIndex((one) => one.kind === fault.kind && overlaps(one, fault));
    if (same < 0) merged.push(fault);
    else merged[same] = both(merged[same]!, fault);
  }
  return merged;
}

function both(one: Fault, other: Fault): Fault {
  const length = ({ fromS = 0, toS = 0 }: Fault): number => toS - fromS;
  const narrower = length(other) < length(one) ? other : one;
  return { ...narrower, text: narrower.text.replace(/^(pictures and sound|pictures|sound): /, 'pictures and sound: ') };
}

const slackS = 12;

const overlaps = (one: Fault, other: Fault): boolean =>
  (one.fromS ?? 0) <= (other.toS ?? 0) + slackS && (other.fromS ?? 0) <= (one.toS ?? 0) + slackS;
