import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newAutoTask } from '../../src/auto-record/new-auto-task.ts';
import { autoRecordRuleSchema, type AutoMode } from '../../src/auto-record/rule.ts';
import { ruleFault } from '../../src/auto-record/rule-fault.ts';
import { layoutPictures } from '../../src/layout/layout-pictures.ts';
import { AdmittedAnchors } from '../../src/recorder/admission.ts';
import type { RoomRecording } from '../../src/recorder/room-recording.ts';
import { micros } from '../../src/units.ts';
import { defaultPlan } from '../../src/worker-api/default-plan.ts';
import { at } from '../single/recorder-kit.ts';
import { oneApp, sdkAppId } from '../tasks/fixture.ts';
import { roomNamed, ruleOf } from './auto-world.ts';

const taskOf = (rule: object, mode: AutoMode) =>
  newAutoTask({ room: roomNamed('1'), sessionId: 3, mode, revision: 7, rule: ruleOf(rule) });
const planOf = (rule: object, mode: AutoMode) => taskOf(rule, mode)!.plan;

const faultsOf = (rule: object): string[] => {
  const { error } = autoRecordRuleSchema.safeParse(rule);
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
};

test('what a rule does not say is at the defaults of the contract, the wait at 5 seconds', () => {
  const task = taskOf({ single: {}, mixed: { enabled: false } }, 'single')!;
  assert.deepEqual(task.plan, { ...defaultPlan, mode: 'single', maxIdleSeconds: 5 });
  assert.deepEqual(task.auto, { revision: 7, sessionId: 3 });
  assert.equal(task.destination.kind === 'vod' && task.destination.subAppId, sdkAppId);
  assert.equal(task.callback, undefined);
  assert.equal(taskOf({ single: {}, mixed: { enabled: false } }, 'mixed'), undefined);
});

test('every field of a rule reaches the task', () => {
  const rule = {
    max_idle_time: 86_400,
    mixed: {
      content: 'audio',
      formats: ['aac', 'hls'],
      max_file_minutes: 15,
      video: { width: 1280, height: 720, fps: 25, bitrate: 1_500_000, gop: 2 },
      audio: { sample_rate: 44_100, channels: 1, bitrate: 96_000 },
      layout: {
        mode: 1,
        big_prefix: 'host',
        big_media: 'aux',
        background_color: '#A0B0C0',
        background_image: 'https://example.com/b.png',
        render_mode: 'fit',
      },
    },
    storage: { vod: { sub_app_id: 9, expire_seconds: 60, class_id: 4, file_prefix: 'lesson', session_context: 's' } },
    callback: { url: 'http://example.com/c', key: 'k', retry_hours: 2 },
  };
  const task = taskOf(rule, 'mixed')!;
  assert.deepEqual(task.plan, {
    ...defaultPlan,
    mode: 'mixed',
    maxIdleSeconds: 86_400,
    streams: 'audio',
    outputs: ['aac', 'hls'],
    maxFileMinutes: 15,
    video: { width: 1280, height: 720, fps: 25, bitrate: 1_500_000, gopSeconds: 2 },
    audio: { sampleRate: 44_100, channels: 1, bitrate: 96_000 },
    layout: {
      ...defaultPlan.layout,
      mode: 'floating',
      mostPictures: 8,
      big: { userId: 'host', mediaId: 'aux', match: 'prefix' },
      background: '#a0b0c0',
      backgroundImage: { url: 'https://example.com/b.png', renderMode: 'crop' },
      renderMode: 'fit',
    },
  });
  assert.deepEqual(JSON.parse(JSON.stringify(task.destination)), {
    kind: 'vod',
    subAppId: 9,
    askedSubAppId: 9,
    expireSeconds: 60,
    classId: 4,
    sessionContext: 's',
  });
  assert.equal(task.userDefineRecordId, 'lesson');
  assert.deepEqual(task.callback, { url: 'http://example.com/c', key: 'k', giveUpMs: 7_200_000 });
});

test('a bucket: one stream of sound and picture, and none to merge where one medium is recorded', () => {
  const storage = { bucket: { vendor: 'cos', region: 'ap-x', bucket: 'b-1', access_key: 'a', secret_key: 's' } };
  assert.deepEqual(taskOf({ single: {}, storage }, 'single')?.destination, {
    kind: 'bucket',
    vendor: 'cos',
    region: 'ap-x',
    bucket: 'b-1',
    accessKey: 'a',
    secretKey: 's',
    prefix: [],
  });
  const rule = { single: { content: 'video' }, mixed: { content: 'video' }, storage };
  assert.equal(planOf({ single: {}, storage }, 'single').avMerge, true);
  assert.equal(planOf(rule, 'single').avMerge, false);
  assert.equal(planOf(rule, 'mixed').avMerge, true);
});

test('what a rule cannot mean is refused by the key that says it', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{}, /^single: .*nothing to record/],
    [{ single: {}, max_idle_time: 0 }, /^max_idle_time: /],
    [{ single: {}, max_idle_time: 86_401 }, /^max_idle_time: /],
    [{ single: { formats: ['aac'] } }, /^single\.formats: aac has no place/],
    [{ mixed: { content: 'video', formats: ['aac'] } }, /^mixed\.formats: aac has no place/],
    [{ single: { content: 'audio', formats: ['mp4', 'aac'] } }, /^single\.formats: mp4 and aac/],
    [{ single: { formats: [] } }, /^single\.formats: /],
    [{ single: { max_file_minutes: 1441 } }, /^single\.max_file_minutes: /],
    [{ mixed: { layout: { mode: 4 } } }, /^mixed\.layout\.mode: /],
    [{ mixed: { video: { width: 1920, height: 1920 } } }, /^mixed\.video\.height: /],
    [{ single: {}, storage: { vod: {}, bucket: { bucket: 'b' } } }, /^storage\.bucket/],
    [{ single: {}, callback: { url: 'ftp://a/' } }, /^callback\.url: /],
    [{ single: {}, callback: { url: 'http://a/', key: 'not-letters' } }, /^callback\.key: /],
    [{ single: {}, colour: 'red' }, /Unrecognized key: "colour"/],
  ];
  for (const [rule, fault] of cases) assert.match(faultsOf(rule)[0] ?? 'accepted', fault, JSON.stringify(rule));
});

test('a task flow needs Tencent VOD, a bucket an address', () => {
  const flow = ruleOf({ single: {}, storage: { vod: { procedure: 'p' } } });
  assert.equal(ruleFault(flow, 'library')?.path, 'storage.vod.procedure');
  assert.equal(ruleFault(flow, 'tencent-vod'), undefined);
  const bucket = { vendor: 's3', region: 'r', bucket: 'no bucket', access_key: 'a', secret_key: 's' };
  assert.equal(ruleFault(ruleOf({ single: {}, storage: { bucket } }), 'library')?.path, 'storage.bucket.bucket');
});

const CANVAS = { width: 1280, height: 720 };
const seats = (...users: readonly string[]) =>
  users.map((userId, order) => ({ userId, mediaId: 'main' as const, order, hasVideo: true }));
const shown = (rule: object, ...users: readonly string[]): (string | undefined)[] =>
  layoutPictures(planOf(rule, 'mixed').layout, CANVAS, seats(...users)).map(({ picture }) => picture?.userId);

test('nine who are there: every template shows eight, the earliest', () => {
  const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  assert.deepEqual(shown({ mixed: {} }, ...all), all.slice(0, 8));
  assert.deepEqual(shown({ mixed: { layout: { mode: 1 } } }, ...all), all.slice(0, 8));
  assert.deepEqual(shown({ mixed: { layout: { mode: 2, big_prefix: 'i' } } }, ...all), ['i', ...all.slice(0, 7)]);
});

test('the big prefix: none leaves the area free and takes a place, of several the earliest is big', () => {
  for (const mode of [1, 2]) {
    const rule = { mixed: { layout: { mode, big_prefix: 'host_' } } };
    const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
    assert.deepEqual(shown(rule, ...all), all.slice(0, 7), 'seven small ones, and the big place free');
    const free = layoutPictures(planOf(rule, 'mixed').layout, CANVAS, seats('a', 'b'));
    const named = layoutPictures(planOf(rule, 'mixed').layout, CANVAS, seats('a', 'b', 'host_1'));
    assert.deepEqual(
      free.map(({ rect }) => rect),
      named.slice(1).map(({ rect }) => rect),
      'small ones stand where they stand beside a big one',
    );
    assert.deepEqual(shown(rule, 'a', 'host_2', 'b', 'host_1'), ['host_2', 'a', 'b', 'host_1']);
    assert.deepEqual(shown(rule, 'a', 'my_host_'), ['a', 'my_host_'], 'the id begins with it');
  }
});

test('the 26th anchor is not recorded until one of the 25 before has left', () => {
  const told: string[] = [];
  const inner: RoomRecording = {
    anchorEntered: ({ userId }) => void told.push(userId),
    anchorLeft: () => {},
    openTrack: () => undefined,
    closeTrack: () => {},
    forgetPictures: () => {},
    changeLayout: () => {},
    advance: () => false,
    lag: () => micros(0),
    setEffort: () => {},
    finish: async () => [],
    close: () => {},
  };
  const most = oneApp().app(sdkAppId)!.limits.streamsPerTask;
  const plan = planOf({ single: {} }, 'single');
  const room = new AdmittedAnchors(inner, { plan, most, requestKeyFrame: () => {} });
  for (let order = 0; order < 26; order += 1) room.anchorEntered({ userId: `u${order}`, order, enteredUs: at(order) });
  assert.deepEqual(
    told,
    Array.from({ length: 25 }, (_, i) => `u${i}`),
  );
  room.anchorLeft('u3', at(100));
  assert.equal(told.at(-1), 'u25');
});
