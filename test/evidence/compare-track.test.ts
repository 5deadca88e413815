import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { trackDigests, type TrackDigests } from '../../src/evidence/file-digests.ts';
import type { MediaSample } from '../../src/evidence/media-samples.ts';
import { compareTrack, type TrackFault } from '../../src/evidence/verify/compare-track.ts';

const lengthMs = 40;

/** Pictures with a key frame every two seconds; `nameOf` says which of them are alike. */
const pictures = (count: number, nameOf: (n: number) => unknown = (n) => n): MediaSample[] =>
  Array.from({ length: count }, (_, n) => ({
    kind: 'video',
    atMs: n * lengthMs,
    lengthMs,
    key: n % 50 === 0,
    sha256: createHash('sha256')
      .update(String(nameOf(n)))
      .digest(),
  }));

/** As they stand in a file that was made of them. */
const inARow = (samples: readonly MediaSample[]): MediaSample[] =>
  samples.map((sample, n) => ({ ...sample, atMs: n * lengthMs }));

const digests = async (samples: readonly MediaSample[]): Promise<TrackDigests> => (await trackDigests(samples))[0]!;

const told = (faults: readonly TrackFault[]): string[] =>
  faults.map(({ kind, fromMs, toMs, lengthMs: ms }) => `${kind} ${fromMs / 1000}–${toMs / 1000} ${ms / 1000}`);

/** Pieces of a film of a minute, by their seconds. */
const film = pictures(1500);
const cut = (fromS: number, toS: number): MediaSample[] => film.slice(fromS * 25, toS * 25);
const stranger = (seconds: number): MediaSample[] => pictures(seconds * 25, (n) => `other ${n}`);

test('what was done to a film is told from its digests', async () => {
  const track = await digests(film);
  assert.equal(track.intervals.length, 6);
  const cases: readonly (readonly [MediaSample[], string[]])[] = [
    [film, []],
    [cut(20, 60), ['cut-at-start 0–20 20']],
    [cut(1, 60), ['cut-at-start 0–10 1']],
    [cut(0, 59), ['cut-at-end 50–60 1']],
    [cut(0, 30), ['cut-at-end 30–60 30']],
    [cut(15, 45), ['cut-at-start 0–20 15', 'cut-at-end 40–60 15']],
    [[...cut(0, 20), ...cut(30, 60)], ['removed 20–30 10']],
    [[...cut(0, 12), ...cut(14, 60)], ['removed 10–20 2']],
    [[...cut(0, 20), ...stranger(10), ...cut(30, 60)], ['replaced 20–30 10']],
    [[...cut(0, 20), ...stranger(4), ...cut(30, 60)], ['removed 20–30 6']],
    [[...cut(0, 20), ...stranger(4), ...cut(20, 60)], ['inserted 20–20 4']],
    [[...cut(0, 20), ...cut(10, 60)], ['inserted 20–20 10']],
    [[...film, ...stranger(4)], ['appended 60–60 4']],
    [[...cut(0, 10), ...cut(20, 30), ...cut(10, 20), ...cut(30, 60)], ['swapped 10–30 20']],
    [[...cut(0, 10), ...cut(40, 50), ...cut(20, 40), ...cut(10, 20), ...cut(50, 60)], ['swapped 10–50 40']],
    [[...cut(30, 60), ...cut(0, 30)], ['swapped 0–60 60']],
    [
      [...cut(0, 10), ...cut(20, 30), ...cut(10, 20), ...cut(30, 40), ...cut(50, 60)],
      ['swapped 10–30 20', 'removed 40–50 10'],
    ],
    [
      [...cut(10, 20), ...cut(30, 40), ...cut(0, 10), ...cut(50, 60), ...cut(20, 30), ...cut(40, 50)],
      ['moved 10–20 10', 'moved 30–40 10', 'moved 50–60 10'],
    ],
  ];
  for (const [samples, expected] of cases) {
    assert.deepEqual(told(compareTrack(track, inARow(samples)).faults), expected);
  }
  assert.deepEqual(compareTrack(track, stranger(60)).found, 0);
  const slow = film.map((sample) => ({ ...sample, atMs: sample.atMs * 1.1 }));
  assert.deepEqual(told(compareTrack(track, slow).faults), ['timing 0–60 60']);
  const shuffled = film.map((sample, n) => ({ ...sample, atMs: n === 600 ? sample.atMs + 30 : sample.atMs }));
  assert.deepEqual(told(compareTrack(track, shuffled).faults), ['timing 20–30 10']);
});

test('stretches that are alike, as silence is, count as often as they were recorded', async () => {
  const quiet = pictures(1500, (n) => (n < 250 || n >= 1250 ? n : 'silence'));
  const track = await digests(quiet);
  assert.deepEqual(told(compareTrack(track, inARow(quiet)).faults), []);
  const shorter = inARow([...quiet.slice(0, 500), ...quiet.slice(750)]);
  assert.deepEqual(told(compareTrack(track, shorter).faults), ['removed 40–50 10']);
  const longer = inARow([...quiet.slice(0, 500), ...quiet.slice(250)]);
  assert.equal(compareTrack(track, longer).faults[0]?.kind, 'inserted');
});
