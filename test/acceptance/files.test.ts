import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { vod } from 'tencentcloud-sdk-nodejs/tencentcloud/services/vod/index.js';
import type { CommittedFile } from '../../src/demo/receiver.ts';
import { startSyntheticAnchor, type SyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { contractCase } from '../kit/contract-case.ts';
import { committedFiles, TestServer, type TestRoom } from '../kit/server.ts';
import { secretId, secretKey } from '../api/recording-api.ts';

/** Names of files (contract §5) in both modes, and the library that answers as VOD (§7.3), over real recordings. */

type VodClient = InstanceType<typeof vod.v20180717.Client>;

let documented: TestServer;
let wire: TestServer;
let library: VodClient;
const files = {} as Record<'wire' | 'documented' | 'odd' | 'otherOdd' | 'text' | 'named' | 'kept', CommittedFile>;
const taskOf = {} as Record<keyof typeof files, string>;
let recordedMs = 0;

const anchors: SyntheticAnchor[] = [];
async function publish(server: TestServer, room: TestRoom, userId: string): Promise<void> {
  const anchor = { ...server.whip(room, userId), name: 'x', colour: '#407090', width: 320, height: 180 };
  anchors.push(await startSyntheticAnchor(anchor));
}

const vodParams = (TencentVod: object): Record<string, unknown> => ({ StorageParams: { CloudVod: { TencentVod } } });

before(async () => {
  documented = await TestServer.start();
  wire = await TestServer.start({ ROOMTAPE_FILE_NAMES: 'wire' });
  const room = { roomId: '10001' };
  const text = { roomId: 'room_366' };
  taskOf.documented = await documented.record(room, 1, {}, 'bot_single');
  taskOf.named = await documented.record(
    room,
    2,
    vodParams({ UserDefineRecordId: 'cls7', ExpireTime: 86_400 }),
    'bot_mixed',
  );
  taskOf.text = await documented.record(text, 2, vodParams({ SourceContext: 'x' }), 'bot_text');
  taskOf.odd = await documented.record({ roomId: '10002' }, 1);
  taskOf.otherOdd = await documented.record({ roomId: '10003' }, 1);
  taskOf.wire = await wire.record(room, 1);
  await publish(documented, room, 'anchor1');
  await publish(documented, text, 'anchor1');
  await publish(documented, { roomId: '10002' }, 'user???');
  await publish(documented, { roomId: '10003' }, 'user>>>');
  await publish(wire, room, 'anchor1');
  await sleep(3_000);
  for (const name of ['documented', 'named', 'text', 'odd', 'otherOdd'] as const) {
    files[name] = committedFiles(await documented.stop(taskOf[name]))[0]!;
  }
  recordedMs = Date.now();
  files.wire = committedFiles(await wire.stop(taskOf.wire))[0]!;
  library = new vod.v20180717.Client({
    credential: { secretId, secretKey },
    region: 'ap-guangzhou',
    profile: { httpProfile: { endpoint: new URL(documented.process.url).host, protocol: 'http://', reqTimeout: 10 } },
  });
});

after(async () => {
  await Promise.all(anchors.map((anchor) => anchor.close()));
  await Promise.all([documented.close(), wire.close()]);
});

contractCase('F1', 'single, wire mode', async () => {
  assert.equal(files.wire.CacheFile, '1400000000_10001__UserId_s_YW5jaG9yMQ..__UserId_e_main.mp4');
});

contractCase('F2', 'single, documented mode', async () => {
  assert.equal(files.documented.CacheFile, '1400000000_10001_UserId_s_YW5jaG9yMQ.._UserId_e_main.mp4');
});

contractCase('F3', 'mixed, string room', async () => {
  assert.equal(files.text.CacheFile, '1400000000_cm9vbV8zNjY..mp4');
});

contractCase('F5', 'users whose escaped ids need other letters; their files can be fetched', async () => {
  assert.equal(files.odd.CacheFile, '1400000000_10002_UserId_s_dXNlcj8-Pw.._UserId_e_main.mp4');
  assert.equal(files.otherOdd.CacheFile, '1400000000_10003_UserId_s_dXNlcj4+Pg.._UserId_e_main.mp4');
  assert.equal((await fetch(files.otherOdd.VideoUrl)).status, 200);
});

contractCase('F6', 'UserDefineRecordId begins the name', async () => {
  assert.equal(files.named.CacheFile, 'cls7__UserDefine_u_1400000000_10001.mp4');
});

contractCase('V1 V7', 'a file is described by its FileId', async () => {
  const { MediaInfoSet, NotExistFileIdSet } = await library.DescribeMediaInfos({ FileIds: [files.text.FileId] });
  assert.deepEqual([MediaInfoSet?.length, NotExistFileIdSet], [1, []]);
  const source = MediaInfoSet?.[0]?.BasicInfo?.SourceInfo;
  assert.equal(source?.SourceType, 'TrtcRecord');
  assert.equal(source?.TrtcRecordInfo?.TaskId, taskOf.text);
  assert.equal(source?.SourceContext, 'x');
  const meta = MediaInfoSet?.[0]?.MetaData;
  assert.ok((meta?.Duration ?? 0) > 2 && meta?.Width === 360 && meta?.Height === 640, JSON.stringify(meta));
});

contractCase('V2', 'an unknown id', async () => {
  const { MediaInfoSet, NotExistFileIdSet } = await library.DescribeMediaInfos({ FileIds: ['1'] });
  assert.deepEqual([MediaInfoSet, NotExistFileIdSet], [[], ['1']]);
});

contractCase('V3', '21 ids', async () => {
  const FileIds = Array.from({ length: 21 }, (_, i) => String(i));
  await assert.rejects(library.DescribeMediaInfos({ FileIds }), { code: 'InvalidParameterValue.FileIdsOverLimit' });
});

contractCase('V4', 'search by the beginning of the name', async () => {
  const found = await library.SearchMedia({ NamePrefixes: ['1400000000_10001'] });
  assert.equal(found.TotalCount, 1);
  assert.equal(found.MediaInfoSet?.[0]?.FileId, files.documented.FileId);
});

contractCase('V6', 'when it expires', async () => {
  const FileIds = [files.named.FileId, files.text.FileId];
  const { MediaInfoSet } = await library.DescribeMediaInfos({ FileIds });
  const expiry = (FileId: string) => MediaInfoSet?.find((one) => one.FileId === FileId)?.BasicInfo?.ExpireTime;
  const left = Date.parse(expiry(files.named.FileId)!) - recordedMs;
  assert.ok(Math.abs(left - 86_400_000) < 60_000, `${left}`);
  assert.equal(expiry(files.text.FileId), '9999-12-31T23:59:59Z');
});

contractCase('V5', 'what was deleted is not there any more', async () => {
  const { FileId, VideoUrl } = files.odd;
  await library.DeleteMedia({ FileId });
  const { NotExistFileIdSet } = await library.DescribeMediaInfos({ FileIds: [FileId] });
  assert.deepEqual(NotExistFileIdSet, [FileId]);
  assert.equal((await fetch(VideoUrl)).status, 404);
});
