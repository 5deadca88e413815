import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import type { SyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { CallbackReceiver } from '../kit/callback-receiver.ts';
import { probeFile } from '../kit/media-file.ts';
import { committedFiles, SDK_APP_ID, TestServer } from '../kit/server.ts';
import { colourDistance, colourOf, decodeVideo, type Rect, type VideoFrame } from '../kit/video-frames.ts';

/**
 * A rule in the configuration and anchors that publish; nobody calls the API but for one recording beside. Anna is away
 * for less than the wait and comes back, then both are away for longer, and Hana, whose id has the big prefix, comes.
 */

const ADMIN_TOKEN = 'a-token-of-the-admin-api-for-tests';
const ROOM = { roomId: '7001' };
const WAIT_SECONDS = 4;
const CANVAS = { width: 640, height: 360 };
const BACKGROUND = '#104060';
const ANNA = { userId: 'anna', colour: '#c03030' };
const HANA = { userId: 'host_hana', colour: '#30a050' };
const RULE = {
  max_idle_time: WAIT_SECONDS,
  single: { enabled: true },
  mixed: {
    content: 'video',
    video: CANVAS,
    layout: { mode: 1, big_prefix: 'host_', background_color: BACKGROUND },
  },
};

const publish = (server: TestServer, { userId, colour }: typeof ANNA, room = ROOM): Promise<SyntheticAnchor> =>
  forkSyntheticAnchor({ ...server.whip(room, userId), name: userId, colour });

/** Tasks that began, by the mode that their bot's id tells, in order. */
const begun = (server: TestServer, mode: string): string[] =>
  server.receiver.received
    .map(({ event }) => event)
    .filter((event) => event?.EventType === 301 && event.EventInfo.UserId.startsWith(`roomtape.${mode}.`))
    .map((event) => event!.EventInfo.TaskId);

const untilBegun = (server: TestServer, count: number): Promise<unknown> =>
  server.receiver.waitFor(() => begun(server, 'single').length + begun(server, 'mixed').length >= count, 20_000);

test('rooms record themselves: the wait keeps a file, longer makes another, and the big place waits for its prefix', async (t) => {
  const server = await TestServer.start({ ROOMTAPE_APPS__0__AUTO_RECORD: JSON.stringify([RULE]) });
  t.after(() => server.close());
  const beside = await server.record(ROOM, 1);
  await server.receiver.waitForEvent(beside, 301, 15_000);
  const first = await publish(server, ANNA);
  await untilBegun(server, 2);
  await sleep(4_000);
  await first.close();
  await sleep((WAIT_SECONDS * 1000) / 2);
  const again = await publish(server, ANNA);
  await sleep(4_000);
  await again.close();
  const [single, mixed] = [begun(server, 'single')[0]!, begun(server, 'mixed')[0]!];
  const ends = await Promise.all([server.ended(single), server.ended(mixed)]);
  const hana = await publish(server, HANA);
  await untilBegun(server, 4);
  await sleep(4_000);
  await hana.close();
  const later = await Promise.all([
    server.ended(begun(server, 'single')[1]!),
    server.ended(begun(server, 'mixed')[1]!),
  ]);

  const [annaFiles, mixFiles] = ends.map(committedFiles);
  const leaveCodes = ends.map((events) => events.find(({ EventType }) => EventType === 302)?.EventInfo.Payload);
  assert.deepEqual(leaveCodes, [{ LeaveCode: 99 }, { LeaveCode: 99 }]);
  assert.deepEqual([annaFiles?.length, mixFiles?.length], [1, 1]);
  const span = annaFiles![0]!.EndTimeStamp - annaFiles![0]!.StartTimeStamp;
  assert.ok(span > 8_500, `one file over the gap: ${span} ms`);
  const own = await probeFile(await server.download(annaFiles![0]!));
  assert.ok(own.video && own.audio);
  const mixPath = await server.download(mixFiles![0]!);
  const mix = await probeFile(mixPath);
  assert.deepEqual([mix.video?.width, mix.video?.height, mix.audio], [CANVAS.width, CANVAS.height, undefined]);
  const early = (await decodeVideo(mixPath)).at(3_000);
  assertShows(early, area(300, 40, 200, 100), BACKGROUND, 'the big place is kept free');
  assertShows(early, area(16, 280, 130, 16), ANNA.colour, 'Anna is small');

  const [hanaFiles, laterMix] = later.map(committedFiles);
  assert.deepEqual([hanaFiles?.length, laterMix?.length], [1, 1]);
  const big = (await decodeVideo(await server.download(laterMix![0]!))).at(2_500);
  assertShows(big, area(200, 80, 240, 24), HANA.colour, 'Hana is big');

  const besideFiles = committedFiles(await server.stop(beside));
  assert.deepEqual(besideFiles.length, 2, 'the recording by the API has its own two files');
  assert.deepEqual([begun(server, 'single').length, begun(server, 'mixed').length], [2, 2]);
});

test('a rule of the admin API counts at once for new rooms, tells its own receiver, and a restart begins nothing twice', async (t) => {
  const server = await TestServer.start({ ROOMTAPE_ADMIN__TOKEN: ADMIN_TOKEN });
  t.after(() => server.close());
  const own = await CallbackReceiver.start({ key: 'rulekey' });
  t.after(() => own.close());
  const early = await publish(server, HANA, { roomId: '7002' });
  await sleep(1_000);
  await putRule(server, {
    max_idle_time: 20,
    single: { content: 'audio' },
    callback: { url: own.url, key: 'rulekey' },
  });
  const first = await publish(server, ANNA);
  await own.waitFor((received) => received.length > 0, 10_000);
  await sleep(3_000);
  await first.close();
  // Its room would begin anew with the rooms role, and so after the rule.
  await early.close();
  await server.restart();
  const again = await publish(server, ANNA);
  t.after(() => again.close());
  await sleep(4_000);
  const { TaskId, RoomId } = own.received[0]!.event!.EventInfo;
  assert.equal(RoomId, ROOM.roomId, 'the room of before the rule is not recorded');
  // What is deleted while anna still sends stays deleted, though her room has begun anew with the rooms role.
  await server.client.DeleteCloudRecording({ SdkAppId: SDK_APP_ID, TaskId });
  await own.waitForEvent(TaskId, 312, 30_000);
  assert.deepEqual(new Set(own.received.map(({ event }) => event?.EventInfo.TaskId)), new Set([TaskId]));
  assert.ok(own.received.every(({ signed }) => signed));
  assert.deepEqual(server.receiver.received, [], 'the app itself is told nothing');
  const files = committedFiles(own.events(TaskId));
  assert.equal(files.length, 1);
  const file = await probeFile(await server.download(files[0]!));
  assert.deepEqual([file.video, file.audio?.codec], [undefined, 'aac']);
  assert.ok(file.durationUs > 7_000_000, `one file over the restart: ${file.durationUs} µs`);
});

async function putRule(server: TestServer, rule: object): Promise<void> {
  const answer = await fetch(`${server.process.url}/admin/v1/apps/${SDK_APP_ID}/auto-record`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(rule),
  });
  assert.equal(answer.status, 200, await answer.text());
}

const area = (left: number, top: number, width: number, height: number): Rect => ({ left, top, width, height });

function assertShows(frame: VideoFrame | undefined, where: Rect, colour: string, what: string): void {
  assert.ok(frame, what);
  const shown = frame.colour(where);
  assert.ok(colourDistance(shown, colourOf(colour)) < 40, `${what}: ${JSON.stringify(shown)} is not ${colour}`);
}
