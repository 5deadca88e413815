import assert from 'node:assert/strict';
import { gridPlan, type CustomCell, type LayoutPlan } from '../../src/layout/layout-plan.ts';
import { layoutPictures } from '../../src/layout/layout-pictures.ts';
import { rect, type Rect } from '../../src/layout/rect.ts';
import type { MixedRecordingOptions } from '../../src/mixed/mix-options.ts';
import { createMixedRecording, type MixedRecording } from '../../src/mixed/mixed-recording.ts';
import type { AudioSink, AudioUnit, VideoSink, VideoUnit } from '../../src/timeline/media.ts';
import { wallUs, type WallUs } from '../../src/units.ts';
import { decodePictures, MixFile, type ShownPicture } from './mix-file.ts';
import { asUnits, encodePictures, type CodedPicture, type Colour } from './synthetic-media.ts';

export const zero = wallUs(1_700_000_000_000_000);
export const fps = 15;
export const canvas = { width: 320, height: 240 };
export const at = (seconds: number): WallUs => wallUs(zero + Math.round(seconds * 1_000_000));
export const tickTime = (k: number): number => Math.round((k * 1_000_000) / fps);

export interface Mix {
  readonly recording: MixedRecording;
  readonly file: MixFile;
  readonly keyFrames: string[];
}

export async function startMix(options: Partial<MixedRecordingOptions> = {}): Promise<Mix> {
  const file = new MixFile();
  const keyFrames: string[] = [];
  const recording = await createMixedRecording({
    zeroUs: zero,
    layout: gridPlan,
    fill: 'hold',
    video: { ...canvas, fps, bitrate: 1_000_000, gopSeconds: 2 },
    audio: { sampleRate: 48_000, channels: 1, bitrate: 64_000 },
    streams: 'audio-video',
    openWriter: file.open,
    requestKeyFrame: (userId, mediaId) => keyFrames.push(`${userId}/${mediaId}`),
    ...options,
  });
  return { recording, file, keyFrames };
}

export const solid = async (
  colour: Colour,
  seconds: number,
  size = { width: 160, height: 120 },
  sourceFps = fps,
): Promise<CodedPicture[]> =>
  encodePictures({ ...size, count: seconds * sourceFps, fps: sourceFps, colour: () => colour });

export interface Feeding {
  readonly sink: VideoSink | AudioSink;
  readonly units: readonly (VideoUnit | AudioUnit)[];
}

/** Plays units into their sinks as time goes by, 100 ms at a time, the way a recorder does. */
export function play(mix: Mix, seconds: number, feedings: readonly Feeding[], from = 0): void {
  const waiting = feedings.map(({ sink, units }) => ({ sink, units: [...units] }));
  for (let t = from; t <= seconds; t += 0.1) {
    for (const { sink, units } of waiting) while (units[0] && units[0].at <= at(t)) deliver(sink, units.shift()!);
    mix.recording.advance(at(t));
  }
}

function deliver(sink: VideoSink | AudioSink, unit: VideoUnit | AudioUnit): void {
  if ('key' in unit) (sink as VideoSink).onVideo(unit);
  else (sink as AudioSink).onAudio(unit);
}

/** Rectangles of a grid of `n` on the test canvas, a little smaller so that coding blur at the edges does not count. */
export const cells = (n: number): Rect[] =>
  layoutPictures(
    gridPlan,
    canvas,
    Array.from({ length: n }, (_, i) => ({ userId: `${i}`, mediaId: 'main' as const, order: i, hasVideo: true })),
  ).map(({ rect: r }) => rect(r.left + 8, r.top + 8, r.width - 16, r.height - 16));

export function assertColour(
  picture: ShownPicture | undefined,
  area: Rect | undefined,
  colour: Colour,
  what: string,
): void {
  assert.ok(picture && area, `${what}: no picture`);
  const mean = picture.mean(area);
  const far = mean.map((value, i) => Math.abs(value - (colour[i] ?? 0)));
  assert.ok(Math.max(...far) < 16, `${what}: ${mean.map((v) => v.toFixed(0)).join(',')} is not ${colour.join(',')}`);
}

/** A layout of the test. */
export const plan = (change: Partial<LayoutPlan>): LayoutPlan => ({ ...gridPlan, ...change });

/** A custom cell of the test. */
export const cell = (area: Rect, change: Partial<CustomCell> = {}): CustomCell => ({
  rect: area,
  mediaId: 'main',
  alpha: 0,
  renderMode: 'crop',
  imageLayer: 0,
  ...change,
});

/** A little smaller, so that coding blur at the edges does not count. */
export const inner = ({ left, top, width, height }: Rect, by = 8): Rect =>
  rect(left + by, top + by, width - 2 * by, height - 2 * by);

/** The picture of a mix of still cameras in their order of entry, after a second; users without colour are only heard. */
export async function stillMix(
  layout: LayoutPlan,
  cameras: Readonly<Record<string, readonly CodedPicture[] | undefined>>,
  options: Partial<MixedRecordingOptions> = {},
): Promise<ShownPicture> {
  const mix = await startMix({ layout, streams: 'video', ...options });
  const feedings: Feeding[] = [];
  for (const [order, [userId, pictures]] of Object.entries(cameras).entries()) {
    mix.recording.addAnchor(userId, order, zero);
    if (pictures)
      feedings.push({ sink: mix.recording.addPicture(userId, 'main', zero), units: asUnits(pictures, zero, fps) });
  }
  play(mix, 1, feedings);
  mix.recording.finish(at(1));
  const last = decodePictures(mix.file.videos).at(-1);
  assert.ok(last);
  return last;
}
