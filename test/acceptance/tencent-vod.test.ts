import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommittedFile } from '../../src/demo/receiver.ts';
import { startSyntheticAnchor, type SyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { contractCase } from '../kit/contract-case.ts';
import { probeFile } from '../kit/media-file.ts';
import { committedFiles, SDK_APP_ID, TestServer } from '../kit/server.ts';
import { TencentVodSpeaker } from '../kit/tencent-vod-speaker.ts';

/** An app whose files go to Tencent VOD, played by a local speaker of the same wire. */

const ROOM = { roomId: '7001' };
let vod: TencentVodSpeaker;
let server: TestServer;
let anchor: SyntheticAnchor;

before(async () => {
  vod = await TencentVodSpeaker.start();
  const account = { secret_id: vod.secretId, secret_key: vod.secretKey, sub_app_id: 1_500_000_001 };
  const rim = { endpoint: vod.endpoint, cos_domain: vod.endpoint, protocol: 'http' };
  server = await TestServer.start({
    ROOMTAPE_APPS__0__STORAGE: JSON.stringify({ tencent_vod: { ...account, ...rim } }),
  });
  anchor = await startSyntheticAnchor({ ...server.whip(ROOM, 'anchor1'), name: 'anchor1', colour: '#208090' });
});

after(async () => {
  await anchor?.close();
  await server?.close();
  await vod?.close();
});

async function recorded(bot: string, TencentVod: object): Promise<string> {
  const taskId = await server.record(ROOM, 1, { StorageParams: { CloudVod: { TencentVod } } }, bot);
  await server.untilStatus(taskId, 'InProgress');
  await sleep(3_000);
  return taskId;
}

contractCase('E10', 'a file goes to VOD with everything that was asked, and is announced as VOD named it', async () => {
  const asked = {
    ExpireTime: 86_400,
    ClassId: 3,
    Procedure: 'flow',
    SourceContext: 'x',
    SessionContext: 'y',
    SubAppId: 7,
  };
  const [file] = committedFiles(await server.stop(await recorded('bot_a', asked)));
  const [stored] = vod.files;
  assert.ok(file && stored);
  assert.deepEqual([file.FileId, file.VideoUrl], [stored.fileId, stored.mediaUrl]);
  const { ClassId, Procedure, SourceContext, SessionContext, SubAppId, MediaName, MediaType } = stored.applied;
  assert.deepEqual([ClassId, Procedure, SourceContext, SessionContext, SubAppId], [3, 'flow', 'x', 'y', 7]);
  assert.deepEqual([`${String(MediaName)}.mp4`, MediaType], [file.CacheFile, 'mp4']);
  await assertPlays(file, stored.bytes);
});

async function assertPlays(file: CommittedFile, bytes: Buffer): Promise<void> {
  const path = join(server.dataDir, file.CacheFile);
  await writeFile(path, bytes);
  const probed = await probeFile(path);
  assert.deepEqual(probed.streams.map((stream) => stream.codec).sort(), ['aac', 'h264']);
  assert.ok(Math.abs(probed.durationUs / 1000 - (file.EndTimeStamp - file.StartTimeStamp)) < 200);
}

contractCase('E10', 'HLS goes there as the playlist with its segments', async () => {
  const before = vod.files.length;
  const [file] = committedFiles(await server.stop(await recorded('bot_b', { MediaType: 1 })));
  const stored = vod.files[before];
  assert.ok(file && stored);
  assert.match(file.CacheFile, /_main\.m3u8$/);
  assert.equal(stored.applied['MediaType'], 'm3u8');
  assert.equal(stored.applied['SubAppId'], 1_500_000_001, 'the account’s own, since none was asked for');
  const names = stored.bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const sizes = names.map((name) => stored.beside.get(name)?.length ?? 0);
  assert.ok(sizes.every((size) => size > 0) && sizes.reduce((a, b) => a + b, 0) > 50_000, sizes.join(' '));
});

contractCase('E13', 'VOD refuses: 311 Status 1 with Errmsg, 312 Status 1; and the later success is told', async () => {
  const taskId = await recorded('bot_c', {});
  vod.misbehave('ApplyUpload', { how: 'refuse', code: 'UnauthorizedOperation' });
  await server.client.DeleteCloudRecording({ SdkAppId: SDK_APP_ID, TaskId: taskId });
  const last = await server.receiver.waitForEvent(taskId, 312, 90_000);
  assert.deepEqual(last.EventInfo.Payload, { Status: 1 });
  const [failure] = server.receiver.events(taskId, 311);
  const { Status, Errmsg, TencentVod } = failure!.EventInfo.Payload as {
    Status: number;
    Errmsg: string;
    TencentVod: object;
  };
  assert.equal(Status, 1);
  assert.match(Errmsg, /UnauthorizedOperation/);
  assert.deepEqual(Object.keys(TencentVod), ['UserId', 'TrackType', 'CacheFile']);
  vod.behave();
  await server.receiver.waitFor(() => server.receiver.events(taskId, 311).length === 2, 90_000);
  const [healed] = committedFiles(server.receiver.events(taskId));
  assert.equal(healed?.FileId, vod.files.at(-1)?.fileId);
  assert.equal(server.receiver.events(taskId, 312).length, 1);
});
