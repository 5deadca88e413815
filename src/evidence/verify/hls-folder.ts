import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hlsPlaylistName } from '../../naming/hls-name.ts';
import { segmentNames } from '../../segment/recording-folder.ts';
import { hashNow, type SegmentDigest } from '../file-digests.ts';
import type { ManifestFile } from '../manifest.ts';
import { span, spanS, type Fault } from './finding.ts';
import type { MediaFindings } from './media-file.ts';

/** Compares an HLS folder with what the manifest says of it. @throws Error of the file system. */
export function verifyHlsFolder(folder: string, file: ManifestFile): MediaFindings {
  const expected = file.digests?.segments ?? [];
  const text = readFileSync(join(folder, hlsPlaylistName), 'utf8');
  const hashes = new Map(segmentNames(folder).map((name) => [name, hashNow(join(folder, name))]));
  const known = new Map(expected.map((one) => [one.sha256, one]));
  const found = [...hashes.values()].filter((hash) => known.has(hash)).length;
  if (expected.length > 0 && found === 0) {
    return {
      identical: false,
      found,
      faults: [{ kind: 'foreign-file', file: folder, text: 'nothing of the recording is in it: another file' }],
    };
  }
  const faults = [...segmentFaults(folder, expected, hashes, known), ...strangers(folder, expected, hashes, known)];
  if (createHash('sha256').update(text).digest('hex') !== file.sha256) {
    faults.push(...playlistFaults(folder, expected, hashes, text));
  }
  return { identical: faults.length === 0, found, faults };
}

function segmentFaults(
  folder: string,
  expected: readonly SegmentDigest[],
  hashes: ReadonlyMap<string, string>,
  known: ReadonlyMap<string, SegmentDigest>,
): Fault[] {
  const there = new Set(hashes.values());
  return expected.flatMap(({ name, sha256, startMs, durationMs }): Fault[] => {
    const hash = hashes.get(name);
    if (hash === sha256) return [];
    const at = { file: folder, ...spanS(startMs, startMs + durationMs) };
    const when = span(startMs, startMs + durationMs);
    const other = hash === undefined ? undefined : known.get(hash);
    if (other)
      return [
        {
          kind: 'swapped',
          ...at,
          text: `${when} (${name}) holds what belongs to ${span(other.startMs, other.startMs + other.durationMs)}`,
        },
      ];
    if (hash !== undefined) return [{ kind: 'replaced', ...at, text: `${when} (${name}) is not what was recorded` }];
    // Renamed: the playlist tells whether it is in its place.
    if (there.has(sha256)) return [];
    return [{ kind: 'removed', ...at, text: `${when} (${name}) is missing` }];
  });
}

function strangers(
  folder: string,
  expected: readonly SegmentDigest[],
  hashes: ReadonlyMap<string, string>,
  known: ReadonlyMap<string, SegmentDigest>,
): Fault[] {
  const names = new Set(expected.map(({ name }) => name));
  return [...hashes].flatMap(([name, hash]): Fault[] =>
    names.has(name) || known.has(hash)
      ? []
      : [{ kind: 'inserted', file: folder, text: `${name} is no segment of the recording` }],
  );
}

/** The playlist was changed: does it still name the segments in their order? */
function playlistFaults(
  folder: string,
  expected: readonly SegmentDigest[],
  hashes: ReadonlyMap<string, string>,
  text: string,
): Fault[] {
  const listed = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const order = listed.map((name) => expected.findIndex((one) => one.sha256 === hashes.get(name)));
  const faults: Fault[] = [];
  for (const [index, { startMs, durationMs, name }] of expected.entries()) {
    if (order.includes(index) || !existsSync(join(folder, name))) continue;
    const at = { file: folder, ...spanS(startMs, startMs + durationMs) };
    faults.push({
      kind: 'removed',
      ...at,
      text: `${span(startMs, startMs + durationMs)} (${name}) was taken out of the playlist`,
    });
  }
  const rest = order.filter((index) => index >= 0);
  const wrong = rest.findIndex((index, place) => place > 0 && index < rest[place - 1]!);
  if (wrong >= 0) {
    const { startMs, durationMs } = expected[rest[wrong]!]!;
    const at = { file: folder, ...spanS(startMs, startMs + durationMs) };
    faults.push({
      kind: 'moved',
      ...at,
      text: `the playlist was re-ordered: ${span(startMs, startMs + durationMs)} stands in another place`,
    });
  }
  return faults.length > 0
    ? faults
    : [{ kind: 'rewritten', file: folder, text: 'its playlist was changed; it names every segment in order' }];
}
