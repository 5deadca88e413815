import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NewTask } from '../../src/tasks/service.ts';
import { library } from '../tasks/fixture.ts';
import { cloud, createCases, ml, place, rp, storage, video, vod } from './create-cases.ts';
import { base, sdkAppId, startApi, type Answer, type Json } from './recording-api.ts';
import { defaultPlan } from '../../src/worker-api/default-plan.ts';

const api = await startApi();
const create = (changes: Json = {}): Promise<Answer> => api.call('CreateCloudRecording', base(changes));

for (const [name, changes, code, named] of createCases) {
  test(`${name}: ${code}`, async () => {
    const before = api.tasks.created.length;
    const answer = await create(changes);
    assert.equal(answer.status, 200);
    assert.equal(answer.code ?? 'ok', code, answer.text.slice(0, 500));
    assert.equal(api.tasks.created.length - before, code === 'ok' ? 1 : 0);
    if (named)
      assert.ok(answer.message.includes(`\`${named}\``) || answer.message.includes(`\`${named} `), answer.message);
    if (code === 'ok') assert.match(String(answer.response['TaskId']), /^[A-Za-z0-9+.-]+$/);
  });
}

const createdBy = async (changes: Json): Promise<NewTask> => {
  const answer = await create(changes);
  assert.equal(answer.code, undefined, answer.text);
  const task = api.tasks.created.at(-1);
  assert.ok(task);
  return task;
};

test('BASE becomes a task with the defaults of the contract', async () => {
  assert.deepEqual(plain(await createdBy({})), {
    room: { sdkAppId, kind: 'number', roomId: '10001' },
    botUserId: 'recorder_10001',
    plan: { ...defaultPlan, mode: 'mixed' },
    destination: library(),
    resourceExpiredHours: 72,
    // The end of the UserSig that the request came with.
    sigUntilMs: 1_700_000_000_000 + 315_360_000_000,
  });
});

test('everything that is built arrives in the task', async () => {
  const task = await createdBy({
    RoomId: '会议/1',
    RoomIdType: 0,
    ResourceExpiredHour: 6,
    RecordParams: { RecordMode: 2, MaxIdleTime: 5, StreamType: 2, MediaId: 2 },
    ...vod({ ExpireTime: 86_400, SubAppId: 7, UserDefineRecordId: 'cls7' }),
    MixTranscodeParams: {
      VideoParams: { Width: 641, Height: 481, Fps: 30, BitRate: 1_000_000, Gop: 2 },
      AudioParams: { SampleRate: 3, Channel: 1, BitRate: 32_000 },
    },
  });
  assert.deepEqual(task.room, { sdkAppId, kind: 'string', roomId: '会议/1' });
  assert.deepEqual(plain(task.destination), library({ subAppId: 7, askedSubAppId: 7, expireSeconds: 86_400 }));
  assert.equal(task.userDefineRecordId, 'cls7');
  assert.equal(task.resourceExpiredHours, 6);
  assert.deepEqual(task.plan, {
    ...defaultPlan,
    mode: 'mixed',
    maxIdleSeconds: 5,
    streams: 'video',
    media: ['aux'],
    video: { width: 641, height: 481, fps: 30, bitrate: 1_000_000, gopSeconds: 2 },
    audio: { sampleRate: 16_000, channels: 1, bitrate: 32_000 },
  });
});

/** Undefined members do not count. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('CloudStorage becomes a bucket with its outputs (contract §2.2, §2.4)', async () => {
  const outputs = [['hls'], ['hls', 'mp4'], ['hls', 'aac'], ['mp4'], ['aac']];
  for (const [OutputFormat, expected] of outputs.entries()) {
    const request = { ...rp({ RecordMode: 1, OutputFormat }), ...cloud({ ...storage, EndpointUrl: 'h.example.com' }) };
    const { plan, destination } = await createdBy(request);
    assert.deepEqual([plan.outputs, plan.avMerge], [expected, false]);
    assert.equal(plan.streams, OutputFormat === 4 ? 'audio' : 'audio-video');
    assert.deepEqual(destination, {
      kind: 'bucket',
      vendor: 's3',
      region: 'r',
      bucket: 'b',
      accessKey: 'a',
      secretKey: 's',
      endpoint: 'h.example.com',
      prefix: [],
    });
  }
  const cos = await createdBy({
    ...rp({ RecordMode: 1, AvMerge: 1 }),
    ...cloud({ ...storage, Vendor: 0, FileNamePrefix: ['a', 'b'] }),
  });
  assert.deepEqual(
    [cos.plan.avMerge, plain(cos.destination)],
    [
      true,
      { kind: 'bucket', vendor: 'cos', region: 'r', bucket: 'b', accessKey: 'a', secretKey: 's', prefix: ['a', 'b'] },
    ],
  );
  assert.equal((await createdBy(cloud(storage))).plan.avMerge, true, 'a mix is always merged');
  for (const StreamType of [1, 2]) {
    const { plan } = await createdBy({ ...rp({ RecordMode: 1, AvMerge: 1, StreamType }), ...cloud(storage) });
    assert.equal(plan.avMerge, false, 'one medium has nothing to be merged with');
  }
});

test('TencentVod’s MediaType decides what the library gets, OutputFormat does not (contract §2.2, §2.4)', async () => {
  const outputs = [['mp4'], ['hls'], ['aac'], ['hls', 'mp4'], ['hls', 'aac']];
  for (const [MediaType, expected] of outputs.entries()) {
    const { plan } = await createdBy({ ...vod({ MediaType }), ...rp({ StreamType: 1, OutputFormat: 2 }) });
    assert.deepEqual([plan.outputs, plan.avMerge], [expected, true]);
  }
});

test('TencentVod’s own fields reach the destination', async () => {
  const fields = { ClassId: 3, StorageRegion: 'ap-shanghai', SessionContext: 's\n', SourceContext: 'x' };
  const { destination } = await createdBy(vod(fields));
  assert.deepEqual(
    plain(destination),
    library({ classId: 3, storageRegion: 'ap-shanghai', sessionContext: 's\n', sourceContext: 'x' }),
  );
});

test('lists, fill, robots and the longest file become the plan (contract §2.2, §2.3)', async () => {
  const lists = { SubscribeAudioUserIds: ['a', '1.*$'], UnSubscribeVideoUserIds: ['b'] };
  const { plan } = await createdBy(
    rp({ FillType: 1, SubscribeAbility: 1, MaxMediaFileDuration: 30, SubscribeStreamUserIds: lists }),
  );
  assert.deepEqual([plan.fill, plan.relayRobots, plan.maxFileMinutes], ['black', true, 30]);
  assert.deepEqual(plan.subscription, {
    audio: { allow: ['a', '1.*$'], block: [] },
    video: { allow: [], block: ['b'] },
  });
});

test('every member of MixLayoutParams becomes the layout (contract §2.6)', async () => {
  const url = 'https://h/a.png';
  const { plan } = await createdBy(
    ml({
      MixLayoutMode: 4,
      BackGroundColor: '0xFFA500',
      BackgroundImageUrl: url,
      BackgroundImageRenderMode: 2,
      MaxResolutionUserId: 'big',
      MediaId: 1,
      MaxResolutionUserAlign: 1,
      RenderMode: 3,
      PureAudioDisableLayout: true,
      PlaceHolderMode: 1,
      DefaultSubBackgroundImage: url,
      MixLayoutList: [
        { Top: 1, Left: 2, Width: 30, Height: 40, UserId: 'u', MediaId: 1, Alpha: 9, RenderMode: 0, ImageLayer: 5 },
        { ...place, SubBackgroundImage: url },
      ],
      WaterMarkList: [
        { WaterMarkImage: { WaterMarkUrl: url, ...place } },
        { WaterMarkType: 1, WaterMarkChar: { ...place, Chars: '你好', FontColor: '0xFF0000', Font: 'SourceHanSans' } },
        { WaterMarkType: 2, WaterMarkTimestamp: { Pos: 5, TimeZone: -3 } },
      ],
    }),
  );
  const rect = { left: 0, top: 0, width: 10, height: 10 };
  assert.deepEqual(plain(plan.layout), {
    mode: 'custom',
    custom: [
      {
        rect: { left: 2, top: 1, width: 30, height: 40 },
        userId: 'u',
        mediaId: 'aux',
        alpha: 9,
        renderMode: 'stretch',
        imageLayer: 5,
      },
      { rect, mediaId: 'main', alpha: 0, renderMode: 'crop', imageLayer: 0, image: url },
    ],
    background: '#ffa500',
    backgroundImage: { url, renderMode: 'fit' },
    big: { userId: 'big', mediaId: 'aux' },
    alignRight: true,
    renderMode: 'smart',
    pureAudioDisableLayout: true,
    placeholders: true,
    placeholderImage: url,
    watermarks: [
      { kind: 'image', url, rect },
      { kind: 'text', text: '你好', rect, fontSize: 14, colour: '#ff0000', font: 'SourceHanSans' },
      { kind: 'timestamp', position: 'bottom-center', timeZone: -3, font: 'Tencent' },
    ],
  });
});

test('C48: transcoding of a single recording stays at its defaults', async () => {
  const { plan } = await createdBy({ ...rp({ RecordMode: 1, StreamType: 1, MediaId: 1 }), ...video({ Fps: 60 }) });
  assert.deepEqual([plan.mode, plan.streams, plan.media, plan.video.fps], ['single', 'audio', ['main'], 15]);
});

test('C44: the app’s limit of live tasks', async () => {
  api.tasks.limit = api.tasks.created.length;
  const answer = await create();
  api.tasks.limit = Number.POSITIVE_INFINITY;
  assert.equal(answer.code, 'FailedOperation.RestrictedConcurrency');
  assert.match(answer.message, /100/);
});

test('recorders that would carry no more: the same code, and the message says why', async () => {
  const said = {
    'recorders busy': /every recorder is as busy/,
    'spools full': /disk of every recorder is nearly full, or its spool as large/,
    'library full': /files of the app in the library have reached/,
  };
  for (const refusal of ['recorders busy', 'spools full', 'library full'] as const) {
    api.tasks.refusal = refusal;
    const answer = await create();
    assert.equal(answer.code, 'FailedOperation.RestrictedConcurrency');
    assert.match(answer.message, said[refusal]);
  }
  api.tasks.refusal = undefined;
});

test('keys and UserSigs never come back in a message or in the log', async () => {
  const secret = 'hush-hush-hush';
  await create(cloud({ ...storage, SecretKey: secret, Vendor: 9 }));
  await create(cloud({ ...storage, SecretKey: secret.repeat(100) }));
  const wrong = await create({ UserSig: secret });
  assert.ok(!wrong.text.includes(secret));
  assert.ok(!JSON.stringify(api.log).includes(secret));
});
