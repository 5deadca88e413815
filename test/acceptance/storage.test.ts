import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSyntheticAnchor, type SyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { FLASH_AREA, PATCH_AREA } from '../../src/synthetic/pattern-areas.ts';
import type { CallbackEvent } from '../kit/callback-receiver.ts';
import { contractCase } from '../kit/contract-case.ts';
import { avOffsets, findBeeps, findFlashes } from '../kit/flash-beep.ts';
import { probeFile } from '../kit/media-file.ts';
import { startS3, type S3Server } from '../kit/s3-server.ts';
import { committedFiles, SDK_APP_ID, TestServer } from '../kit/server.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { areaInCell, colourDistance, colourOf, decodeVideo } from '../kit/video-frames.ts';

/**
 * CloudStorage against a real S3 server: one room with one anchor is recorded in every form at once. The bucket is read
 * back as a player would: playlist by playlist, decoded, compared with what was sent.
 */

const ROOM = { roomId: '9001' };
const COLOUR = '#a04020';
const WHOLE = { left: 0, top: 0, width: 640, height: 360 };
const forms = { hls: 0, 'hls+mp4': 1, 'hls+aac': 2, mp4: 3, aac: 4 } as const;
type Form = keyof typeof forms | 'mixed' | 'merged';

let server: TestServer;
let s3: S3Server;
let anchor: SyntheticAnchor;
const closers: (() => unknown)[] = [];
const tasks = {} as Record<Form, string>;
const told = {} as Record<Form, readonly CallbackEvent[]>;
let described: Record<
  'hls' | 'mixed',
  { UserId: string; FileName: string; TrackType: string; BeginTimeStamp: number }[]
>;
let stoppedMs = 0;

const storage = (more: object = {}): object => {
  const { accessKey, secretKey, region, bucket, endpoint } = s3.destination();
  const keys = { AccessKey: accessKey, SecretKey: secretKey, Region: region, Bucket: bucket, EndpointUrl: endpoint };
  return { StorageParams: { CloudStorage: { Vendor: 1, ...keys, FileNamePrefix: ['a', 'b'], ...more } } };
};

const startTask = (form: Form, mode: 1 | 2, params: object, more: object = {}): Promise<string> => {
  const video = { Width: 640, Height: 360, Fps: 15, BitRate: 600_000, Gop: 2 };
  const request = { RecordParams: params, ...storage(more), MixTranscodeParams: { VideoParams: video } };
  return server.record(ROOM, mode, request, `bot_${form.replace('+', '_')}`);
};

before(async () => {
  s3 = await startS3({ after: (close: () => unknown) => closers.push(close) });
  server = await TestServer.start();
  for (const [form, OutputFormat] of Object.entries(forms)) {
    tasks[form as Form] = await startTask(form as Form, 1, { OutputFormat });
  }
  tasks.mixed = await startTask('mixed', 2, { OutputFormat: 1 });
  tasks.merged = await startTask('merged', 1, { AvMerge: 1 });
  anchor = await startSyntheticAnchor({ ...server.whip(ROOM, 'anchor1'), name: 'anchor1', colour: COLOUR });
  await server.receiver.waitForEvent(tasks.hls, 304, 40_000);
  await server.receiver.waitForEvent(tasks.mixed, 304, 40_000);
  await sleep(3_000);
  described = { hls: await filesOf(tasks.hls), mixed: await filesOf(tasks.mixed) };
  stoppedMs = Date.now();
  const stops = Object.entries(tasks).map(async ([form, taskId]) => {
    await server.client.DeleteCloudRecording({ SdkAppId: SDK_APP_ID, TaskId: taskId });
    await server.receiver.waitForEvent(taskId, 305, 60_000);
    const has310 = !['hls', 'merged'].includes(form);
    if (has310) await server.receiver.waitForEvent(taskId, 310, 60_000);
    told[form as Form] = server.receiver.events(taskId);
  });
  await Promise.all(stops);
});

after(async () => {
  await anchor?.close();
  await server?.close();
  for (const close of closers) await close();
});

async function filesOf(TaskId: string): Promise<(typeof described)['hls']> {
  const { StorageFileList } = await server.client.DescribeCloudRecording({ SdkAppId: SDK_APP_ID, TaskId });
  return StorageFileList as (typeof described)['hls'];
}

const types = (form: Form): number[] => told[form].map((event) => event.EventType);
const payloads = (form: Form, type: number): Record<string, unknown>[] =>
  told[form].filter((event) => event.EventType === type).map((event) => event.EventInfo.Payload);
const keysOf = async (form: Form, ending: string): Promise<string[]> =>
  (await s3.list(`a/b/${tasks[form]}/`)).filter((key) => key.endsWith(ending));

/** Brings a playlist and its segments onto the disk; gives the playlist's path. */
async function fetched(form: Form, name: string): Promise<string> {
  const folder = join(
    server.dataDir,
    `bucket-${form.replace('+', '-')}-${createHash('md5').update(name).digest('hex')}`,
  );
  await mkdir(folder, { recursive: true });
  const text = (await s3.get(`a/b/${tasks[form]}/${name}`)).toString();
  assert.match(text, /#EXT-X-ENDLIST\s*$/);
  const segments = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  // One transport stream after the other is one transport stream.
  const bytes = await Promise.all(
    segments.map((segment) => s3.get(`a/b/${tasks[form]}/${decodeURIComponent(segment)}`)),
  );
  const path = join(folder, 'all.ts');
  await writeFile(path, Buffer.concat(bytes));
  return path;
}

const stem = `${SDK_APP_ID}_9001_UserId_s_YW5jaG9yMQ.._UserId_e_main`;

/** Lists of event 310, flattened. */
const stopped = (form: Form): Record<string, unknown>[] =>
  payloads(form, 310).flatMap((payload) => payload['FileMessage'] as Record<string, unknown>[]);

contractCase('E15', 'the events of a bucket, in their order', async () => {
  assert.deepEqual(
    types('merged').filter((type) => type !== 302),
    [301, 303, 307, 304, 305],
  );
  for (const form of ['hls', 'hls+mp4', 'hls+aac', 'mixed'] as const) {
    const [first, second] = types(form);
    assert.deepEqual([first, second], [301, 303], form);
    assert.deepEqual(payloads(form, 303), [{ Status: 0 }]);
    assert.deepEqual(payloads(form, 305), [{ Status: 0 }]);
    assert.equal(payloads(form, 304).length, form === 'mixed' ? 1 : 2);
    assert.equal(payloads(form, 307).length, form === 'mixed' ? 1 : 2);
  }
  assert.deepEqual(payloads('hls', 310), []);
  for (const form of ['hls+mp4', 'hls+aac', 'mp4', 'aac', 'mixed'] as const)
    assert.equal(stopped(form).length, 1, form);
  for (const form of ['mp4', 'aac'] as const) assert.deepEqual(types(form), [301, 303, 302, 305, 310]);
  for (const form of Object.keys(tasks) as Form[]) assert.deepEqual(payloads(form, 312), []);
  assert.ok(server.receiver.received.every((one) => one.signed));
});

contractCase('Q3 Q17', 'Describe lists sound and picture of the one anchor while it runs', async () => {
  assert.deepEqual(
    described.hls.map((file) => [file.UserId, file.FileName, file.TrackType]).sort((a, b) => (a[1]! < b[1]! ? -1 : 1)),
    [
      ['anchor1', `${stem}_audio.m3u8`, 'audio'],
      ['anchor1', `${stem}_video.m3u8`, 'video'],
    ],
  );
  for (const file of described.hls) assert.equal(String(file.BeginTimeStamp).length, 13);
  for (const file of described.hls) assert.equal(typeof file.BeginTimeStamp, 'number');
});

contractCase('Q4', 'Describe lists the one playlist of a mix', async () => {
  assert.deepEqual(
    described.mixed.map((file) => [file.UserId, file.FileName, file.TrackType]),
    [['', `${SDK_APP_ID}_9001.m3u8`, 'audio_video']],
  );
});

contractCase('F7 F9 F10', 'keys, and one playlist for each medium however long', async () => {
  assert.deepEqual(await keysOf('hls', '.m3u8'), [
    `a/b/${tasks.hls}/${stem}_audio.m3u8`,
    `a/b/${tasks.hls}/${stem}_video.m3u8`,
  ]);
  assert.deepEqual(await keysOf('merged', '.m3u8'), [`a/b/${tasks.merged}/${stem}_audiovideo.m3u8`]);
  assert.deepEqual(await keysOf('mixed', '.m3u8'), [`a/b/${tasks.mixed}/${SDK_APP_ID}_9001.m3u8`]);
  assert.deepEqual(await keysOf('mixed', '.mp4'), [`a/b/${tasks.mixed}/${SDK_APP_ID}_9001.mp4`]);
  assert.deepEqual(await keysOf('mp4', '.m3u8'), []);
  for (const key of await keysOf('hls', '.ts')) assert.match(basename(key), /_main_(audio|video)_\d{17}\.ts$/);
});

contractCase('E15', 'what is in the bucket plays, in sync, and is what was sent', async () => {
  for (const [form, name] of [
    ['merged', `${stem}_audiovideo.m3u8`],
    ['mixed', `${SDK_APP_ID}_9001.m3u8`],
  ] as const) {
    const path = await fetched(form, name);
    const frames = await decodeVideo(path);
    const first = frames.frames[0]!.ptsUs / 1000;
    const seen = frames.colourAt(first + 5_000, areaInCell(PATCH_AREA, WHOLE, WHOLE));
    assert.ok(colourDistance(seen, colourOf(COLOUR)) < 40, `${form}: ${JSON.stringify(seen)}`);
    const flashes = findFlashes(frames, areaInCell(FLASH_AREA, WHOLE, WHOLE));
    const offsets = avOffsets(flashes, findBeeps(await decodeAudio(path), 1000));
    assert.ok(offsets.offsetsUs.length >= 8 && Math.abs(offsets.medianUs) <= 40_000, offsets.offsetsUs.join(' '));
  }
  const picture = await probeFile(await fetched('hls', `${stem}_video.m3u8`));
  const sound = await probeFile(await fetched('hls', `${stem}_audio.m3u8`));
  assert.deepEqual([picture.streams.length, picture.video?.codec], [1, 'h264']);
  assert.deepEqual([sound.streams.length, sound.audio?.codec], [1, 'aac']);
});

contractCase('E15', 'MP4 and AAC beside HLS and alone, as event 310 says', async () => {
  for (const form of ['hls+mp4', 'hls+aac', 'mp4', 'aac', 'mixed'] as const) {
    const [file] = stopped(form);
    assert.ok(file);
    const { FileName, UserId, TrackType, MediaId, StartTimeStamp, EndTimeStamp } = file;
    const isSound = form.endsWith('aac');
    const own = form === 'mixed' ? `${SDK_APP_ID}_9001` : stem;
    assert.equal(FileName, `${own}.${isSound ? 'aac' : 'mp4'}`);
    assert.deepEqual(
      [UserId, TrackType, MediaId],
      [form === 'mixed' ? '' : 'anchor1', isSound ? 'audio' : 'audio_video', 'main'],
    );
    assert.deepEqual(payloads(form, 310)[0]!['FileList'], [FileName]);
    const path = join(server.dataDir, `${form.replace('+', '-')}-${FileName}`);
    await writeFile(path, await s3.get(`a/b/${tasks[form]}/${FileName}`));
    const probed = await probeFile(path);
    assert.deepEqual(probed.streams.map((stream) => stream.codec).sort(), isSound ? ['aac'] : ['aac', 'h264'], form);
    const span = Number(EndTimeStamp) - Number(StartTimeStamp);
    const media = isSound ? probed.audio!.endUs - probed.audio!.startUs : probed.durationUs;
    assert.ok(Math.abs(media / 1000 - span) < 300, `${form}: ${media} µs of ${span} ms`);
    assert.ok(Math.abs(Number(EndTimeStamp) - stoppedMs) < 2_000);
  }
});

contractCase('E16', 'a library task hears nothing of buckets', async () => {
  const taskId = await server.record(ROOM, 1, {}, 'bot_vod');
  await server.untilStatus(taskId, 'InProgress');
  await sleep(2_000);
  const events = await server.stop(taskId);
  assert.deepEqual(
    events.map((event) => event.EventType),
    [301, 302, 311, 312],
  );
  assert.equal(committedFiles(events).length, 1);
});

contractCase(
  'E13',
  'a bucket that denies: 303 Status 1, the recording goes on, 305 Status 1, and the files stay',
  async () => {
    const denied = await startTask('hls', 1, { OutputFormat: 0 }, { SecretKey: 'another' });
    const began = await server.receiver.waitForEvent(denied, 303, 30_000);
    assert.deepEqual(began.EventInfo.Payload, { Status: 1 });
    assert.equal(await server.status(denied), 'InProgress');
    await server.client.DeleteCloudRecording({ SdkAppId: SDK_APP_ID, TaskId: denied });
    const stop = await server.receiver.waitForEvent(denied, 305, 90_000);
    assert.deepEqual(stop.EventInfo.Payload, { Status: 1 });
  },
);
