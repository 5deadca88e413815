import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { LayoutPlan } from '../../src/layout/layout-plan.ts';
import { layoutPictures } from '../../src/layout/layout-pictures.ts';
import { rect, type Rect } from '../../src/layout/rect.ts';
import { pitch } from '../codec/sound.ts';
import { colourDistance, type Colour as Rgb, type VideoFrame } from '../kit/video-frames.ts';
import {
  attendees,
  isHeard,
  isOn,
  picturesAt,
  seconds,
  wasOn,
  type AttendedPicture,
  type Attendee,
} from './attendance-plan.ts';
import { beepMs, flashMs, holdLesson, type AttendedFile } from './attended-room.ts';
import { inner, plan } from './mix-kit.ts';
import { black, white, type Colour } from './synthetic-media.ts';

/**
 * Who was heard and seen when: a lesson of forty seconds by plan, in which five people come, go, come back, switch
 * cameras and microphones off and share a screen. Everybody flashes in a colour and beeps at a pitch of their own at
 * every full second, and every second of the finished MP4s is held against the plan: the colour in the rectangle that
 * the layout gives for that second, and the energy at everybody's pitch.
 */

const canvas = { width: 640, height: 360 };
const video = { ...canvas, fps: 10, bitrate: 2_000_000, gopSeconds: 2 };
const audio = { sampleRate: 48_000, channels: 1, bitrate: 96_000 } as const;

/** The shared screen is big, its place is kept while there is none; who has no camera on has a place all the same. */
const shared = plan({ mode: 'share', big: { userId: 'ben', mediaId: 'aux' }, background: '#404040' });
/** Who has no camera on has no place. */
const seenOnly = plan({ mode: 'floating', pureAudioDisableLayout: true, background: '#404040' });
const ground: Colour = [71, 128, 128];

/** As {@link VideoFrame.colour} gives it. */
function rgb([y, u, v]: Colour): Rgb {
  const luma = 1.164383 * (y - 16);
  const clamp = (value: number): number => Math.max(0, Math.min(255, Math.round(value)));
  return {
    r: clamp(luma + 1.596027 * (v - 128)),
    g: clamp(luma - 0.391762 * (u - 128) - 0.812968 * (v - 128)),
    b: clamp(luma + 2.017232 * (u - 128)),
  };
}

function assertSeen(frame: VideoFrame | undefined, area: Rect, colour: Colour, what: string): void {
  assert.ok(frame, `${what}: no picture`);
  const [seen, expected] = [frame.colour(area), rgb(colour)];
  assert.ok(colourDistance(seen, expected) < 24, `${what}: ${JSON.stringify(seen)}, not ${JSON.stringify(expected)}`);
}

/** In the beep's middle and in the quiet rest of a second: the one who speaks is heard there, and nobody else anywhere. */
function assertHeard({ sound, fromSecond }: AttendedFile, second: number, speakers: readonly Attendee[]): void {
  const sample = (ms: number): number => Math.round(((second - fromSecond) * 1000 + ms - sound.startUs / 1000) * 48);
  const during = (from: number, to: number): Float32Array => sound.samples.subarray(sample(from), sample(to));
  for (const who of attendees) {
    const beep = pitch(during(15, beepMs - 5), who.hz);
    const expected = speakers.includes(who);
    assert.ok(expected ? beep > 0.1 && beep < 0.2 : beep < 0.02, `${who.userId} in second ${second}: ${beep}`);
    const rest = pitch(during(beepMs + 100, 980), who.hz);
    assert.ok(rest < 0.01, `${who.userId} after the beep of second ${second}: ${rest}`);
  }
}

/** The part of a floating layout's big picture that lies above the one row of small ones. */
const upper = ({ left, top, width, height }: Rect): Rect => rect(left, top, width, Math.floor(height / 2));

function colourOf({ who, mediaId }: AttendedPicture, second: number, stopped: Colour): Colour {
  if (isOn(who, mediaId, second)) return who.colours[mediaId];
  return wasOn(who, mediaId, second) ? stopped : ground;
}

/** Every second of a mix: everybody in their rectangle with their flash and colour, and heard when they speak. */
function checkMix(file: AttendedFile, layout: LayoutPlan): void {
  assert.deepEqual([file.fromSecond, file.toSecond], [0, seconds]);
  for (let second = 0; second < seconds; second++) {
    const placed = layoutPictures(layout, canvas, picturesAt(second));
    for (const [i, { picture, rect: area }] of placed.entries()) {
      assert.ok(picture);
      const seen = inner(placed.length > 1 && i === 0 && layout.mode === 'floating' ? upper(area) : area);
      const what = `${picture.userId}/${picture.mediaId} in second ${second}`;
      const colour = colourOf(picture, second, black);
      const flash = isOn(picture.who, picture.mediaId, second) ? white : colour;
      assertSeen(file.frames.at(second * 1000 + flashMs / 2), seen, flash, `${what}, flash`);
      assertSeen(file.frames.at(second * 1000 + 650), seen, colour, what);
      assertSeen(file.frames.at(second * 1000 + 950), seen, colour, `${what}, at its end`);
    }
    assertHeard(
      file,
      second,
      attendees.filter((who) => isHeard(who, second)),
    );
  }
}

/** Every second of a camera's or screen's own file, from its first media to its last. */
function checkSingle(
  file: AttendedFile,
  who: Attendee,
  mediaId: 'main' | 'aux',
  span: readonly [number, number],
): void {
  assert.deepEqual([file.fromSecond, file.toSecond], span, `${who.userId}/${mediaId}`);
  const whole = rect(0, 0, 64, 36);
  let filmed = false;
  for (let second = span[0]; second < span[1]; second++) {
    const on = isOn(who, mediaId, second);
    filmed ||= on;
    const frame = (ms: number): VideoFrame | undefined => file.frames.at((second - span[0]) * 1000 + ms);
    const what = `${who.userId}/${mediaId} in second ${second}`;
    if (filmed) {
      assertSeen(frame(flashMs / 2), whole, on ? white : black, `${what}, flash`);
      assertSeen(frame(650), whole, on ? who.colours[mediaId] : black, what);
    } else assert.equal(frame(950), undefined, `${what}: no picture has been sent`);
    assertHeard(file, second, mediaId === 'main' && isHeard(who, second) ? [who] : []);
  }
}

test('who was heard and seen when: every second of the mixes and of everybody’s files is as planned', async (t: TestContext) => {
  const [share, floating, single] = await holdLesson(t, [
    { mode: 'mixed', layout: shared, fill: 'black', video, audio },
    { mode: 'mixed', layout: seenOnly, fill: 'hold', video, audio },
    { mode: 'single', fill: 'black', audio },
  ]);
  assert.deepEqual([[...share!.keys()], [...floating!.keys()]], [['mix'], ['mix']]);
  checkMix(share!.get('mix')!, shared);
  checkMix(floating!.get('mix')!, seenOnly);
  const [anna, ben, carl, dora, eva] = attendees as readonly [Attendee, Attendee, Attendee, Attendee, Attendee];
  const files = [
    [anna, 'main', [0, 40]],
    [ben, 'main', [3, 30]],
    [ben, 'aux', [15, 24]],
    [carl, 'main', [6, 40]],
    [dora, 'main', [9, 40]],
    [eva, 'main', [12, 36]],
  ] as const;
  assert.deepEqual([...single!.keys()].sort(), files.map(([who, mediaId]) => `${who.userId}/${mediaId}`).sort());
  for (const [who, mediaId, span] of files) checkSingle(single!.get(`${who.userId}/${mediaId}`)!, who, mediaId, span);
});
