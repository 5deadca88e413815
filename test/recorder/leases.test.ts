import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import { IdleRule, LEAVE_IDLE, LEAVE_ROOM_TIMEOUT } from '../../src/recorder/idle-rule.ts';
import { LeaseKeeper } from '../../src/recorder/lease-keeper.ts';
import { ReportQueue } from '../../src/recorder/report-queue.ts';
import { createLogger } from '../../src/process/log.ts';
import { wallMs } from '../../src/units.ts';
import type { TaskReport } from '../../src/worker-api/messages.ts';

test('a lease runs from the moment the request was sent', () => {
  const clock = new FakeClock();
  const leases = new LeaseKeeper<string>();
  const sentAt = clock.monoUs();
  clock.advance(900);
  leases.grant('t', sentAt, 1000);
  assert.ok(leases.holds('t', clock.monoUs()));
  clock.advance(100);
  assert.ok(!leases.holds('t', clock.monoUs()));
  assert.deepEqual(leases.expired(clock.monoUs()), ['t']);
  assert.deepEqual(leases.expired(clock.monoUs()), [], 'an expired lease is told once');
});

test('a renewal that leaves a key out loses it, and an answer for a forgotten key changes nothing', () => {
  const clock = new FakeClock();
  const leases = new LeaseKeeper<string>();
  for (const key of ['a', 'b', 'c']) leases.grant(key, clock.monoUs(), 1000);
  leases.release('c');
  const times = { sent: clock.monoUs(), answered: clock.monoUs() };
  assert.deepEqual(leases.renewed(['a', 'b', 'c'], new Set(['a', 'c']), times, 1000), ['b']);
  assert.deepEqual(leases.keys(), ['a']);
});

test('an answer that comes when the lease has run out revives nothing, whether or not that was noticed', () => {
  const clock = new FakeClock();
  const leases = new LeaseKeeper<string>();
  leases.grant('t', clock.monoUs(), 1000);
  const sent = clock.monoUs();
  clock.advance(1000);
  assert.equal(leases.holds('t', clock.monoUs()), false);
  const times = { sent, answered: clock.monoUs() };
  assert.deepEqual(leases.renewed(['t'], new Set(['t']), times, 5000), ['t']);
  assert.deepEqual(leases.keys(), []);
});

test('a wall clock that steps neither ends nor prolongs a lease', () => {
  const clock = new FakeClock();
  const leases = new LeaseKeeper<string>();
  leases.grant('t', clock.monoUs(), 1000);
  clock.stepWall(3_600_000);
  assert.ok(leases.holds('t', clock.monoUs()));
});

test('idle means no anchors: an anchor without media keeps the task (E4, E5)', () => {
  const clock = new FakeClock();
  const rule = new IdleRule(5, clock.wallUs());
  rule.onAnchors(1, clock.wallUs());
  clock.advance(60_000);
  assert.equal(rule.leaveCode(clock.wallUs()), undefined);
  rule.onAnchors(0, clock.wallUs());
  clock.advance(4_999);
  assert.equal(rule.leaveCode(clock.wallUs()), undefined);
  clock.advance(1);
  assert.equal(rule.leaveCode(clock.wallUs()), LEAVE_IDLE);
});

test('an empty room is not empty anew with each event', () => {
  const clock = new FakeClock();
  const rule = new IdleRule(5, clock.wallUs());
  rule.onAnchors(0, clock.wallUs());
  clock.advance(3_000);
  rule.onAnchors(0, clock.wallUs());
  clock.advance(2_000);
  assert.equal(rule.leaveCode(clock.wallUs()), LEAVE_IDLE);
});

test('time without the room is not idle time; too much of it ends the task (E24)', () => {
  const clock = new FakeClock();
  const rule = new IdleRule(5, clock.wallUs());
  rule.onAnchors(0, clock.wallUs());
  clock.advance(4_000);
  rule.onUnreachable(clock.wallUs());
  clock.advance(60_000);
  assert.equal(rule.leaveCode(clock.wallUs()), undefined);
  clock.advance(30_000);
  assert.equal(rule.leaveCode(clock.wallUs()), LEAVE_ROOM_TIMEOUT);
});

test('a room that never answers ends the task as well', () => {
  const clock = new FakeClock();
  const rule = new IdleRule(5, clock.wallUs());
  clock.advance(90_000);
  assert.equal(rule.leaveCode(clock.wallUs()), LEAVE_ROOM_TIMEOUT);
});

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

const started: TaskReport = { kind: 'started', epoch: 1, startedMs: wallMs(1) };
const status: TaskReport = { kind: 'status', epoch: 1, status: 'InProgress' };

test('reports wait in order for a server that is away', async () => {
  const clock = new FakeClock();
  const arrived: string[] = [];
  let away = true;
  const queue = new ReportQueue({
    send: async (report) => {
      if (away) throw new Error('connection refused');
      arrived.push(report.kind);
      return { accepted: true };
    },
    onStale: () => assert.fail('not stale'),
    clock,
    log: createLogger('test', 'silent'),
  });
  void queue.push(started);
  const second = queue.push(status);
  await settle();
  assert.deepEqual(arrived, []);
  away = false;
  clock.advance(2_000);
  await second;
  assert.deepEqual(arrived, ['started', 'status']);
});

test('a refused report ends the queue and says so once', async () => {
  let stale = 0;
  const queue = new ReportQueue({
    send: async () => ({ accepted: false, reason: 'stale' }),
    onStale: () => (stale += 1),
    clock: new FakeClock(),
    log: createLogger('test', 'silent'),
  });
  void queue.push(started);
  void queue.push(status);
  await settle();
  assert.equal(stale, 1);
});
