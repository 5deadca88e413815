import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gridPlan, type CustomCell, type LayoutPlan } from '../../src/layout/layout-plan.ts';
import { layoutPictures } from '../../src/layout/layout-pictures.ts';
import { rect, type Size } from '../../src/layout/rect.ts';
import { createMixedRecording } from '../../src/mixed/mixed-recording.ts';
import { createSegmentWriter } from '../../src/segment/hls-writer.ts';
import type { SingleRecordingOptions } from '../../src/single/single-recording.ts';
import type { AudioUnit, VideoUnit } from '../../src/timeline/media.ts';
import { tone } from '../codec/sound.ts';
import { camera, type CameraOptions } from '../single/pictures.ts';
import { at, play, record, tempDir, voice, zero } from '../single/recorder-kit.ts';
import type { Look, Spot } from './watched-files.ts';

/** Seconds of every recording: more than one segment. */
export const seconds = 14;

/** Luma of the first person's picture in a second: a step every second, so that each is known by its grey. */
const rising = (second: number): number => 40 + 12 * second;
const falling = (second: number): number => 224 - 12 * second;

/** Grey as a browser shows it: the file has 16 … 235. */
const full = (luma: number): number => Math.round(((luma - 16) * 255) / 219);

/** A recording on the spool and what must be seen of it. */
export interface PlaybackCase {
  readonly name: string;
  readonly make: (t: TestContext) => Promise<string>;
  readonly looks: readonly Look[];
  /**
   * Only where the browser reads the file itself: one that seeks into a gap of fed segments shows the picture behind the
   * gap.
   */
  readonly mp4Looks?: readonly Look[];
  /** Only where there are black pictures before the first one. */
  readonly hlsLooks?: readonly Look[];
  readonly sound: boolean;
  /** Of the picture when it ends; 0 for none. */
  readonly size: Size;
}

const small: Size = { width: 320, height: 180 };
const none: Size = { width: 0, height: 0 };
const middle = (luma: number): Spot[] => [{ x: 0.5, y: 0.5, grey: full(luma) }];

/** Far forward, back over a segment, and forward again. */
const moments = [0.5, 11.5, 4.5, 8.5];
const look = (second: number): Look => ({ second, spots: middle(rising(Math.floor(second))) });
const everywhere = moments.map(look);

type Stretch = readonly [from: number, to: number, change?: Partial<CameraOptions>];

/** Pictures of a stretch in whole seconds, 12.5 a second; there is a key frame every second. */
const filmed = ([from, to, change]: Stretch): Promise<VideoUnit[]> =>
  camera({
    ...small,
    from: at(from * 1000),
    count: Math.floor((to - from) * 12.5),
    step: 80_000,
    gop: 12,
    luma: (n) => rising(from + Math.floor(n / 12.5 + 1e-9)),
    ...change,
  });

interface SingleScene {
  readonly pictures?: readonly Stretch[];
  readonly voices?: readonly Stretch[];
  readonly options?: Partial<SingleRecordingOptions>;
}

async function single(t: TestContext, { pictures = [], voices = [], options }: SingleScene): Promise<string> {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir, options);
  const units: (VideoUnit | AudioUnit)[] = [];
  for (const stretch of pictures) units.push(...(await filmed(stretch)));
  for (const [from, to] of voices) units.push(...(await voice(tone(500), from * 1000, (to - from) * 50)));
  await play(recording, units, seconds * 1000 + 100);
  await recording.finish(at(seconds * 1000));
  return dir;
}

const whole: readonly Stretch[] = [[0, seconds]];
const screen = { identity: { userId: 'anchor1', mediaId: 'aux' as const, epoch: 1 } };

const singles: readonly PlaybackCase[] = [
  {
    name: 'sound and pictures',
    make: (t) => single(t, { pictures: whole, voices: whole }),
    looks: everywhere,
    sound: true,
    size: small,
  },
  { name: 'sound alone', make: (t) => single(t, { voices: whole }), looks: [], sound: true, size: none },
  {
    name: 'pictures alone',
    make: (t) => single(t, { pictures: whole, options: { streams: 'video' } }),
    looks: everywhere,
    sound: false,
    size: small,
  },
  {
    name: 'a screen without a sound of its own, with a key frame at its beginning alone',
    make: (t) => single(t, { pictures: [[0, seconds, { gop: 5000 }]], options: screen }),
    looks: everywhere,
    sound: true,
    size: small,
  },
  {
    name: 'VP8 that was coded anew',
    make: (t) => single(t, { pictures: [[0, seconds, { codec: 'vp8' }]], voices: whole }),
    looks: everywhere,
    sound: true,
    size: small,
  },
  {
    name: 'a change of resolution',
    make: (t) =>
      single(t, {
        pictures: [
          [0, 6],
          [6, 10, { width: 640, height: 360 }],
          [10, seconds, { width: 180, height: 320 }],
        ],
        voices: whole,
      }),
    looks: everywhere,
    sound: true,
    size: { width: 180, height: 320 },
  },
  {
    name: 'pictures that begin late',
    make: (t) => single(t, { pictures: [[3, seconds]], voices: whole }),
    looks: [11.5, 3.5, 8.5, 4.5].map(look),
    hlsLooks: [{ second: 1.5, spots: middle(16) }],
    sound: true,
    size: small,
  },
  {
    name: 'a gap in everything',
    make: (t) =>
      single(t, {
        pictures: [
          [0, 4],
          [9, seconds],
        ],
        voices: [
          [0, 4],
          [9, seconds],
        ],
      }),
    looks: [11.5, 2.5, 9.5].map(look),
    mp4Looks: [6.5, 8.5].map((second) => ({ second, spots: middle(rising(3)) })),
    sound: true,
    size: small,
  },
];

/** Two cameras and two voices in one picture. */
async function mixed(t: TestContext, layout: LayoutPlan, size: Size): Promise<string> {
  const dir = join(tempDir(t), 'mix');
  const identity = { userId: '', mediaId: 'mix' as const, epoch: 1 };
  const recording = await createMixedRecording({
    zeroUs: zero,
    layout,
    fill: 'hold',
    video: { ...size, fps: 10, bitrate: 400_000, gopSeconds: 2 },
    audio: { sampleRate: 48_000, channels: 2, bitrate: 64_000 },
    streams: 'audio-video',
    openWriter: ({ audio, video }, requestKeyFrame) =>
      createSegmentWriter({
        dir,
        zeroUs: zero,
        identity,
        requestKeyFrame,
        video: !!video,
        ...(audio ? { audio } : {}),
      }),
  });
  const lines: { readonly time: number; readonly say: () => void }[] = [];
  for (const [i, luma] of [rising, falling].entries()) {
    recording.addAnchor(`u${i}`, i, zero);
    const [pictures, sounds] = [recording.addPicture(`u${i}`, 'main', zero), recording.addSound(`u${i}`, 'main', zero)];
    const film = await filmed([0, seconds, { ...tiny, luma: (n) => luma(Math.floor(n / 12.5 + 1e-9)) }]);
    for (const unit of film) lines.push({ time: unit.at, say: () => pictures.onVideo(unit) });
    for (const unit of await voice(tone(500 + 400 * i), 0, seconds * 50))
      lines.push({ time: unit.at, say: () => sounds.onAudio(unit) });
  }
  lines.sort((a, b) => a.time - b.time);
  for (let ms = 0; ms <= seconds * 1000; ms += 100) {
    while (lines[0] && lines[0].time <= at(ms)) lines.shift()!.say();
    recording.advance(at(ms));
  }
  recording.finish(at(seconds * 1000));
  return dir;
}

const tiny: Size = { width: 64, height: 36 };

const customCells = ({ width, height }: Size): CustomCell[] =>
  [rect(0, 0, width, height / 2), rect(width / 4, height / 2, width / 2, height / 2)].map((area) => ({
    rect: area,
    mediaId: 'main',
    alpha: 0,
    renderMode: 'crop',
    imageLayer: 0,
  }));

function mixedCase(mode: LayoutPlan['mode'], size: Size): PlaybackCase {
  const big = { userId: 'u0', mediaId: 'main' as const };
  const layout: LayoutPlan = { ...gridPlan, mode, big, custom: customCells(size) };
  const people = [0, 1].map((i) => ({ userId: `u${i}`, mediaId: 'main' as const, order: i, hasVideo: true }));
  const spots = (second: number): Spot[] =>
    layoutPictures(layout, size, people).map(({ rect: area }, i) => ({
      x: (area.left + area.width / 2) / size.width,
      y: (area.top + area.height / 2) / size.height,
      grey: full([rising, falling][i]!(Math.floor(second))),
    }));
  return {
    name: `a mix: ${mode}, ${size.width}×${size.height}`,
    make: (t) => mixed(t, layout, size),
    looks: moments.map((second) => ({ second, spots: spots(second) })),
    sound: true,
    size,
  };
}

const modes = ['floating', 'share', 'grid', 'custom'] as const;
const landscape: Size = { width: 320, height: 180 };
const portrait: Size = { width: 180, height: 320 };

/** Every kind of file that there is. */
export const playbackCases: readonly PlaybackCase[] = [
  ...singles,
  ...modes.flatMap((mode) => [landscape, portrait].map((size) => mixedCase(mode, size))),
];

/** A recording that is cut into parts, and what must be seen `from` so many seconds of it on. */
export const splitScene = {
  make: (t: TestContext): Promise<string> => single(t, { pictures: whole, voices: whole }),
  /** In the middle of the last whole second of the part, of its first and of one between. */
  looks: (from: number, to: number): Look[] => {
    const [first, last] = [Math.ceil(from - 0.3), Math.floor(to - 0.7)];
    return [last, first, Math.floor((first + last) / 2)].map((second) => ({
      second: second + 0.5 - from,
      spots: middle(rising(second)),
    }));
  },
};
