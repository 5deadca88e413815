import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import type { FeedAnchor, FeedEvent, FeedTrack } from '../../src/feed/messages.ts';
import { createLogger } from '../../src/process/log.ts';
import type { RoomRecording } from '../../src/recorder/room-recording.ts';
import { RoomView } from '../../src/recorder/room-view.ts';
import { TaskRun, type RoomListener } from '../../src/recorder/task-run.ts';
import { wallUs, type WallUs } from '../../src/units.ts';
import type { LeasedTask, RecordedFile, TaskReport } from '../../src/worker-api/messages.ts';

const task: LeasedTask = {
  taskId: 'task-1',
  epoch: 1,
  room: { sdkAppId: 1400000000, kind: 'number', roomId: '10001' },
  botUserId: 'bot',
  plan: {
    mode: 'single',
    maxIdleSeconds: 5,
    streams: 'audio-video',
    media: ['main', 'aux'],
    video: { width: 360, height: 640, fps: 15, bitrate: 550_000, gopSeconds: 10 },
    audio: { sampleRate: 48000, channels: 2, bitrate: 64_000 },
    layout: { mode: 'grid' },
  },
  startedMs: undefined,
};

const anchor = (userId: string, order = 1): FeedAnchor => ({ userId, order, enteredUs: wallUs(0) });
const audio = (track: number, userId: string): FeedTrack => ({
  track,
  userId,
  mediaId: 'main',
  media: 'audio',
  codec: 'opus',
  clockRate: 48_000,
  sessionId: `s${track}`,
  startedUs: wallUs(0),
});

/** A room without media: counts connections and remembers what the recording was told. */
function start() {
  const clock = new FakeClock();
  const reports: TaskReport[] = [];
  const told: string[] = [];
  const rooms: RoomListener[] = [];
  const ended = { count: 0 };
  const recording: RoomRecording = {
    anchorEntered: ({ userId }) => void told.push(`+${userId}`),
    anchorLeft: (userId) => void told.push(`-${userId}`),
    openTrack: ({ track }) => {
      told.push(`open ${track}`);
      return { onVideo: () => {}, onAudio: () => {} };
    },
    closeTrack: ({ track }) => void told.push(`close ${track}`),
    advance: () => false,
    finish: async (at: WallUs): Promise<RecordedFile[]> => {
      told.push(`finish ${at}`);
      return [];
    },
    close: () => void told.push('closed'),
  };
  const run = new TaskRun({
    task,
    connect: (listener) => {
      rooms.push(listener);
      return { requestKeyFrame: () => {}, close: () => void told.push('left') };
    },
    recording,
    report: async (report) => void reports.push(report),
    withEarlier: (files) => [...files],
    onEnded: () => (ended.count += 1),
    clock,
    log: createLogger('test', 'silent'),
  });
  run.start();
  const tell = (event: FeedEvent): void => rooms.at(-1)!.onEvent(event);
  return { clock, reports, told, rooms, ended, run, tell };
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 50; i++) await Promise.resolve();
};

test('a stop ends the files at the time of the request, waits for stragglers, and reports once', async () => {
  const { clock, reports, told, run, tell, ended } = start();
  tell({ kind: 'joined', anchors: [anchor('a')], tracks: [audio(1, 'a')] });
  clock.advance(10_000);
  const at = clock.wallUs();
  run.stop(0);
  run.stop(99);
  clock.advance(1_000);
  await settle();
  assert.deepEqual(told, ['+a', 'open 1', 'left', `finish ${at}`, 'closed']);
  assert.deepEqual(
    reports.map((report) => report.kind),
    ['started', 'stopped'],
  );
  const last = reports.at(-1)!;
  assert.equal(last.kind === 'stopped' && last.leaveCode, 0);
  assert.equal(ended.count, 1);
});

test('an empty room ends the task with 99 after MaxIdleTime', async () => {
  const { clock, reports, tell } = start();
  tell({ kind: 'joined', anchors: [], tracks: [] });
  clock.advance(5_600);
  await settle();
  const last = reports.at(-1)!;
  assert.equal(last.kind === 'stopped' && last.leaveCode, 99);
});

test('a lost room feed is joined again, and anchors that are still there do not leave', () => {
  const { clock, told, rooms, tell } = start();
  tell({ kind: 'joined', anchors: [anchor('a', 1), anchor('b', 2)], tracks: [audio(1, 'a')] });
  rooms[0]!.onClosed('connection reset');
  clock.advance(300);
  assert.equal(rooms.length, 2);
  tell({ kind: 'joined', anchors: [anchor('a', 1)], tracks: [audio(7, 'a')] });
  assert.deepEqual(told, ['+a', '+b', 'open 1', 'close 1', '-b', 'open 7']);
});

test('another bot of the same id ends the task with 101 (C46)', async () => {
  const { clock, reports, tell } = start();
  tell({ kind: 'joined', anchors: [], tracks: [] });
  tell({ kind: 'ejected', reason: 'replaced' });
  clock.advance(500);
  await settle();
  const last = reports.at(-1)!;
  assert.equal(last.kind === 'stopped' && last.leaveCode, 101);
});

test('a closed run writes nothing more and reports nothing', async () => {
  const { clock, reports, told, run, tell, rooms } = start();
  tell({ kind: 'joined', anchors: [anchor('a')], tracks: [] });
  run.close();
  run.close();
  rooms[0]!.onEvent({ kind: 'started', track: audio(1, 'a') });
  run.stop(0);
  clock.advance(200_000);
  await settle();
  assert.deepEqual(told, ['+a', 'left', 'closed']);
  assert.deepEqual(
    reports.map((report) => report.kind),
    ['started'],
  );
});

test('status is InProgress while packets come and Idle when they stop', () => {
  const { clock, reports, tell, rooms } = start();
  tell({ kind: 'joined', anchors: [anchor('a')], tracks: [audio(1, 'a')] });
  const payload = new Uint8Array(0);
  const packet = {
    track: 1,
    seq: 1,
    timestamp: 0 as never,
    marker: false,
    level: 255,
    arrivalUs: clock.wallUs(),
    payload,
  };
  rooms[0]!.onPacket(packet);
  clock.advance(200);
  clock.advance(6_000);
  const statuses = reports.flatMap((report) => (report.kind === 'status' ? [report.status] : []));
  assert.deepEqual(statuses, ['InProgress', 'Idle']);
});

test('a user who leaves takes the open tracks along', () => {
  const view = new RoomView();
  view.apply({ kind: 'joined', anchors: [anchor('a')], tracks: [audio(1, 'a')] }, wallUs(1));
  view.apply({ kind: 'started', track: audio(2, 'a') }, wallUs(2));
  const changes = view.apply({ kind: 'left', userId: 'a', reason: 'timeout', atUs: wallUs(9) }, wallUs(10));
  assert.deepEqual(
    changes.map((change) => change.kind),
    ['track-closed', 'track-closed', 'anchor-left'],
  );
  assert.equal(view.anchorCount, 0);
});
