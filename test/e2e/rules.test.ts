import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { FLASH_AREA, PATCH_AREA } from '../../src/synthetic/pattern-areas.ts';
import { launchChromium, type ChromiumKit } from '../kit/chromium.ts';
import { contractCase } from '../kit/contract-case.ts';
import { avOffsets, findBeeps, findFlashes } from '../kit/flash-beep.ts';
import { probeFile } from '../kit/media-file.ts';
import { committedFiles, SDK_APP_ID, TestServer } from '../kit/server.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { areaInCell, colourDistance, colourOf, decodeVideo } from '../kit/video-frames.ts';

let server: TestServer;
let chromium: ChromiumKit;

before(async () => {
  server = await TestServer.start({ ROOMTAPE_ROOMS__ANCHOR_TIMEOUT_SECONDS: '3' });
  chromium = await launchChromium();
});

after(async () => {
  await chromium?.close();
  await server?.close();
});

contractCase('Q1 E4', 'an empty room: Idle, then LeaveCode 99 after MaxIdleTime, without files', async () => {
  const taskId = await server.record({ roomId: '501' }, 2, { RecordParams: { MaxIdleTime: 5 } });
  const described = await server.client.DescribeCloudRecording({ SdkAppId: SDK_APP_ID, TaskId: taskId });
  assert.deepEqual([described.Status, described.StorageFileList], ['Idle', []]);
  const events = await server.ended(taskId);
  assert.deepEqual(
    events.map((event) => event.EventType),
    [301, 302, 312],
  );
  assert.deepEqual(events[1]!.EventInfo.Payload, { LeaveCode: 99 });
  const [start, stop] = events.map((event) => event.EventInfo.EventMsTs);
  assert.ok(stop! - start! >= 5_000 && stop! - start! <= 7_000, `${stop! - start!} ms`);
});

contractCase('C46', 'the same bot in the same room ends the task before with 101', async () => {
  const first = await server.record({ roomId: '502' }, 1, {}, 'same_bot');
  await server.receiver.waitForEvent(first, 301, 10_000);
  const second = await server.record({ roomId: '502' }, 1, {}, 'same_bot');
  const stop = await server.receiver.waitForEvent(first, 302, 10_000);
  assert.deepEqual(stop.EventInfo.Payload, { LeaveCode: 101 });
  const start = await server.receiver.waitForEvent(second, 301, 10_000);
  assert.deepEqual(start.EventInfo.Payload, { Status: 0 });
  assert.deepEqual(
    (await server.stop(second)).map((event) => event.EventType),
    [301, 302, 312],
  );
});

contractCase('C41', 'numeric room 503 and string room "503" are two rooms', async () => {
  const numeric = await server.record({ roomId: '503' }, 1, {}, 'bot_n');
  const text = await server.record({ roomId: '503', kind: 'string' }, 1, {}, 'bot_s');
  const anchor = await forkSyntheticAnchor({
    ...server.whip({ roomId: '503', kind: 'string' }, 'anna'),
    name: 'anna',
    colour: '#a03090',
  });
  await server.untilStatus(text, 'InProgress');
  await sleep(2_000);
  assert.equal(await server.status(numeric), 'Idle');
  await anchor.close();
  assert.equal(
    committedFiles(await server.stop(text))[0]?.CacheFile,
    `${SDK_APP_ID}_NTAz_UserId_s_YW5uYQ.._UserId_e_main.mp4`,
  );
  assert.equal(committedFiles(await server.stop(numeric)).length, 0);
});

contractCase('E11', 'camera and screen of one anchor become two files, main and aux', async () => {
  const room = { roomId: '504' };
  const taskId = await server.record(room, 1);
  const camera = await forkSyntheticAnchor({ ...server.whip(room, 'dora'), name: 'dora', colour: '#c08020' });
  const screen = await forkSyntheticAnchor({
    ...server.whip(room, 'dora', 'aux'),
    name: 'screen',
    colour: '#206080',
    kind: 'screen',
  });
  await sleep(5_000);
  const files = committedFiles(await server.stop(taskId));
  await Promise.all([camera.close(), screen.close()]);
  assert.deepEqual(files.map((file) => file.MediaId).sort(), ['aux', 'main']);
  for (const file of files) {
    const probed = await probeFile(await server.download(file));
    assert.equal(probed.video?.height, file.MediaId === 'aux' ? 720 : 360);
    assert.equal(file.CacheFile.includes(`_${file.MediaId}.mp4`), true);
  }
});

test('VP8 from Chromium is transcoded in single mode and shown in the mix, in sync', async () => {
  const room = { roomId: '505' };
  const colour = '#2060c0';
  const single = await server.record(room, 1);
  const mixed = await server.record(room, 2);
  const page = await chromium.publish({ ...server.whip(room, 'vera'), colour, codec: 'vp8' });
  assert.match(page.answer, /VP8\/90000/);
  assert.doesNotMatch(page.answer, /H264\/90000/);
  await sleep(7_000);
  const [ofSingle, ofMix] = (await Promise.all([server.stop(single), server.stop(mixed)])).map(committedFiles);
  await page.stop();
  const path = await server.download(ofSingle![0]!);
  const frames = await decodeVideo(path);
  const whole = { left: 0, top: 0, width: 640, height: 360 };
  assert.equal((await probeFile(path)).video?.codec, 'h264');
  assert.ok(colourDistance(frames.colourAt(4_000, areaInCell(PATCH_AREA, whole, whole)), colourOf(colour)) < 40);
  const offsets = avOffsets(
    findFlashes(frames, areaInCell(FLASH_AREA, whole, whole)),
    findBeeps(await decodeAudio(path), 1000),
  );
  assert.ok(Math.abs(offsets.medianUs) <= 40_000, offsets.offsetsUs.join(' '));
  const portrait = { left: 0, top: 0, width: 360, height: 640 };
  const mix = await decodeVideo(await server.download(ofMix![0]!));
  assert.ok(colourDistance(mix.colourAt(4_000, areaInCell(PATCH_AREA, portrait, whole)), colourOf(colour)) < 40);
});

test('an anchor that vanishes is gone after the timeout, and the task goes on until it is idle', async () => {
  const room = { roomId: '506' };
  const taskId = await server.record(room, 1, { RecordParams: { MaxIdleTime: 5 } });
  const anchor = await forkSyntheticAnchor({ ...server.whip(room, 'gina'), name: 'gina', colour: '#30a0a0' });
  await server.untilStatus(taskId, 'InProgress');
  await sleep(3_000);
  const gone = Date.now();
  anchor.kill();
  const events = await server.ended(taskId, 30_000);
  const stop = events.find((event) => event.EventType === 302)!;
  assert.deepEqual(stop.EventInfo.Payload, { LeaveCode: 99 });
  const waited = stop.EventInfo.EventMsTs - gone;
  assert.ok(waited >= 7_000 && waited <= 12_000, `302 came ${waited} ms after the anchor fell silent`);
  const [file] = committedFiles(events);
  assert.ok(file && file.EndTimeStamp <= gone + 4_500, 'the file ends when the anchor counted as gone');
});

test('a muted anchor keeps the clock: silence and black in the file, then sound again', async () => {
  const room = { roomId: '507' };
  const taskId = await server.record(room, 1);
  const anchor = await forkSyntheticAnchor({ ...server.whip(room, 'mia'), name: 'mia', colour: '#9060c0' });
  await server.untilStatus(taskId, 'InProgress');
  await sleep(3_000);
  anchor.muteAudio(true, 'stop');
  const mutedAt = Date.now();
  await sleep(4_000);
  anchor.muteAudio(false);
  const soundAt = Date.now();
  await sleep(4_000);
  const [file] = committedFiles(await server.stop(taskId));
  await anchor.close();
  const path = await server.download(file!);
  const beeps = findBeeps(await decodeAudio(path), 1000).map(({ onsetUs }) => file!.StartTimeStamp + onsetUs / 1000);
  assert.ok(
    beeps.some((at) => at < mutedAt),
    'heard before',
  );
  assert.equal(beeps.filter((at) => at > mutedAt + 300 && at < soundAt - 100).length, 0, beeps.join(' '));
  assert.ok(beeps.filter((at) => at > soundAt).length >= 3, 'heard after');
  const whole = { left: 0, top: 0, width: 640, height: 360 };
  const flashes = findFlashes(await decodeVideo(path), areaInCell(FLASH_AREA, whole, whole));
  const paired = findBeeps(await decodeAudio(path), 1000);
  const late = flashes.filter(({ onsetUs }) => file!.StartTimeStamp + onsetUs / 1000 > soundAt);
  assert.ok(Math.abs(avOffsets(late, paired).medianUs) <= 40_000, 'in sync after the pause');
});
