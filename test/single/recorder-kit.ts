import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeParts, type MadePart } from '../../src/finish/make-parts.ts';
import type { PartLimits } from '../../src/finish/split.ts';
import {
  createSingleRecording,
  type SingleRecording,
  type SingleRecordingEnd,
  type SingleRecordingOptions,
} from '../../src/single/single-recording.ts';
import type { AudioUnit, VideoUnit } from '../../src/timeline/media.ts';
import { toWallMs, wallUs, type WallUs } from '../../src/units.ts';
import { opusPackets, type Sound } from '../codec/sound.ts';

/** The contract's vector time. */
export const zero = wallUs(1_700_000_000_000_000);

/** A moment so many milliseconds after {@link zero}. */
export const at = (ms: number): WallUs => wallUs(zero + Math.round(ms * 1000));

/** A folder that is gone when the test ends. */
export function tempDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'roomtape-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** 20 ms packets of a sound from `fromMs`; `level` 127 says that they are silent. */
export async function voice(sound: Sound, fromMs: number, packets: number, level = 20): Promise<AudioUnit[]> {
  const coded = await opusPackets(sound, packets);
  return coded.map((data, k) => ({ at: at(fromMs + 20 * k), samples: 960, data, level }));
}

/** A recording in `dir` with what a plan gives it. */
export const record = (dir: string, options: Partial<SingleRecordingOptions> = {}): Promise<SingleRecording> =>
  createSingleRecording({
    dir,
    zeroUs: zero,
    identity: { userId: 'anchor1', mediaId: 'main', epoch: 1 },
    streams: 'audio-video',
    audio: { sampleRate: 48000, channels: 1, bitrate: 64_000 },
    fill: 'hold',
    requestKeyFrame: () => {},
    ...options,
  });

type Unit = VideoUnit | AudioUnit;

/** Feeds units as they would arrive, 50 ms after their time, with an `advance` every 100 ms up to `untilMs`. */
export async function play(
  recording: SingleRecording,
  units: readonly Unit[],
  untilMs: number,
  fromMs = 0,
): Promise<void> {
  const queue = [...units].sort((a, b) => a.at - b.at);
  for (let ms = fromMs; ms <= untilMs; ms += 100) {
    while (queue[0] && queue[0].at + 50_000 <= at(ms)) {
      const unit = queue.shift()!;
      if ('codec' in unit) recording.onVideo(unit);
      else recording.onAudio(unit);
    }
    recording.advance(at(ms));
    // An encoder that is opening gets its turn.
    if (ms % 1000 === 0) await new Promise(setImmediate);
  }
}

/** Makes the one MP4 of folders and says where it is. */
export async function finish(
  t: TestContext,
  dirs: string[],
  end: Pick<SingleRecordingEnd, 'startUs' | 'endUs'>,
): Promise<MadePart & { readonly sizeBytes: number }> {
  const [startMs, endMs] = [toWallMs(end.startUs), toWallMs(end.endUs)];
  const request = { dirs, startMs, endMs, container: 'mp4', limits: noLimits } as const;
  const [part] = await makeParts(request, tempDir(t));
  return { ...part!, sizeBytes: statSync(part!.path).size };
}

/** So much that nothing is split. */
export const noLimits: PartLimits = { durationMs: 24 * 3_600_000, bytes: 2e9 };
