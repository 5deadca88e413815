import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { test, type TestContext } from 'node:test';
import { vod } from 'tencentcloud-sdk-nodejs/tencentcloud/services/vod/index.js';
import { systemClock } from '../../src/clock.ts';
import type { App, AppDirectory } from '../../src/config/apps.ts';
import { keep, libraryBench, type Kept, type LibraryBench } from '../library/library-kit.ts';
import { library as vodLibrary, newTask, plan } from '../tasks/fixture.ts';
import { foreignAppId, sdkAppId, secretId, secretKey, startApi } from './recording-api.ts';

type Client = InstanceType<typeof vod.v20180717.Client>;
type SearchRequest = Parameters<Client['SearchMedia']>[0];
const secondAppId = 1_400_000_001;
const foreignId = 'AKIDFOREIGN0000000000000000000000000';
const cloudId = 'AKIDCLOUD000000000000000000000000000';
const cloudAppId = 1_400_000_007;

const app = (id: number): App => ({
  sdkAppId: id,
  secretKey: `key of ${id}`,
  callback: undefined,
  storage: { kind: id === cloudAppId ? 'tencent-vod' : 'library' } as App['storage'],
  limits: { concurrentTasks: 100, queriesPerSecond: 10_000, streamsPerTask: 25 },
});
const accounts = new Map([
  [secretId, { secretId, secretKey, apps: [sdkAppId, secondAppId] }],
  [foreignId, { secretId: foreignId, secretKey, apps: [foreignAppId] }],
  [cloudId, { secretId: cloudId, secretKey, apps: [cloudAppId] }],
]);
const apps: AppDirectory = {
  account: (id) => accounts.get(id),
  app: (id) => ([sdkAppId, secondAppId, foreignAppId, cloudAppId].includes(id) ? app(id) : undefined),
};

/** The API over a library with files, and clients of the official SDK: of their owner, and of others. */
async function vodBench(t: TestContext, reqMethod: 'POST' | 'GET' = 'POST') {
  const b = await libraryBench(t);
  const api = await startApi({ clock: systemClock({ unref: true }), apps, library: b.library });
  const clientOf = (id: string): Client =>
    new vod.v20180717.Client({
      credential: { secretId: id, secretKey },
      region: 'ap-guangzhou',
      profile: { httpProfile: { endpoint: api.host, protocol: 'http://', reqMethod, reqTimeout: 10 } },
    });
  return { b, client: clientOf(secretId), foreign: clientOf(foreignId), cloud: clientOf(cloudId) };
}

const assertThrows = (work: Promise<unknown>, code: string): Promise<void> =>
  assert.rejects(work, (error: Error & { code?: string }) => {
    assert.equal(error.code, code, error.message);
    return true;
  });

/** A file of a room, alone in its task. */
const inRoom = (roomId: string, kept: Kept = {}): Kept => ({
  ...kept,
  task: { room: { sdkAppId, kind: 'number', roomId }, ...kept.task },
});

const idsOf = async (client: Client, request: SearchRequest): Promise<(string | undefined)[]> =>
  ((await client.SearchMedia(request)).MediaInfoSet ?? []).map((media) => media.FileId);

test('V1, V7: DescribeMediaInfos tells everything about a file of a recording', async (t) => {
  const { b, client } = await vodBench(t);
  const destination = vodLibrary({ sourceContext: 'x', classId: 7 });
  const facts = { videoBitrate: 500_000.4, fps: 14.99, audioBitrate: 64_000, sampleRate: 48_000, channels: 1 };
  const file = await keep(b, { task: { destination }, userId: 'anchor1', part: { facts, durationMs: 10_040 } });
  const answer = await client.DescribeMediaInfos({ FileIds: [file.fileId] });
  assert.deepEqual(answer.NotExistFileIdSet, []);
  const { MediaInfoSet } = answer;
  assert.equal(MediaInfoSet?.length, 1);
  const { BasicInfo, MetaData, FileId, ...others } = MediaInfoSet[0]!;
  assert.equal(FileId, file.fileId);
  const created = new Date(b.clock.wallMs()).toISOString().replace(/\.\d+Z$/, 'Z');
  assert.deepEqual(BasicInfo, {
    Name: '1400000000_10001_UserId_s_YW5jaG9yMQ.._UserId_e_main',
    Description: '',
    CreateTime: created,
    UpdateTime: created,
    ExpireTime: '9999-12-31T23:59:59Z',
    ClassId: 7,
    ClassName: '',
    ClassPath: '',
    CoverUrl: '',
    Type: 'mp4',
    MediaUrl: file.url,
    SourceInfo: {
      SourceType: 'TrtcRecord',
      SourceContext: 'x',
      LiveRecordInfo: null,
      TrtcRecordInfo: { SdkAppId: sdkAppId, RoomId: '10001', TaskId: file.taskId, UserIds: ['anchor1'] },
      WebPageRecordInfo: null,
    },
    StorageRegion: '',
    StoragePath: '',
    TagSet: [],
    Vid: '',
    Category: 'Video',
    Status: 'Normal',
    StorageClass: 'STANDARD',
  });
  assert.deepEqual(MetaData, {
    Size: file.bytes.length,
    Container: 'mp4',
    Bitrate: 564_000,
    Height: 360,
    Width: 640,
    Duration: 10.04,
    Rotate: 0,
    VideoStreamSet: [
      { Bitrate: 500_000, Height: 360, Width: 640, Codec: 'h264', Fps: 15, CodecTag: '', DynamicRangeInfo: null },
    ],
    AudioStreamSet: [{ Bitrate: 64_000, SamplingRate: 48_000, Codec: 'aac' }],
    VideoDuration: 10.04,
    AudioDuration: 10.04,
    Md5: '',
  });
  assert.equal(Object.keys(others).length, 14);
  for (const [name, value] of Object.entries(others)) assert.equal(value, null, name);
  assert.equal((await fetch(BasicInfo?.MediaUrl ?? '')).status, 200);
});

test('a file of the mix names no user, sound alone is Audio, and what is not known is null', async (t) => {
  const { b, client } = await vodBench(t);
  const task = { plan: { ...plan, outputs: ['aac'] as const } };
  const file = await keep(b, { task, userId: '', part: { streams: ['aac'], trackType: 'audio', width: 0, height: 0 } });
  const media = (await client.DescribeMediaInfos({ FileIds: [file.fileId] })).MediaInfoSet![0]!;
  assert.deepEqual(media.BasicInfo?.SourceInfo?.TrtcRecordInfo?.UserIds, []);
  assert.equal(media.BasicInfo?.Category, 'Audio');
  assert.equal(media.BasicInfo?.Type, 'aac');
  assert.deepEqual(media.MetaData?.VideoStreamSet, []);
  assert.deepEqual(media.MetaData?.AudioStreamSet, [{ Bitrate: null, SamplingRate: null, Codec: 'aac' }]);
  // A thousand bytes in ten seconds.
  assert.equal(media.MetaData?.Bitrate, 800);
  assert.equal(media.MetaData?.VideoDuration, 0);
});

test('V2: unknown ids are listed as such, in the order asked for, each once', async (t) => {
  const { b, client } = await vodBench(t);
  const files = [await keep(b), await keep(b)];
  const FileIds = ['5145403699454155159', files[1]!.fileId, 'nope', files[0]!.fileId, 'nope'];
  const answer = await client.DescribeMediaInfos({ FileIds });
  assert.deepEqual(answer.NotExistFileIdSet, ['5145403699454155159', 'nope']);
  assert.deepEqual(
    answer.MediaInfoSet?.map((media) => media.FileId),
    [files[1]!.fileId, files[0]!.fileId],
  );
  const none = await client.DescribeMediaInfos({ FileIds: ['1'] });
  assert.deepEqual([none.MediaInfoSet, none.NotExistFileIdSet], [[], ['1']]);
});

test('V3: twenty ids are answered, twenty-one are too many; other lists that are none', async (t) => {
  const { client } = await vodBench(t);
  const ids = (n: number) => Array.from({ length: n }, (_, i) => String(i));
  assert.equal((await client.DescribeMediaInfos({ FileIds: ids(20) })).NotExistFileIdSet?.length, 20);
  await assertThrows(client.DescribeMediaInfos({ FileIds: ids(21) }), 'InvalidParameterValue.FileIdsOverLimit');
  await assertThrows(client.DescribeMediaInfos({ FileIds: [] }), 'InvalidParameterValue.FileIdsEmpty');
  for (const bad of ['', 'a b', "'", 'x'.repeat(41)])
    await assertThrows(client.DescribeMediaInfos({ FileIds: [bad] }), 'InvalidParameterValue.FileIds');
  await assertThrows(client.DescribeMediaInfos({} as never), 'MissingParameter');
  await assertThrows(client.SearchMedia({ FileIds: ids(11) }), 'InvalidParameterValue.FileIdsOverLimit');
});

test('filters choose the parts of the answer', async (t) => {
  const { b, client } = await vodBench(t);
  const { fileId } = await keep(b);
  const parts = async (Filters: string[]) => {
    const [media] = (await client.DescribeMediaInfos({ FileIds: [fileId], Filters })).MediaInfoSet!;
    const [found] = (await client.SearchMedia({ FileIds: [fileId], Filters })).MediaInfoSet!;
    assert.deepEqual(found, media);
    return [media?.BasicInfo !== null, media?.MetaData !== null];
  };
  assert.deepEqual(await parts(['basicInfo']), [true, false]);
  assert.deepEqual(await parts(['metaData', 'transcodeInfo']), [false, true]);
  assert.deepEqual(await parts(['subtitleInfo']), [false, false]);
  assert.deepEqual(await parts([]), [true, true]);
  await assertThrows(client.DescribeMediaInfos({ FileIds: [fileId], Filters: ['x'] }), 'InvalidParameterValue');
});

test('V4: SearchMedia finds a file by what its name begins with', async (t) => {
  const { b, client } = await vodBench(t);
  const file = await keep(b, inRoom('10001'));
  await keep(b, inRoom('20002'));
  const answer = await client.SearchMedia({ NamePrefixes: ['1400000000_10001'] });
  assert.equal(answer.TotalCount, 1);
  assert.equal(answer.MediaInfoSet?.[0]?.FileId, file.fileId);
  assert.equal(answer.MediaInfoSet[0].BasicInfo?.SourceInfo?.TrtcRecordInfo?.TaskId, file.taskId);
});

test('V5: DeleteMedia ends a file for everybody at once', async (t) => {
  const { b, client } = await vodBench(t);
  const file = await keep(b);
  assert.deepEqual(Object.keys(await client.DeleteMedia({ FileId: file.fileId })), ['RequestId']);
  const answer = await client.DescribeMediaInfos({ FileIds: [file.fileId] });
  assert.deepEqual([answer.MediaInfoSet, answer.NotExistFileIdSet], [[], [file.fileId]]);
  assert.deepEqual(await idsOf(client, {}), []);
  assert.equal((await fetch(file.url)).status, 404);
  assert.equal(existsSync(dirname(file.path)), false);
  await assertThrows(client.DeleteMedia({ FileId: file.fileId }), 'ResourceNotFound');
  await assertThrows(client.DeleteMedia({ FileId: 'never' }), 'ResourceNotFound');
});

test('DeleteParts: the original is the file, its products are none', async (t) => {
  const { b, client } = await vodBench(t);
  const { fileId: FileId } = await keep(b);
  await client.DeleteMedia({ FileId, DeleteParts: [{ Type: 'TranscodeFiles', Definition: 0 }] });
  assert.deepEqual(await idsOf(client, {}), [FileId]);
  await assertThrows(client.DeleteMedia({ FileId, DeleteParts: [{ Type: 'Everything' }] }), 'InvalidParameterValue');
  const others = [{ Type: 'TranscodeFiles' }];
  await assertThrows(client.DeleteMedia({ FileId: '1', DeleteParts: others }), 'ResourceNotFound');
  await client.DeleteMedia({ FileId, DeleteParts: [{ Type: 'TranscodeFiles' }, { Type: 'OriginalFiles' }] });
  assert.deepEqual(await idsOf(client, {}), []);
});

test('V6: ExpireTime is counted from when the file came into the library, and then it is over', async (t) => {
  const { b, client } = await vodBench(t);
  const file = await keep(b, { task: { destination: vodLibrary({ expireSeconds: 86_400 }) } });
  const basic = (await client.DescribeMediaInfos({ FileIds: [file.fileId] })).MediaInfoSet?.[0]?.BasicInfo;
  assert.equal(Date.parse(basic?.ExpireTime ?? '') - Date.parse(basic?.CreateTime ?? ''), 86_400_000);
  assert.match(basic?.ExpireTime ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  b.clock.advance(86_400_000);
  assert.deepEqual((await client.DescribeMediaInfos({ FileIds: [file.fileId] })).NotExistFileIdSet, [file.fileId]);
  assert.equal((await client.SearchMedia({})).TotalCount, 0);
  await assertThrows(client.DeleteMedia({ FileId: file.fileId }), 'ResourceNotFound');
});

/** Six files of one account, a minute apart, that differ in everything one can look for. */
async function shelf(b: LibraryBench) {
  const made = {
    first: await keep(b, inRoom('10001', { userId: 'a' })),
    classed: await keep(b, inRoom('10001', { userId: 'b', task: { destination: vodLibrary({ classId: 5 }) } })),
    sound: await keep(
      b,
      inRoom('10002', {
        task: { plan: { ...plan, outputs: ['aac'] } },
        part: { trackType: 'audio', streams: ['aac'] },
      }),
    ),
    list: await keep(b, inRoom('10003', { task: { plan: { ...plan, outputs: ['hls'] } } })),
    text: await keep(b, {
      task: { room: { sdkAppId: secondAppId, kind: 'string', roomId: '会议/1' }, userDefineRecordId: 'My_Class-1' },
    }),
    mortal: await keep(b, inRoom('100', { task: { destination: vodLibrary({ expireSeconds: 3600, subAppId: 99 }) } })),
  };
  return { ...made, all: Object.values(made).map((file) => file.fileId) };
}

type Shelf = Awaited<ReturnType<typeof shelf>>;
type Name = Exclude<keyof Shelf, 'all'>;

test('SearchMedia: every filter, alone and together', async (t) => {
  const { b, client } = await vodBench(t);
  const files = await shelf(b);
  const nameOf = new Map(
    (Object.keys(files) as (keyof Shelf)[]).flatMap((key) =>
      key === 'all' ? [] : [[files[key].fileId, key] as const],
    ),
  );
  const every: Name[] = ['first', 'classed', 'sound', 'list', 'text', 'mortal'];
  const createdOf = async (name: Name): Promise<string> => {
    const [media] = (await client.DescribeMediaInfos({ FileIds: [files[name].fileId] })).MediaInfoSet!;
    return media!.BasicInfo!.CreateTime!;
  };
  const [soundAt, listAt] = [await createdOf('sound'), await createdOf('list')];
  const later = (iso: string, seconds: number): string =>
    new Date(Date.parse(iso) + seconds * 1000).toISOString().replace('.000', '');
  const cases: [SearchRequest, Name[]][] = [
    [{}, every],
    [{ FileIds: [files.first.fileId, files.text.fileId, '1'] }, ['first', 'text']],
    [{ Names: ['10001'] }, ['first', 'classed']],
    [{ Names: ['my_class'] }, ['text']],
    [{ Names: ['aac', 'm3u8', '.mp4'] }, []],
    [{ Names: ['%'] }, []],
    [{ Names: ['1400000000_100_2'] }, []],
    [{ Names: ['1400000000_____1'] }, []],
    [{ Names: ['\\'] }, []],
    [{ NamePrefixes: ['1400000000_10001'] }, ['first', 'classed']],
    [{ NamePrefixes: ['1400000000_1000_'] }, []],
    [{ NamePrefixes: ['my_class'] }, []],
    [{ NamePrefixes: ['My_Class', '1400000000_100_'] }, ['text', 'mortal']],
    [{ NamePrefixes: [files.first.name] }, []],
    [{ NamePrefixes: [files.first.name.replace('.mp4', '')] }, ['first']],
    [{ NamePrefixes: [files.list.name.replace('.m3u8', '')] }, ['list']],
    [{ NamePrefixes: ["' or 1=1 --", '会议'] }, []],
    [{ Descriptions: ['a'] }, []],
    [{ ClassIds: [5, 6] }, ['classed']],
    [{ ClassIds: [0] }, ['first', 'sound', 'list', 'text', 'mortal']],
    [{ Tags: ['a'] }, []],
    [{ Categories: ['Audio'] }, ['sound']],
    [{ Categories: ['Video', 'Image'] }, ['first', 'classed', 'list', 'text', 'mortal']],
    [{ Categories: ['Image'] }, []],
    [{ SourceTypes: ['TrtcRecord', 'Upload'] }, every],
    [{ SourceTypes: ['Upload'] }, []],
    [{ SourceType: 'TrtcRecord' }, every],
    [{ SourceType: 'Record' }, []],
    [{ TrtcSdkAppIds: [secondAppId] }, ['text']],
    [{ TrtcSdkAppIds: [foreignAppId] }, []],
    [{ TrtcRoomIds: ['10001', '10003'] }, ['first', 'classed', 'list']],
    [{ TrtcRoomIds: ['会议/1'] }, ['text']],
    [{ MediaTypes: ['mp4'] }, ['first', 'classed', 'text', 'mortal']],
    [{ MediaTypes: ['m3u8', 'aac'] }, ['sound', 'list']],
    [{ MediaTypes: ['flv'] }, []],
    [{ Status: ['Normal'], StorageClasses: ['STANDARD'], ReviewResults: ['notModerated'] }, every],
    [{ Status: ['Forbidden'] }, []],
    [{ StorageClasses: ['ARCHIVE'] }, []],
    [{ ReviewResults: ['block'] }, []],
    [{ StreamIds: ['s'] }, []],
    [{ StorageRegions: ['ap-beijing'] }, []],
    [{ Text: '10002' }, ['sound']],
    [{ CreateTime: { After: soundAt, Before: listAt } }, ['sound', 'list']],
    [{ CreateTime: { After: soundAt } }, ['sound', 'list', 'text', 'mortal']],
    [{ CreateTime: { Before: later(soundAt, -1) } }, ['first', 'classed']],
    [{ CreateTime: { After: soundAt.replace('Z', '+00:00'), Before: soundAt } }, ['sound']],
    [{ StartTime: soundAt, EndTime: listAt }, ['sound']],
    [{ StartTime: '2000-01-01T00:00:00Z', CreateTime: { After: listAt } }, ['list', 'text', 'mortal']],
    [{ ExpireTime: { Before: '2100-01-01T00:00:00Z' } }, ['mortal']],
    [{ ExpireTime: { After: '2100-01-01T00:00:00Z' } }, ['first', 'classed', 'sound', 'list', 'text']],
    [{ SubAppId: 99 }, ['mortal']],
    [{ SubAppId: sdkAppId }, ['first', 'classed', 'sound', 'list', 'text']],
    [{ Names: [], FileIds: [], ClassIds: [], Tags: [] }, every],
    [{ TrtcRoomIds: ['10001'], ClassIds: [5], Names: ['1400000000'], Categories: ['Video'] }, ['classed']],
    [{ TrtcRoomIds: ['10001'], ClassIds: [5], NamePrefixes: ['x'] }, []],
  ];
  for (const [request, expected] of cases) {
    const answer = await client.SearchMedia({ Sort: { Field: 'CreateTime', Order: 'Asc' }, ...request });
    const found = answer.MediaInfoSet!.map((media) => nameOf.get(media.FileId ?? ''));
    assert.deepEqual(found, expected, JSON.stringify(request));
    assert.equal(answer.TotalCount, expected.length, JSON.stringify(request));
  }
});

test('SearchMedia: newest first, page by page, and better fits before newer ones', async (t) => {
  const { b, client } = await vodBench(t);
  const { all, classed, first, sound } = await shelf(b);
  assert.deepEqual(await idsOf(client, {}), all.toReversed());
  assert.deepEqual(await idsOf(client, { Sort: { Field: 'CreateTime', Order: 'Desc' } }), all.toReversed());
  const pages = [0, 2, 4, 6].map((Offset) =>
    client.SearchMedia({ Offset, Limit: 2, Sort: { Field: 'CreateTime', Order: 'Asc' } }),
  );
  const answers = await Promise.all(pages);
  assert.deepEqual(
    answers.flatMap((answer) => answer.MediaInfoSet!.map((media) => media.FileId)),
    all,
  );
  assert.deepEqual(
    answers.map((answer) => answer.TotalCount),
    [6, 6, 6, 6],
  );
  assert.deepEqual((await client.SearchMedia({ Limit: 0 })).MediaInfoSet, []);
  // "YQ" is user a, whom three of them have; one has both.
  const fits = await idsOf(client, { Names: ['10001', '_YQ..'], TrtcRoomIds: ['10001', '10002'] });
  assert.deepEqual(fits, [first.fileId, sound.fileId, classed.fileId]);
});

test('SearchMedia: what cannot be is refused by name', async (t) => {
  const { client } = await vodBench(t);
  await client.SearchMedia({ Offset: 4990, Limit: 10 });
  for (const request of [
    { Offset: 4991, Limit: 10 },
    { Limit: 5001 },
    { Sort: { Field: 'Name', Order: 'Asc' } },
    { Sort: { Field: 'CreateTime', Order: 'Up' } },
    { CreateTime: { After: '2026-13-01T00:00:00Z' } },
  ])
    await assertThrows(client.SearchMedia(request), 'InvalidParameterValue');
  await assertThrows(client.SearchMedia({ CreateTime: { After: 'today' } }), 'InvalidParameter.OutOfRange');
  await assertThrows(client.SearchMedia({ Names: Array.from({ length: 11 }, String) }), 'InvalidParameter.OutOfRange');
  await assertThrows(client.SearchMedia({ Nmaes: ['a'] } as never), 'UnknownParameter');
});

test('another account sees, finds and deletes nothing, whatever it names', async (t) => {
  const { b, client, foreign, cloud } = await vodBench(t);
  const mine = await keep(b);
  // In the sub-application that has the number of the other account's app, and still not that account's.
  const lent = await keep(b, { task: { destination: vodLibrary({ subAppId: foreignAppId }) } });
  const FileIds = [mine.fileId, lent.fileId];
  for (const SubAppId of [undefined, 0, foreignAppId]) {
    const request = SubAppId === undefined ? {} : { SubAppId };
    assert.deepEqual((await foreign.DescribeMediaInfos({ FileIds, ...request })).NotExistFileIdSet, FileIds);
    assert.equal((await foreign.SearchMedia({ ...request, TrtcSdkAppIds: [sdkAppId] })).TotalCount, 0);
    for (const FileId of FileIds) await assertThrows(foreign.DeleteMedia({ FileId, ...request }), 'ResourceNotFound');
  }
  for (const SubAppId of [sdkAppId, 12_345]) {
    await assertThrows(foreign.DescribeMediaInfos({ FileIds, SubAppId }), 'InvalidParameterValue.SubAppId');
    await assertThrows(foreign.SearchMedia({ SubAppId }), 'InvalidParameterValue.SubAppId');
    await assertThrows(foreign.DeleteMedia({ FileId: FileIds[0]!, SubAppId }), 'InvalidParameterValue.SubAppId');
  }
  await assertThrows(cloud.SearchMedia({}), 'FailedOperation.InvalidVodUser');
  assert.deepEqual(new Set(await idsOf(client, {})), new Set(FileIds));
  assert.equal((await fetch(mine.url)).status, 200);
});

test('SubAppId restricts what the owner sees and deletes', async (t) => {
  const { b, client } = await vodBench(t);
  const plain = await keep(b);
  const sub = await keep(b, { task: { destination: vodLibrary({ subAppId: 99 }) } });
  assert.deepEqual(await idsOf(client, { SubAppId: 99 }), [sub.fileId]);
  const both = [plain.fileId, sub.fileId];
  const described = await client.DescribeMediaInfos({ FileIds: both, SubAppId: 99 });
  assert.deepEqual(described.NotExistFileIdSet, [plain.fileId]);
  await assertThrows(client.DeleteMedia({ FileId: plain.fileId, SubAppId: 99 }), 'ResourceNotFound');
  await client.DeleteMedia({ FileId: sub.fileId, SubAppId: 99 });
  // The sub-application is still there when it is empty.
  assert.deepEqual(await idsOf(client, { SubAppId: 99 }), []);
});

test('files in buckets, at Tencent VOD and not yet done are no files of the library', async (t) => {
  const { b, client } = await vodBench(t);
  await keep(b, { part: { url: 'https://vod.example/a.mp4', fileId: '5145403699454155159' } });
  const { taskId } = await keep(b);
  const [file] = await b.store.db.selectFrom('file').selectAll().where('task_id', '=', taskId).execute();
  const bucket = { kind: 'bucket', vendor: 's3', region: 'r', bucket: 'b', accessKey: 'a', secretKey: 's' } as const;
  const inBucket = newTask({ destination: { ...bucket, prefix: [] } });
  assert.equal((await keep(b, { task: inBucket, part: { fileId: '' } })).fileId.length, 19);
  for (const state of ['finishing', 'stuck', 'failed'] as const)
    await b.store.db
      .insertInto('file')
      .values({ ...file!, file_id: state, file_key: state, state })
      .execute();
  assert.deepEqual(await idsOf(client, {}), [file!.file_id]);
});

test('the flat form of a GET carries lists as well', async (t) => {
  const { b, client } = await vodBench(t, 'GET');
  const file = await keep(b);
  const described = await client.DescribeMediaInfos({ FileIds: [file.fileId, '1'], Filters: ['basicInfo'] });
  assert.deepEqual(described.NotExistFileIdSet, ['1']);
  const request = { NamePrefixes: ['1400000000'], ClassIds: [0], CreateTime: { After: '2020-01-01T00:00:00Z' } };
  assert.deepEqual(await idsOf(client, request), [file.fileId]);
  await client.DeleteMedia({ FileId: file.fileId, DeleteParts: [{ Type: 'OriginalFiles' }] });
  assert.deepEqual(await idsOf(client, request), []);
});

test('an action of the library is none of the recording API’s version', async (t) => {
  const { client } = await vodBench(t);
  const wrong = Object.assign(client, { apiVersion: '2019-07-22' });
  await assertThrows(wrong.SearchMedia({}), 'InvalidAction');
});
