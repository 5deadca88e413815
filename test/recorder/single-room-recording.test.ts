import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { fileKey } from '../../src/naming/file-key.ts';
import { EarlierEpochs } from '../../src/recorder/earlier-epochs.ts';
import { SingleRoomRecording } from '../../src/recorder/single-room-recording.ts';
import type { Spool } from '../../src/recorder/spool.ts';
import { readRecord } from '../../src/segment/recording-folder.ts';
import { fromTransport } from '../../src/segment/transport-time.ts';
import { toWallMs, type WallUs } from '../../src/units.ts';
import type { RecordingPlan } from '../../src/worker-api/messages.ts';
import { tone } from '../codec/sound.ts';
import { packetsIn } from '../segment/segment-kit.ts';
import { camera } from '../single/pictures.ts';
import { at, voice } from '../single/recorder-kit.ts';
import { feedTrack, plan, settle, silent, tempSpool } from './recorder-kit.ts';

const ALICE = fileKey('alice', 'main');
/** A second of pictures, 25 of them, the first a key frame. */
const pictures = (fromMs: number) => camera({ from: at(fromMs), count: 25, width: 160, height: 90 });

interface Opened {
  readonly recording: SingleRoomRecording;
  readonly spool: Spool;
  /** Tracks of which a key frame was asked. */
  readonly asked: number[];
}

function open(t: TestContext, change: Partial<RecordingPlan> = {}, spool = tempSpool(t), epoch = 1): Opened {
  const asked: number[] = [];
  const recording = new SingleRoomRecording({
    plan: plan(change),
    epoch,
    earlier: new EarlierEpochs(spool, 'task', epoch),
    folder: (key) => spool.folder('task', epoch, key),
    requestKeyFrame: (track) => void asked.push(track),
    onFault: (error) => assert.fail(String(error)),
    log: silent,
  });
  t.after(() => recording.close());
  return { recording, spool, asked };
}

/** Feeds pictures to a track that is opened for them. */
async function show({ recording }: Opened, track: number, fromMs: number): Promise<void> {
  const sink = recording.openTrack(feedTrack({ track }))!;
  for (const unit of await pictures(fromMs)) sink.onVideo(unit);
}

/** Milliseconds of the pictures in a file's segments, from the recording's zero. */
const picturesOf = (dir: string): number[] =>
  packetsIn(dir)
    .filter(({ kind }) => kind === 'video')
    .map(({ pts }) => Math.round(fromTransport(pts) / 1000));

const span = (from: WallUs, to: WallUs) => ({ startMs: toWallMs(from), endMs: toWallMs(to) });

test("a file begins with the anchor's first media, however long the anchor was there before", async (t) => {
  const opened = open(t);
  opened.recording.anchorEntered({ userId: 'alice', order: 1, enteredUs: at(0) });
  await show(opened, 1, 10_000);
  opened.recording.advance(at(11_000));
  const files = await opened.recording.finish(at(12_000));
  const alice = { fileKey: ALICE, userId: 'alice', mediaId: 'main', trackType: 'audio_video' };
  assert.deepEqual(files, [{ ...alice, ...span(at(10_000), at(12_000)) }]);
  const dir = opened.spool.folder('task', 1, ALICE);
  assert.equal(readRecord(dir)?.zeroUs, at(10_000));
  assert.equal(picturesOf(dir)[0], 0);
});

test('an anchor without media has no file', async (t) => {
  const { recording, spool } = open(t);
  recording.anchorEntered({ userId: 'alice', order: 1, enteredUs: at(0) });
  recording.openTrack(feedTrack());
  assert.deepEqual(await recording.finish(at(5_000)), []);
  assert.deepEqual(spool.fileKeys('task'), []);
});

test('a file ends when its anchor left, not when the task did', async (t) => {
  const opened = open(t);
  await show(opened, 1, 0);
  opened.recording.closeTrack(feedTrack({ track: 1 }), at(1_500));
  const [file] = await opened.recording.finish(at(60_000));
  assert.equal(file?.endMs, toWallMs(at(1_500)));
});

test('a second publication goes on in the same file, with the gap between them', async (t) => {
  const opened = open(t);
  await show(opened, 1, 0);
  opened.recording.closeTrack(feedTrack({ track: 1 }), at(1_000));
  await show(opened, 2, 5_000);
  const files = await opened.recording.finish(at(7_000));
  assert.deepEqual(
    files.map(({ startMs, endMs }) => ({ startMs, endMs })),
    [span(at(0), at(7_000))],
  );
  const times = picturesOf(opened.spool.folder('task', 1, ALICE));
  assert.deepEqual([times.length, times[0], times[24], times[25], times[49]], [50, 0, 960, 5_000, 5_960]);
});

test('who turns the camera off but goes on talking has not left', async (t) => {
  const opened = open(t);
  await show(opened, 1, 0);
  const sink = opened.recording.openTrack(feedTrack({ track: 2, media: 'audio' }))!;
  for (const unit of await voice(tone(440), 0, 100)) sink.onAudio(unit);
  opened.recording.closeTrack(feedTrack({ track: 1 }), at(1_000));
  const [file] = await opened.recording.finish(at(9_000));
  assert.equal(file?.endMs, toWallMs(at(9_000)));
});

test('the close of a track that was opened anew before does not end the file', async (t) => {
  const opened = open(t);
  await show(opened, 1, 0);
  await show(opened, 2, 1_000);
  opened.recording.closeTrack(feedTrack({ track: 1 }), at(1_200));
  opened.recording.closeTrack(feedTrack({ track: 1 }), at(1_300));
  const [file] = await opened.recording.finish(at(9_000));
  assert.equal(file?.endMs, toWallMs(at(9_000)));
});

test('camera and screen of one anchor are two files', async (t) => {
  const opened = open(t);
  await show(opened, 1, 0);
  const screen = opened.recording.openTrack(feedTrack({ track: 2, mediaId: 'aux' }))!;
  for (const unit of await pictures(2_000)) screen.onVideo(unit);
  const files = await opened.recording.finish(at(4_000));
  assert.deepEqual(
    files.map(({ mediaId, startMs }) => [mediaId, startMs]),
    [
      ['main', toWallMs(at(0))],
      ['aux', toWallMs(at(2_000))],
    ],
  );
});

test('tracks that the plan does not want are not taken (StreamType, MediaId)', (t) => {
  const takes = (change: Partial<RecordingPlan>, track: Parameters<typeof feedTrack>[0]): boolean =>
    open(t, change).recording.openTrack(feedTrack(track)) !== undefined;
  assert.equal(takes({ streams: 'audio' }, { media: 'video' }), false);
  assert.equal(takes({ streams: 'audio' }, { media: 'audio' }), true);
  assert.equal(takes({ streams: 'video' }, { media: 'audio' }), false);
  assert.equal(takes({ streams: 'video' }, { media: 'video' }), true);
  assert.equal(takes({ media: ['main'] }, { mediaId: 'aux' }), false);
  assert.equal(takes({ media: ['aux'] }, { mediaId: 'aux' }), true);
  assert.equal(takes({ media: ['aux'] }, { mediaId: 'main' }), false);
});

test('the close of a track that was not taken is no fault', async (t) => {
  const { recording } = open(t, { streams: 'audio' });
  recording.closeTrack(feedTrack(), at(1_000));
  assert.deepEqual(await recording.finish(at(2_000)), []);
});

test('media from behind the stop makes no file', async (t) => {
  const opened = open(t);
  await show(opened, 1, 5_000);
  assert.deepEqual(await opened.recording.finish(at(5_000)), []);
});

test('a key frame is asked of the track that shows the anchor now', async (t) => {
  const opened = open(t);
  await show(opened, 1, 0);
  opened.recording.closeTrack(feedTrack({ track: 1 }), at(1_000));
  const sink = opened.recording.openTrack(feedTrack({ track: 7 }))!;
  const [, delta] = await camera({ from: at(3_000), count: 2, width: 320, height: 180, codec: 'vp8' });
  sink.onVideo(delta!);
  await opened.recording.finish(at(5_000));
  assert.deepEqual([...new Set(opened.asked)], [7]);
});

test('a recording that is closed without an end is gone on with by the next epoch, on the same zero', async (t) => {
  const first = open(t);
  await show(first, 1, 0);
  while (first.spool.fileKeys('task').length === 0) await settle();
  first.recording.close();
  const second = open(t, {}, first.spool, 2);
  await show(second, 1, 4_000);
  const own = await second.recording.finish(at(6_000));
  assert.deepEqual([own[0]?.startMs, own[0]?.endMs], [toWallMs(at(4_000)), toWallMs(at(6_000))]);
  const dir = first.spool.folder('task', 2, ALICE);
  assert.equal(readRecord(dir)?.zeroUs, at(0));
  assert.equal(picturesOf(dir)[0], 4_000);
  const [whole] = new EarlierEpochs(first.spool, 'task', 2).mergeInto(own);
  assert.deepEqual([whole?.startMs, whole?.endMs], [toWallMs(at(0)), toWallMs(at(6_000))]);
});
