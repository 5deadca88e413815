import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, type CancelTimer } from '../../src/clock.ts';
import type { FeedAnchor, FeedEvent, FeedTrack } from '../../src/feed/messages.ts';
import { createLogger } from '../../src/process/log.ts';
import type { SubscribedRecording } from '../../src/recorder/room-recording.ts';
import { RoomView } from '../../src/recorder/room-view.ts';
import { TaskRun, type RoomListener } from '../../src/recorder/task-run.ts';
import { micros, wallMs, wallUs, type WallUs } from '../../src/units.ts';
import type { LeasedTask, PlanChange, RecordedFile, TaskReport } from '../../src/worker-api/messages.ts';
import { defaultPlan } from '../../src/worker-api/default-plan.ts';

const task: LeasedTask = {
  taskId: 'task-1',
  epoch: 1,
  room: { sdkAppId: 1400000000, kind: 'number', roomId: '10001' },
  botUserId: 'bot',
  plan: {
    ...defaultPlan,
    mode: 'single',
    maxIdleSeconds: 5,
  },
  revision: 0,
  destination: { kind: 'vod', subAppId: 1400000000, expireSeconds: 0, classId: 0 },
  naming: { mode: 'documented' },
  startedMs: undefined,
  stopCode: undefined,
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

/** What a test has otherwise. */
interface Change {
  readonly recording?: Partial<SubscribedRecording>;
  readonly report?: (report: TaskReport) => Promise<void>;
  readonly clock?: FakeClock;
  readonly task?: LeasedTask;
}

/** A room without media: counts connections and remembers what the recording was told. */
function start(change: Change = {}) {
  const clock = change.clock ?? new FakeClock();
  const reports: TaskReport[] = [];
  const told: string[] = [];
  const rooms: RoomListener[] = [];
  const ended = { count: 0, lost: false };
  const recording: SubscribedRecording = {
    anchorEntered: ({ userId }) => void told.push(`+${userId}`),
    anchorLeft: (userId) => void told.push(`-${userId}`),
    openTrack: ({ track }) => {
      told.push(`open ${track}`);
      return { onVideo: () => {}, onAudio: () => {} };
    },
    closeTrack: ({ track }) => void told.push(`close ${track}`),
    changeSubscription: ({ audio }, at) => void told.push(`lists without ${audio.block.join()} at ${at}`),
    changeLayout: ({ mode }) => void told.push(`layout ${mode}`),
    advance: () => false,
    lag: () => micros(0),
    setEffort: ({ stride }) => void told.push(`stride ${stride}`),
    finish: async (at: WallUs): Promise<RecordedFile[]> => {
      told.push(`finish ${at}`);
      return [];
    },
    close: () => void told.push('closed'),
    ...change.recording,
  };
  const run = new TaskRun({
    task: change.task ?? task,
    connect: (listener) => {
      rooms.push(listener);
      return { requestKeyFrame: () => {}, close: () => void told.push('left') };
    },
    recording,
    report: (report) => {
      reports.push(report);
      return change.report?.(report) ?? Promise.resolve();
    },
    withEarlier: (files) => {
      told.push('with earlier');
      return [...files];
    },
    lease: { isHeld: () => !ended.lost, onEnded: () => (ended.count += 1) },
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
  assert.deepEqual(told, ['+a', 'open 1', 'left', `finish ${at}`, 'with earlier', 'closed']);
  assert.deepEqual(
    reports.map((report) => report.kind),
    ['started', 'stopped'],
  );
  const last = reports.at(-1)!;
  assert.equal(last.kind === 'stopped' && last.leaveCode, 0);
  assert.equal(ended.count, 1);
});

test('a change of lists and layout reaches the recording at the time it comes, and not once the run ends', () => {
  const { clock, told, run, tell } = start();
  const blocked = { allow: [], block: ['a'] };
  const change: PlanChange = {
    layout: { ...defaultPlan.layout, mode: 'floating' },
    subscription: { audio: blocked, video: blocked },
  };
  tell({ kind: 'joined', anchors: [anchor('a')], tracks: [] });
  clock.advance(2_000);
  told.length = 0;
  run.change(change);
  assert.deepEqual(told, [`lists without a at ${clock.wallUs()}`, 'layout floating']);
  run.stop(0);
  run.change(change);
  assert.equal(told.length, 2);
});

test('an empty room ends the task with 99 after MaxIdleTime', async () => {
  const { clock, reports, tell } = start();
  tell({ kind: 'joined', anchors: [], tracks: [] });
  clock.advance(5_600);
  await settle();
  const last = reports.at(-1)!;
  assert.equal(last.kind === 'stopped' && last.leaveCode, 99);
});

test('a recording that may last so long only ends by itself, counted from its very start', async () => {
  const plan = { ...task.plan, mostSeconds: 60 };
  const clock = new FakeClock();
  const startedMs = wallMs(clock.wallMs() - 50_000);
  const first = start({ task: { ...task, plan } });
  const takenOver = start({ task: { ...task, plan, startedMs }, clock });
  for (const { clock: own, tell } of [first, takenOver]) {
    tell({ kind: 'joined', anchors: [anchor('a')], tracks: [audio(1, 'a')] });
    own.advance(9_000);
    await settle();
  }
  const ends = ({ reports }: typeof first) => reports.filter((report) => report.kind === 'stopped');
  assert.deepEqual([ends(first), ends(takenOver)], [[], []]);
  clock.advance(2_000);
  first.clock.advance(48_000);
  await settle();
  assert.deepEqual(
    [ends(first), ends(takenOver)].map((all) => all.length),
    [0, 1],
  );
  first.clock.advance(4_000);
  await settle();
  assert.deepEqual(
    [ends(first)[0]!, ends(takenOver)[0]!].map((end) => end.kind === 'stopped' && end.leaveCode),
    [0, 0],
  );
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

test('packets that wait in the feed are lag, whatever the clock of the rooms, until they come in time or not at all', () => {
  const { clock, tell, rooms, run } = start();
  tell({ kind: 'joined', anchors: [anchor('a')], tracks: [audio(1, 'a')] });
  const aheadUs = 5_000_000;
  const receive = (waitedUs: number): number => {
    const at = wallUs(clock.wallUs() + aheadUs - waitedUs);
    const packet = { track: 1, seq: 1, timestamp: 0 as never, marker: false, level: 255, arrivalUs: at };
    rooms[0]!.onPacket({ ...packet, payload: new Uint8Array(0) });
    const { lagUs } = run.load();
    clock.advance(100);
    return lagUs;
  };
  assert.deepEqual([receive(2_000), receive(5_000), receive(1_702_000), receive(2_000)], [0, 3_000, 1_700_000, 0]);
  receive(900_000);
  clock.advance(200);
  assert.equal(run.load().lagUs, 0, 'nothing comes, nothing waits');
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

test('an anchor who is there without media keeps the task (E5)', async () => {
  const { clock, reports, tell } = start();
  tell({ kind: 'joined', anchors: [anchor('a')], tracks: [] });
  clock.advance(60_000);
  assert.deepEqual(leaveCodes(reports), []);
  tell({ kind: 'left', userId: 'a', reason: 'left', atUs: clock.wallUs() });
  clock.advance(4_900);
  assert.deepEqual(leaveCodes(reports), []);
  clock.advance(1_000);
  await settle();
  assert.deepEqual(leaveCodes(reports), [99]);
});

test('a relay robot does not keep the task (contract §2.2: nobody but robots)', async () => {
  const { clock, reports, tell } = start();
  const relay: FeedAnchor = { ...anchor('relay'), robot: 'relay' };
  tell({ kind: 'joined', anchors: [relay], tracks: [audio(1, 'relay')] });
  clock.advance(5_600);
  await settle();
  assert.deepEqual(leaveCodes(reports), [99]);
});

const kinds = (reports: readonly TaskReport[]): string[] => reports.map((report) => report.kind);
const leaveCodes = (reports: readonly TaskReport[]): number[] =>
  reports.flatMap((report) => (report.kind === 'stopped' ? [report.leaveCode] : []));

test('stopped while the room is being joined again, it ends without joining', async () => {
  const { clock, reports, rooms, run, tell, ended } = start();
  tell({ kind: 'joined', anchors: [anchor('a')], tracks: [] });
  rooms[0]!.onClosed('connection reset');
  run.stop(0);
  clock.advance(5_000);
  await settle();
  assert.equal(rooms.length, 1);
  assert.deepEqual([leaveCodes(reports), ended.count], [[0], 1]);
});

test('stopped before the room ever answered, it tells of no start that never was', async () => {
  const { clock, reports, run } = start();
  run.stop(0);
  clock.advance(1_000);
  await settle();
  assert.deepEqual(kinds(reports), ['stopped']);
});

test('the start of an earlier epoch is told again, not a new one (306)', () => {
  const { reports, tell, rooms, clock } = start();
  tell({ kind: 'joined', anchors: [], tracks: [] });
  const first = clock.wallMs();
  rooms[0]!.onClosed('connection reset');
  clock.advance(2_000);
  tell({ kind: 'joined', anchors: [], tracks: [] });
  const starts = reports.flatMap((report) => (report.kind === 'started' ? [report.startedMs] : []));
  assert.deepEqual(starts, [first, first]);
});

test('ejected twice, and from a connection that then ends, it ends once with the first reason', async () => {
  const { clock, reports, tell, rooms, ended } = start();
  tell({ kind: 'joined', anchors: [], tracks: [] });
  tell({ kind: 'ejected', reason: 'dissolved-by-server' });
  tell({ kind: 'ejected', reason: 'replaced' });
  rooms[0]!.onClosed('ejected');
  clock.advance(5_000);
  await settle();
  assert.deepEqual([leaveCodes(reports), ended.count, rooms.length], [[4], 1, 1]);
});

test('each ejection has its LeaveCode (contract §4.3)', async () => {
  const codes = { removed: 1, dissolved: 2, 'removed-by-server': 3, 'dissolved-by-server': 4, replaced: 101 } as const;
  for (const [reason, code] of Object.entries(codes) as [keyof typeof codes, number][]) {
    const { clock, reports, tell } = start();
    tell({ kind: 'ejected', reason });
    clock.advance(1_000);
    await settle();
    assert.deepEqual(leaveCodes(reports), [code], reason);
  }
});

test('a refused bot asks again until the room has been out of reach for too long (E24)', async () => {
  const { clock, reports, tell, rooms } = start();
  for (let ms = 0; ms < 89_000; ms += 1_000) {
    tell({ kind: 'refused', reason: 'the room is full' });
    rooms.at(-1)!.onClosed('refused');
    clock.advance(1_000);
  }
  assert.deepEqual([rooms.length, leaveCodes(reports)], [90, []]);
  clock.advance(3_000);
  await settle();
  assert.deepEqual(kinds(reports), ['start-failed'], 'it never was there: 301 with Status 1');
});

test('a bot that was in the room and cannot reach it for too long leaves with 100 (E24)', async () => {
  const { clock, reports, tell, rooms } = start();
  tell({ kind: 'joined', anchors: [anchor('a')], tracks: [] });
  for (let ms = 0; ms < 95_000; ms += 1_000) {
    rooms.at(-1)!.onClosed('connection refused');
    clock.advance(1_000);
  }
  await settle();
  assert.deepEqual([kinds(reports), leaveCodes(reports)], [['started', 'stopped'], [100]]);
});

test('media that was sent before the stop is still taken, for as long as a retransmission needs', async () => {
  const { clock, told, run, tell } = start();
  tell({ kind: 'joined', anchors: [anchor('a')], tracks: [] });
  run.stop(0);
  clock.advance(300);
  tell({ kind: 'started', track: audio(1, 'a') });
  clock.advance(300);
  await settle();
  tell({ kind: 'started', track: audio(2, 'a') });
  assert.equal(told.includes('open 1'), true);
  assert.ok(told.indexOf('open 1') < told.indexOf('left'));
});

test('a fault while the files end leaves the task to another recorder', async () => {
  const { clock, reports, told, run, tell, ended } = start({
    recording: { finish: () => Promise.reject(new Error('disk full')) },
  });
  tell({ kind: 'joined', anchors: [], tracks: [] });
  run.stop(0);
  clock.advance(1_000);
  await settle();
  assert.deepEqual([kinds(reports), ended.count, told.at(-1)], [['started'], 1, 'closed']);
});

test('a fault while it writes ends this recording here, not the process', async () => {
  let broken = false;
  const { clock, reports, told, run, tell, ended } = start({
    recording: {
      advance: () => {
        if (broken) throw new Error('the encoder failed');
        return false;
      },
    },
  });
  tell({ kind: 'joined', anchors: [anchor('a')], tracks: [] });
  clock.advance(1_000);
  broken = true;
  clock.advance(1_000);
  assert.deepEqual([ended.count, told.slice(-2)], [1, ['left', 'closed']]);
  run.stop(0);
  clock.advance(1_000);
  await settle();
  assert.deepEqual(kinds(reports), ['started'], 'the task did not end');
});

test('when the lease goes while the files end, nothing of earlier epochs is touched and nothing reported', async () => {
  const finishing = Promise.withResolvers<RecordedFile[]>();
  const { clock, reports, told, run, tell, ended } = start({ recording: { finish: () => finishing.promise } });
  tell({ kind: 'joined', anchors: [], tracks: [] });
  run.stop(0);
  clock.advance(1_000);
  await settle();
  run.close();
  finishing.resolve([]);
  await settle();
  assert.deepEqual([kinds(reports), told.includes('with earlier'), ended.count], [['started'], false, 0]);
});

test('the lease is held until the server has taken the last report', async () => {
  const accepted = Promise.withResolvers<void>();
  const { clock, run, ended, told } = start({
    report: (report) => (report.kind === 'stopped' ? accepted.promise : Promise.resolve()),
  });
  run.stop(0);
  clock.advance(60_000);
  await settle();
  assert.equal(ended.count, 0);
  accepted.resolve();
  await settle();
  assert.deepEqual([ended.count, told.at(-1)], [1, 'closed']);
});

/** A process so busy that what should come at once comes late. */
class BusyClock extends FakeClock {
  readonly late: (() => void)[] = [];

  override after(ms: number, action: () => void): CancelTimer {
    if (ms > 0) return super.after(ms, action);
    this.late.push(action);
    return () => {};
  }
}

test('a long step is taken in pieces, and no second one begins before it has ended', () => {
  const clock = new BusyClock();
  let steps = 0;
  const { tell } = start({ clock, recording: { advance: () => (steps += 1) < 3 } });
  tell({ kind: 'joined', anchors: [anchor('a')], tracks: [] });
  clock.advance(500);
  assert.equal(steps, 1);
  clock.late.shift()!();
  clock.advance(500);
  assert.equal(steps, 2);
  clock.late.shift()!();
  assert.deepEqual([steps, clock.late.length], [3, 0]);
  clock.advance(100);
  assert.equal(steps, 4, 'the next one begins with its tick');
});

test('a drained run writes what it holds and closes, and the task goes on elsewhere', async () => {
  const { clock, reports, told, run, tell, ended } = start();
  tell({ kind: 'joined', anchors: [anchor('a')], tracks: [audio(1, 'a')] });
  clock.advance(1_000);
  const at = clock.wallUs();
  await run.drain();
  run.stop(0);
  clock.advance(200_000);
  await settle();
  assert.deepEqual(told, ['+a', 'open 1', 'left', `finish ${at}`, 'closed']);
  assert.deepEqual([kinds(reports), ended.count], [['started'], 0]);
});

test('a run that fails to write while it drains is closed all the same', async () => {
  const { told, run, tell } = start({ recording: { finish: () => Promise.reject(new Error('disk full')) } });
  tell({ kind: 'joined', anchors: [], tracks: [] });
  await run.drain();
  assert.equal(told.at(-1), 'closed');
});

test('only reports are left once the files have ended, not before', async () => {
  const finishing = Promise.withResolvers<RecordedFile[]>();
  const { clock, run } = start({
    recording: { finish: () => finishing.promise },
    report: (report) => (report.kind === 'stopped' ? new Promise(() => {}) : Promise.resolve()),
  });
  run.stop(0);
  clock.advance(1_000);
  await settle();
  assert.equal(run.onlyReports, false);
  finishing.resolve([]);
  await settle();
  assert.equal(run.onlyReports, true);
});

test("a fault in a room event or a packet's way ends this recording here, not the process", () => {
  const { ended, told, tell } = start({
    recording: {
      openTrack: () => {
        throw new Error('no codec');
      },
    },
  });
  tell({ kind: 'joined', anchors: [anchor('a')], tracks: [audio(1, 'a')] });
  assert.deepEqual([ended.count, told.at(-1)], [1, 'closed']);
});

test('a process that was stopped past its lease handles nothing of what came meanwhile', async () => {
  const { clock, told, reports, ended, run, rooms, tell } = start();
  tell({ kind: 'joined', anchors: [anchor('a')], tracks: [audio(1, 'a')] });
  ended.lost = true;
  const before = told.length;
  tell({ kind: 'entered', anchor: anchor('b', 2) });
  rooms.at(-1)!.onEvent({ kind: 'ejected', reason: 'replaced' });
  run.stop(0);
  clock.advance(5_000);
  await settle();
  assert.deepEqual(told.slice(before), ['left', 'closed']);
  assert.deepEqual(kinds(reports), ['started']);
});
