import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { FeedAnchor } from '../../src/feed/messages.ts';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import { makeParts } from '../../src/finish/make-parts.ts';
import { fileKey } from '../../src/naming/file-key.ts';
import { MixedRoomRecording, type MixedRoomRecordingOptions } from '../../src/recorder/mixed-room-recording.ts';
import { spoolWriter } from '../../src/recorder/spool-writer.ts';
import { recoverFolder } from '../../src/segment/recover.ts';
import { toWallMs, wallUs, type WallUs } from '../../src/units.ts';
import type { RecordedFile, RecordingPlan } from '../../src/worker-api/messages.ts';
import { tone } from '../codec/sound.ts';
import { camera } from '../single/pictures.ts';
import { at, noLimits, tempDir, voice } from '../single/recorder-kit.ts';
import { feedTrack, leasedTask, plan, settle, silent, tempSpool } from './recorder-kit.ts';

const anchor = (userId: string, enteredMs: number, order = 1): FeedAnchor => ({
  userId,
  order,
  enteredUs: at(enteredMs),
});
const pictures = (fromMs: number) => camera({ from: at(fromMs), count: 25, width: 160, height: 90 });

interface Images {
  readonly images: MixedRoomRecordingOptions['images'];
  readonly onImageFailed: (url: string) => void;
}

const noImages: Images = { images: { load: (url) => assert.fail(url) }, onImageFailed: (url) => assert.fail(url) };

function open(t: TestContext, change: Partial<RecordingPlan> = {}, zeroUs?: WallUs, images: Images = noImages) {
  const spool = tempSpool(t);
  const asked: number[] = [];
  const recording = new MixedRoomRecording({
    plan: plan({ mode: 'mixed', ...change }),
    zeroUs,
    openWriter: spoolWriter({ spool, task: leasedTask('task'), log: silent }),
    requestKeyFrame: (track) => void asked.push(track),
    ...images,
    onFault: (error) => assert.fail(String(error)),
    log: silent,
  });
  t.after(() => recording.close());
  const dir = spool.folder('task', 1, fileKey('', 'mix'));
  return { recording, spool, asked, folder: () => recoverFolder(dir)! };
}

type Opened = ReturnType<typeof open>;

async function show({ recording }: Opened, track: number, fromMs: number, userId = 'alice'): Promise<void> {
  const sink = recording.openTrack(feedTrack({ track, userId }))!;
  for (const unit of await pictures(fromMs)) sink.onVideo(unit);
}

/** Runs the recording up to a moment, as a task does, and ends it. */
async function finish({ recording }: Opened, ms: number): Promise<RecordedFile[]> {
  await settle();
  while (recording.advance(at(ms)));
  return recording.finish(at(ms));
}

const stamps = ([file]: readonly RecordedFile[]) => [file?.startMs, file?.endMs];
/** A file begins at a tick of the picture grid. */
const TICK_US = 100_000;

test('the zero is the first media of anybody, not the first entry (decision 3)', async (t) => {
  const opened = open(t);
  opened.recording.anchorEntered(anchor('alice', 0));
  opened.recording.anchorEntered(anchor('bob', 1_000, 2));
  await show(opened, 1, 7_345, 'bob');
  await show(opened, 2, 8_000, 'alice');
  const files = await finish(opened, 10_000);
  const mix = { fileKey: 'mix', userId: '', mediaId: 'mix', trackType: 'audio_video' };
  assert.deepEqual(files, [{ ...mix, startMs: toWallMs(at(7_345)), endMs: toWallMs(at(10_000)) }]);
  const { record, segments } = opened.folder();
  assert.equal(record.zeroUs, at(7_345));
  assert.equal(segments[0]?.start, 0);
});

test('the plan’s layout, and one that comes before the first media, ask for their images; bad ones are told (E14)', async (t) => {
  const failed: string[] = [];
  const images = {
    images: { load: (url: string) => Promise.reject(new Error(url)) },
    onImageFailed: (url: string): void => void failed.push(url),
  };
  const layout = { ...gridPlan, placeholderImage: 'http://h/first.png' };
  const opened = open(t, { layout }, undefined, images);
  opened.recording.anchorEntered(anchor('alice', 0));
  opened.recording.changeLayout({ ...layout, placeholderImage: 'http://h/second.png' }, at(500));
  await show(opened, 1, 1_000);
  const files = await finish(opened, 3_000);
  assert.deepEqual(failed, ['http://h/first.png', 'http://h/second.png']);
  assert.equal(files.length, 1);
});

test('a stop with the first media leaves no file', async (t) => {
  const opened = open(t);
  opened.recording.anchorEntered(anchor('alice', 0));
  await show(opened, 1, 5_000);
  assert.deepEqual(await finish(opened, 5_040), []);
});

test('a room without media has no file', async (t) => {
  const opened = open(t);
  opened.recording.anchorEntered(anchor('alice', 0));
  opened.recording.openTrack(feedTrack());
  assert.equal(opened.recording.advance(at(5_000)), false);
  assert.deepEqual(await opened.recording.finish(at(5_000)), []);
  assert.deepEqual(opened.spool.fileKeys('task'), []);
});

test('in an empty room the file ends with the last leave', async (t) => {
  const opened = open(t);
  opened.recording.anchorEntered(anchor('alice', 0));
  opened.recording.anchorEntered(anchor('bob', 0, 2));
  await show(opened, 1, 0);
  opened.recording.anchorLeft('bob', at(1_500));
  opened.recording.anchorLeft('alice', at(2_500));
  assert.deepEqual(stamps(await finish(opened, 10_000)), [toWallMs(at(0)), toWallMs(at(2_500))]);
});

for (const streams of ['audio-video', 'audio'] as const) {
  test(`HLS of a room that was left and stays empty ends with the last leave (E20, ${streams})`, async (t) => {
    const opened = open(t, { streams });
    opened.recording.anchorEntered(anchor('alice', 0));
    const media = streams === 'audio' ? 'audio' : 'video';
    const sink = opened.recording.openTrack(feedTrack({ track: 1, userId: 'alice', media }))!;
    if (media === 'audio') for (const unit of await voice(tone(440), 0, 50)) sink.onAudio(unit);
    else for (const unit of await pictures(0)) sink.onVideo(unit);
    await settle();
    while (opened.recording.advance(at(2_000)));
    opened.recording.anchorLeft('alice', at(2_345));
    const files = await finish(opened, 30_000);
    assert.deepEqual(stamps(files), [toWallMs(at(0)), toWallMs(at(2_345))]);
    const [{ startMs, endMs }] = files as [RecordedFile];
    const dirs = opened.spool.foldersOf('task', fileKey('', 'mix'));
    const [part] = await makeParts({ dirs, startMs, endMs, container: 'hls', limits: noLimits }, tempDir(t));
    const longer = part!.durationMs - (endMs - startMs);
    assert.ok(longer >= 0 && longer <= 120, `it is ${longer} ms longer than told`);
  });
}

test('it ends with the task when somebody has come back', async (t) => {
  const opened = open(t);
  opened.recording.anchorEntered(anchor('alice', 0));
  await show(opened, 1, 0);
  opened.recording.anchorLeft('alice', at(2_000));
  opened.recording.anchorEntered(anchor('bob', 4_000, 2));
  assert.deepEqual(stamps(await finish(opened, 10_000)), [toWallMs(at(0)), toWallMs(at(10_000))]);
  const { segments } = opened.folder();
  const last = segments.at(-1)!;
  assert.ok(last.start + last.duration >= 10_000_000 - TICK_US, 'the emptiness in between is recorded too');
});

test('what the plan does not want neither is taken nor begins the file (StreamType)', async (t) => {
  const opened = open(t, { streams: 'audio' });
  opened.recording.anchorEntered(anchor('alice', 0));
  assert.equal(opened.recording.openTrack(feedTrack({ track: 1 })), undefined);
  const sink = opened.recording.openTrack(feedTrack({ track: 2, media: 'audio' }))!;
  for (const unit of await voice(tone(440), 3_000, 50)) sink.onAudio(unit);
  opened.recording.closeTrack(feedTrack({ track: 1 }), at(3_500));
  const files = await finish(opened, 5_000);
  assert.deepEqual([files[0]?.trackType, files[0]?.startMs], ['audio', toWallMs(at(3_000))]);
});

test('nor does the screen when only cameras are wanted (MediaId)', (t) => {
  const { recording } = open(t, { media: ['main'] });
  assert.equal(recording.openTrack(feedTrack({ mediaId: 'aux' })), undefined);
  assert.notEqual(recording.openTrack(feedTrack()), undefined);
});

test('sound alone is not taken when only pictures are wanted', (t) => {
  const { recording } = open(t, { streams: 'video' });
  assert.equal(recording.openTrack(feedTrack({ media: 'audio' })), undefined);
});

test('everybody who came and went while the encoders were opening is in the file', async (t) => {
  const opened = open(t);
  opened.recording.anchorEntered(anchor('alice', 0));
  await show(opened, 1, 0);
  opened.recording.closeTrack(feedTrack({ track: 1 }), at(1_000));
  opened.recording.anchorLeft('alice', at(1_000));
  assert.deepEqual(stamps(await finish(opened, 3_000)), [toWallMs(at(0)), toWallMs(at(1_000))]);
  assert.ok(opened.folder().segments.length > 0);
});

test('units of a closed track go nowhere', async (t) => {
  const opened = open(t);
  opened.recording.anchorEntered(anchor('alice', 0));
  const sink = opened.recording.openTrack(feedTrack({ track: 1 }))!;
  const units = await pictures(0);
  for (const unit of units.slice(0, 5)) sink.onVideo(unit);
  opened.recording.closeTrack(feedTrack({ track: 1 }), at(2_900));
  // They cannot be decoded: whoever took them would ask for a key frame.
  for (const unit of units) sink.onVideo({ ...unit, codec: 'vp8', key: false, at: wallUs(unit.at + 1_000_000) });
  assert.deepEqual(stamps(await finish(opened, 3_000)), [toWallMs(at(0)), toWallMs(at(3_000))]);
  assert.deepEqual(opened.asked, []);
});

test('a key frame is asked of the track that shows the anchor now', async (t) => {
  const opened = open(t);
  opened.recording.anchorEntered(anchor('alice', 0));
  await show(opened, 1, 0);
  opened.recording.closeTrack(feedTrack({ track: 1 }), at(1_000));
  const sink = opened.recording.openTrack(feedTrack({ track: 7 }))!;
  for (const unit of (await pictures(2_000)).slice(1)) sink.onVideo(unit);
  await finish(opened, 4_000);
  assert.deepEqual([...new Set(opened.asked)], [7]);
});

test('a later epoch stamps from the zero of the first and begins with its own first media', async (t) => {
  const opened = open(t, {}, at(-20_000));
  opened.recording.anchorEntered(anchor('alice', 0));
  await show(opened, 1, 500);
  const [file] = await finish(opened, 3_000);
  const { record, segments } = opened.folder();
  assert.equal(record.zeroUs, at(-20_000));
  assert.ok(segments[0]!.start >= 20_500_000 && segments[0]!.start <= 20_500_000 + TICK_US);
  assert.ok(file!.startMs >= at(500) / 1000 && file!.startMs <= (at(500) + TICK_US) / 1000);
});

test('work is taken in pieces: advance says when there is more', async (t) => {
  const opened = open(t);
  opened.recording.anchorEntered(anchor('alice', 0));
  await show(opened, 1, 0);
  await settle();
  // The encoders open in threads of their own.
  while (opened.recording.advance(at(0)) || opened.spool.fileKeys('task').length === 0) {
    if (opened.recording.advance(at(20_000))) break;
    await settle();
  }
  let calls = 1;
  while (opened.recording.advance(at(20_000))) calls += 1;
  assert.ok(calls > 5, `${calls}`);
  assert.equal(opened.recording.advance(at(20_000)), false);
});
