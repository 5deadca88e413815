import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { makeParts, type MadePart } from '../../src/finish/make-parts.ts';
import type { PartLimits } from '../../src/finish/split.ts';
import { toWallMs } from '../../src/units.ts';
import type { Container } from '../../src/worker-api/messages.ts';
import { decodeAudio, type SoundTrack } from '../kit/sound-track.ts';
import { at, noLimits, tempDir } from '../single/recorder-kit.ts';

/** What the tests split. */
export interface Split {
  readonly dirs: readonly string[];
  readonly fromMs?: number;
  readonly endMs: number;
  readonly limits?: Partial<PartLimits>;
  readonly container?: Container;
}

/** Makes the parts of folders. */
export function split(
  t: TestContext,
  { dirs, fromMs = 0, endMs, limits, container = 'mp4' }: Split,
): Promise<MadePart[]> {
  const span = { startMs: toWallMs(at(fromMs)), endMs: toWallMs(at(endMs)) };
  return makeParts({ dirs, ...span, container, limits: { ...noLimits, ...limits } }, tempDir(t));
}

/** Milliseconds from the first part's zero to each cut and the end; the parts follow on each other. */
export function cutsOf(parts: readonly MadePart[]): number[] {
  for (const [index, part] of parts.entries()) {
    if (index > 0) assert.equal(part.startMs, parts[index - 1]!.endMs);
    assert.ok(
      Math.abs(part.durationMs - (part.endMs - part.startMs)) <= 45,
      `part ${index + 1}: ${part.durationMs} ms`,
    );
  }
  return parts.map((part) => part.endMs - parts[0]!.startMs);
}

/** Samples of a file from its zero on, `ms` long; silence where the file has none. */
export async function soundIn(path: string, ms: number): Promise<SoundTrack & { samples: Float32Array }> {
  const track = await decodeAudio(path);
  assert.deepEqual(track.gaps, []);
  const samples = new Float32Array(Math.round((ms * track.sampleRate) / 1000));
  const shift = Math.round((track.startUs * track.sampleRate) / 1e6);
  for (let n = Math.max(0, shift); n < samples.length; n += 1) samples[n] = track.samples[n - shift] ?? 0;
  return { ...track, startUs: 0, samples };
}

/** The largest difference between two spans of sound. */
export function worstDifference(one: Float32Array, other: Float32Array): number {
  assert.equal(one.length, other.length);
  let worst = 0;
  for (const [n, value] of one.entries()) worst = Math.max(worst, Math.abs(value - other[n]!));
  return worst;
}
