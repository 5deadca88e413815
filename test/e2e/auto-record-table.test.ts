import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AutoRecordRule } from '../../src/auto-record/rule.ts';
import type { CommittedFile } from '../../src/demo/receiver.ts';
import { startSyntheticAnchor, type SyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { signUserSig } from '../../src/usersig/verify.ts';
import { CallbackReceiver, type CallbackEvent } from '../kit/callback-receiver.ts';
import { probeFile } from '../kit/media-file.ts';
import { s3Keys, startS3 } from '../kit/s3-server.ts';
import { committedFiles, SDK_APP_ID, TestServer, testSecrets } from '../kit/server.ts';
import { colourDistance, colourOf, decodeVideo } from '../kit/video-frames.ts';

/**
 * Every part of a rule in finished files: an app for each rule of the table and a room or two in it, all at once on one
 * server, because most of the time goes by waiting.
 */

const ADMIN_TOKEN = 'a-token-of-the-admin-api-for-tests';
const SENT_MS = 5_000;
const PATIENCE_MS = 90_000;
const SMALL = { width: 320, height: 180, fps: 10, bitrate: 150_000 };
const APPS = { changed: 1, prefix: 2, sound: 3, silent: 4, bucket: 5, crowd: 6 } as const;
type AppName = keyof typeof APPS;
/** A rule as somebody writes it. */
type WrittenRule = Readonly<Record<string, unknown>> & { readonly max_idle_time: AutoRecordRule['max_idle_time'] };

const idOf = (app: AppName): number => SDK_APP_ID + APPS[app];
const secretOf = (app: AppName): string => `key of ${idOf(app)}`;

/** Publishes in an app's room, whose id tells the events of its recordings from others. */
function whip(server: TestServer, app: AppName, roomId: string, userId: string): { url: string; token: string } {
  const who = { userId, sdkAppId: idOf(app), secretKey: secretOf(app) };
  return {
    url: `${server.process.url}/whip/${idOf(app)}/${roomId}/${userId}?media=main`,
    token: signUserSig({ ...who, nowMs: Date.now(), expireS: 3600 }),
  };
}

const publish = (
  server: TestServer,
  app: AppName,
  roomId: string,
  userId = 'anna',
  colour = '#c03030',
): Promise<SyntheticAnchor> =>
  forkSyntheticAnchor({ ...whip(server, app, roomId, userId), ...SMALL, name: userId, colour });

/** The task of the room that a rule began. */
async function taskOf(receiver: CallbackReceiver, roomId: string): Promise<string> {
  const begun = (): CallbackEvent | undefined =>
    receiver.received
      .map(({ event }) => event)
      .find((event) => event?.EventType === 301 && event.EventInfo.RoomId === roomId);
  await receiver.waitFor(() => begun() !== undefined, PATIENCE_MS);
  return begun()!.EventInfo.TaskId;
}

/** Lets the room be recorded for a while, empties it and gives its files. */
async function filesOf(
  { receiver }: TestServer,
  roomId: string,
  anchors: readonly SyntheticAnchor[],
): Promise<CommittedFile[]> {
  const taskId = await taskOf(receiver, roomId);
  await sleep(SENT_MS);
  await Promise.all(anchors.map((anchor) => anchor.close()));
  await receiver.waitForEvent(taskId, 312, PATIENCE_MS);
  return committedFiles(receiver.events(taskId));
}

const formOf = ({ CacheFile }: CommittedFile): string => CacheFile.slice(CacheFile.lastIndexOf('.') + 1);

function rules(bucket: object, callback: object): Record<AppName, WrittenRule> {
  const idle = { max_idle_time: 2 };
  return {
    changed: { ...idle, single: { content: 'audio' } },
    prefix: {
      ...idle,
      mixed: {
        content: 'video',
        video: { width: 640, height: 360, fps: 10 },
        layout: { mode: 1, big_prefix: 'host_', background_color: '#104060' },
      },
    },
    sound: { ...idle, single: { content: 'audio', formats: ['aac', 'hls'] } },
    silent: { ...idle, single: { content: 'video', formats: ['mp4', 'hls'] } },
    bucket: { ...idle, single: { formats: ['mp4', 'hls'] }, storage: { bucket }, callback },
    crowd: { ...idle, single: { content: 'audio' } },
  };
}

test('the table of a rule, in finished files', { concurrency: true }, async (t) => {
  const s3 = await startS3(t);
  const own = await CallbackReceiver.start({ key: 'rulekey' });
  t.after(() => own.close());
  const { region, bucket, endpoint } = s3.destination();
  const place = { vendor: 's3', region, bucket, endpoint, prefix: ['auto'] };
  const table = rules(
    { ...place, access_key: s3Keys.accessKey, secret_key: s3Keys.secretKey },
    { url: own.url, key: 'rulekey' },
  );
  const server = await TestServer.start((callback) => ({
    ROOMTAPE_ADMIN__TOKEN: ADMIN_TOKEN,
    ROOMTAPE_APPS: JSON.stringify([
      { sdk_app_id: SDK_APP_ID, secret_key: testSecrets.APP_SECRET, callback },
      ...(Object.keys(APPS) as AppName[]).map((app) => ({
        sdk_app_id: idOf(app),
        secret_key: secretOf(app),
        callback,
        ...(app === 'changed' ? {} : { auto_record: [table[app]] }),
      })),
    ]),
  }));
  t.after(() => server.close());

  await Promise.all([
    t.test('a room goes on by the rule it was created under, the next follows the new one', async () => {
      await putRule(server, 'changed', table.changed);
      const before = await publish(server, 'changed', '7101');
      await taskOf(server.receiver, '7101');
      await putRule(server, 'changed', { max_idle_time: 2, single: { content: 'video' } });
      const after = await publish(server, 'changed', '7102');
      const [old, fresh] = await Promise.all([filesOf(server, '7101', [before]), filesOf(server, '7102', [after])]);
      assert.deepEqual([old.length, fresh.length], [1, 1]);
      const oldFile = await probeFile(await server.download(old[0]!));
      const freshFile = await probeFile(await server.download(fresh[0]!));
      assert.deepEqual([oldFile.video, oldFile.audio?.codec], [undefined, 'aac']);
      assert.deepEqual([freshFile.video?.codec, freshFile.audio], ['h264', undefined]);
    }),

    t.test('of several whose ids have the prefix, the earliest is big', async () => {
      // The earliest is the last of the alphabet.
      const first = await publish(server, 'prefix', '7201', 'host_zoe', '#30a050');
      const second = await publish(server, 'prefix', '7201', 'host_ada', '#c03030');
      const files = await filesOf(server, '7201', [first, second]);
      assert.equal(files.length, 1);
      const frame = (await decodeVideo(await server.download(files[0]!))).at(3_500);
      assert.ok(frame);
      const shown = frame.colour({ left: 200, top: 80, width: 240, height: 24 });
      assert.ok(colourDistance(shown, colourOf('#30a050')) < 40, JSON.stringify(shown));
      const small = frame.colour({ left: 16, top: 280, width: 130, height: 16 });
      assert.ok(colourDistance(small, colourOf('#c03030')) < 40, JSON.stringify(small));
    }),

    t.test('sound alone, as AAC and HLS', async () => {
      const files = await filesOf(server, '7301', [await publish(server, 'sound', '7301')]);
      assert.deepEqual(files.map(formOf).sort(), ['aac', 'm3u8']);
      const aac = await probeFile(await server.download(files.find((file) => formOf(file) === 'aac')!));
      assert.deepEqual([aac.video, aac.audio?.codec], [undefined, 'aac']);
      await assertPlays(
        server,
        files.find((file) => formOf(file) === 'm3u8')!,
        { video: undefined, audio: 'aac' },
      );
    }),

    t.test('pictures with the sound removed, as MP4 and HLS', async () => {
      const files = await filesOf(server, '7401', [await publish(server, 'silent', '7401')]);
      assert.deepEqual(files.map(formOf).sort(), ['m3u8', 'mp4']);
      const mp4 = await probeFile(await server.download(files.find((file) => formOf(file) === 'mp4')!));
      assert.deepEqual([mp4.video?.codec, mp4.audio], ['h264', undefined]);
      await assertPlays(
        server,
        files.find((file) => formOf(file) === 'm3u8')!,
        { video: 'h264', audio: undefined },
      );
    }),

    t.test("a bucket is filled, and the rule's own receiver told as of buckets", async () => {
      const anchor = await publish(server, 'bucket', '7501');
      const taskId = await taskOf(own, '7501');
      await sleep(SENT_MS);
      await anchor.close();
      await own.waitForEvent(taskId, 310, PATIENCE_MS);
      await own.waitForEvent(taskId, 305, PATIENCE_MS);
      const payloads = (type: number): unknown[] => own.events(taskId, type).map(({ EventInfo }) => EventInfo.Payload);
      assert.deepEqual([payloads(303), payloads(305)], [[{ Status: 0 }], [{ Status: 0 }]]);
      const [stop, ...more] = own.events(taskId, 310).map(({ EventInfo }) => EventInfo.Payload);
      assert.deepEqual([stop!['Status'], more], [0, []]);
      const [name, ...others] = stop!['FileList'] as string[];
      assert.deepEqual(others, []);
      const [message] = stop!['FileMessage'] as Record<string, unknown>[];
      assert.deepEqual(
        [message!['FileName'], message!['UserId'], message!['TrackType'], message!['MediaId']],
        [name, 'anna', 'audio_video', 'main'],
      );
      const keys = await s3.list('auto/');
      const key = keys.find((candidate) => basename(candidate) === name);
      assert.ok(key, `${name} is not among ${keys.join(' ')}`);
      const path = join(server.dataDir, 'of-bucket.mp4');
      writeFileSync(path, await s3.get(key));
      const file = await probeFile(path);
      assert.deepEqual([file.video?.codec, file.audio?.codec], ['h264', 'aac']);
      const playlistKey = keys.find((candidate) => candidate.endsWith('.m3u8'));
      assert.ok(playlistKey, keys.join(' '));
      const segments = segmentsOf(String(await s3.get(playlistKey)));
      for (const segment of segments)
        assert.ok(
          keys.some((candidate) => basename(candidate) === basename(segment)),
          segment,
        );
      assert.ok(own.received.every(({ signed }) => signed));
      assert.deepEqual([payloads(311), payloads(312)], [[], []]);
      assert.deepEqual(server.receiver.events(taskId), [], 'the app itself is told nothing');
    }),

    t.test('the 25 earliest of a room are recorded, the 26th when one of them has left', async () => {
      const users = Array.from({ length: 26 }, (_, n) => `user_${String(26 - n).padStart(2, '0')}`);
      const anchors: SyntheticAnchor[] = [];
      for (const name of users)
        anchors.push(
          await startSyntheticAnchor({ ...whip(server, 'crowd', '7601', name), name, colour: '#808080', video: false }),
        );
      const taskId = await taskOf(server.receiver, '7601');
      await sleep(SENT_MS);
      const leftMs = Date.now();
      await anchors[3]!.close();
      const files = await filesOf(server, '7601', anchors);
      assert.deepEqual(files.map(({ UserId }) => UserId).sort(), users.toSorted());
      const late = files.filter(({ StartTimeStamp }) => StartTimeStamp >= leftMs).map(({ UserId }) => UserId);
      assert.deepEqual(late, [users.at(-1)], `of task ${taskId}`);
    }),
  ]);
});

async function putRule(server: TestServer, app: AppName, rule: object): Promise<void> {
  const answer = await fetch(`${server.process.url}/admin/v1/apps/${idOf(app)}/auto-record`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(rule),
  });
  assert.equal(answer.status, 200, await answer.text());
}

const segmentsOf = (playlist: string): string[] => {
  assert.match(playlist, /^#EXTM3U/);
  assert.match(playlist, /^#EXT-X-ENDLIST$/m);
  const segments = playlist.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  assert.ok(segments.length > 0, playlist);
  return segments;
};

/** Fetches all that a playlist names as a player would, and probes it as one stream. */
async function assertPlays(
  server: TestServer,
  { VideoUrl, CacheFile, StartTimeStamp, EndTimeStamp }: CommittedFile,
  codecs: { readonly video: string | undefined; readonly audio: string | undefined },
): Promise<void> {
  const playlist = await (await fetch(VideoUrl)).text();
  const seconds = [...playlist.matchAll(/^#EXTINF:([\d.]+)/gm)].reduce((sum, [, length]) => sum + Number(length), 0);
  const span = (EndTimeStamp - StartTimeStamp) / 1000;
  assert.ok(span > 3 && Math.abs(seconds - span) < 1, `${seconds} s are listed of ${span} s`);
  const parts: Buffer[] = [];
  for (const segment of segmentsOf(playlist)) {
    const answer = await fetch(new URL(segment, VideoUrl));
    assert.equal(answer.status, 200, segment);
    parts.push(Buffer.from(await answer.arrayBuffer()));
  }
  const path = join(server.dataDir, `${CacheFile}.ts`);
  writeFileSync(path, Buffer.concat(parts));
  const file = await probeFile(path);
  assert.deepEqual([file.video?.codec, file.audio?.codec], [codecs.video, codecs.audio]);
}
