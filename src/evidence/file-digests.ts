import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { join } from 'node:path';
import { hlsPlaylistName } from '../naming/hls-name.ts';
import { parsePlaylist } from '../segment/playlist.ts';
import { toWallUs, type WallMs } from '../units.ts';
import type { Container } from '../worker-api/messages.ts';
import { mediaSamples, type MediaSample } from './media-samples.ts';

/** A stretch of one track: its first sample alone tells where in a file it may lie, all together that it is whole. */
export interface IntervalDigest {
  /** In milliseconds of the file. */
  readonly startMs: number;
  readonly samples: number;
  /** First eight bytes of the SHA-256 of its first sample, base64url. */
  readonly first: string;
  /** SHA-256 of the SHA-256s of its samples in order, base64url. */
  readonly sha256: string;
  /** First eight bytes of the SHA-256 of the samples' times from its start in whole milliseconds, base64url. */
  readonly times: string;
}

/** One track of a file, from interval to interval without gap. */
export interface TrackDigests {
  readonly kind: 'video' | 'audio';
  readonly endMs: number;
  readonly intervals: readonly IntervalDigest[];
}

/** A segment of an HLS folder. */
export interface SegmentDigest {
  readonly name: string;
  /** In milliseconds from the folder's beginning. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly bytes: number;
  /** Hex digits. */
  readonly sha256: string;
}

/** By what it can be told where a file was changed: its tracks, or of an HLS folder its segments. */
export interface FileDigests {
  readonly tracks?: readonly TrackDigests[] | undefined;
  readonly segments?: readonly SegmentDigest[] | undefined;
}

/** An interval is at least so long; one of pictures ends with the first key frame after that, where one comes in time. */
const intervalMs = 10_000;
const longestMs = 20_000;
/** Between two turns of the event loop, so that a parent that went away is noticed. */
const samplesPerTurn = 2000;

/** First bytes of a digest, as interval digests have them. */
export const short = (sha256: Buffer): string => sha256.subarray(0, 8).toString('base64url');

/** Digest over samples, as {@link IntervalDigest} has it. */
export function digestOf(samples: Iterable<Buffer>): string {
  const hash = createHash('sha256');
  for (const sample of samples) hash.update(sample);
  return hash.digest('base64url');
}

/** Digest over the times of samples, as {@link IntervalDigest} has it. */
export function timesOf(atMs: readonly number[]): string {
  const steps = atMs.map((at) => Math.round(at - (atMs[0] ?? 0)));
  return short(createHash('sha256').update(steps.join(' ')).digest());
}

class Track {
  readonly #intervals: IntervalDigest[] = [];
  #samples: MediaSample[] = [];
  #endMs = 0;

  push(sample: MediaSample): void {
    const first = this.#samples[0];
    const elapsed = first ? sample.atMs - first.atMs : 0;
    if (elapsed >= longestMs || (elapsed >= intervalMs && sample.key)) this.#close();
    this.#samples.push(sample);
    this.#endMs = Math.max(this.#endMs, sample.atMs + sample.lengthMs);
  }

  end(kind: TrackDigests['kind']): TrackDigests {
    this.#close();
    return { kind, endMs: Math.round(this.#endMs), intervals: this.#intervals };
  }

  #close(): void {
    const [first] = this.#samples;
    if (!first) return;
    this.#intervals.push({
      startMs: Math.round(first.atMs),
      samples: this.#samples.length,
      first: short(first.sha256),
      sha256: digestOf(this.#samples.map((one) => one.sha256)),
      times: timesOf(this.#samples.map((one) => one.atMs)),
    });
    this.#samples = [];
  }
}

/** Reads a finished file, of HLS its folder, once more. @throws Error when it cannot be read. */
export async function fileDigests(path: string, container: Container, startMs: WallMs): Promise<FileDigests> {
  return container === 'hls'
    ? { segments: segmentDigests(path, startMs) }
    : { tracks: await trackDigests(mediaSamples(path, container)) };
}

/** Digests of samples, track by track. */
export async function trackDigests(samples: Iterable<MediaSample>): Promise<TrackDigests[]> {
  let count = 0;
  const tracks = new Map<TrackDigests['kind'], Track>();
  for (const sample of samples) {
    const track = tracks.get(sample.kind) ?? new Track();
    tracks.set(sample.kind, track);
    track.push(sample);
    count += 1;
    if (count % samplesPerTurn === 0) await nextTurn();
  }
  return [...tracks].map(([kind, track]) => track.end(kind));
}

function segmentDigests(folder: string, startMs: WallMs): SegmentDigest[] {
  const text = readFileSync(join(folder, hlsPlaylistName), 'utf8');
  return parsePlaylist(text, toWallUs(startMs)).segments.map(({ name, start, duration }) => {
    const path = join(folder, name);
    const times = { startMs: Math.round(start / 1000), durationMs: Math.round(duration / 1000) };
    return { name, ...times, bytes: statSync(path).size, sha256: hashNow(path) };
  });
}

/** SHA-256 of a segment or another small file in hex digits. @throws Error of the file system. */
export const hashNow = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
