import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReservedUserId } from '../../src/bot-id.ts';
import { planOf } from '../../src/tasks/stored-task.ts';
import { newTask, sdkAppId } from '../tasks/fixture.ts';
import { AutoWorld, roomNamed } from './auto-world.ts';

/** The rule table of contract §2.12 over a real store, with the rooms' journal and the time in the test's hand. */

const SINGLE = { max_idle_time: 60, single: {} };
const BOTH = { max_idle_time: 60, single: {}, mixed: {} };

test('nothing is recorded without a rule, nor before an anchor sends', async (t) => {
  const world = await AutoWorld.start(t);
  await world.enter('1', 'anna');
  await world.pass(1);
  await world.setRule(SINGLE);
  await world.pass(10);
  await world.enter('2', 'vera', { sends: false });
  await world.pass(10);
  assert.deepEqual(await world.story(), []);
  await world.enter('2', 'ben');
  assert.deepEqual(await world.story(), ['single 2 active']);
});

test('a gap shorter than the wait keeps the task, a longer one makes a new one', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule(SINGLE);
  await world.enter('1', 'anna');
  await world.pass(30);
  await world.leave('1', 'anna');
  await world.pass(59);
  await world.enter('1', 'anna');
  await world.pass(300);
  assert.deepEqual(await world.story(), ['single 1 active']);
  await world.leave('1', 'anna');
  await world.pass(61);
  assert.deepEqual(await world.story(), ['single 1 left 99']);
  await world.enter('1', 'anna');
  assert.deepEqual(await world.story(), ['single 1 left 99', 'single 1 active']);
});

test('the longest wait of a day holds a task over 23 hours, the shortest of a second ends it in two', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule({ ...SINGLE, max_idle_time: 86_400 });
  await world.enter('1', 'anna');
  await world.leave('1', 'anna');
  await world.pass(23 * 3600, 600);
  await world.enter('1', 'anna');
  await world.pass(60);
  assert.deepEqual(await world.story(), ['single 1 active']);
  await world.setRule({ ...SINGLE, max_idle_time: 1 });
  await world.enter('2', 'ben');
  await world.leave('2', 'ben');
  await world.pass(2);
  assert.deepEqual(await world.story(), ['single 1 active', 'single 2 left 99']);
});

test('single and mixed at once: two tasks with bots of their own, each by its part of the rule', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule({
    ...BOTH,
    single: { content: 'audio', formats: ['aac'], max_file_minutes: 30 },
    mixed: { content: 'video', formats: ['hls', 'mp4'], layout: { mode: 2, big_prefix: 'host' } },
  });
  await world.enter('1', 'anna');
  const rows = await world.taskRows();
  assert.deepEqual(await world.story(), ['single 1 active', 'mixed 1 active']);
  const plans = rows.map(planOf);
  assert.deepEqual(
    plans.map(({ streams, outputs, maxFileMinutes, maxIdleSeconds }) => [
      streams,
      outputs,
      maxFileMinutes,
      maxIdleSeconds,
    ]),
    [
      ['audio', ['aac'], 30, 60],
      ['video', ['hls', 'mp4'], 1440, 60],
    ],
  );
  assert.deepEqual(plans[1]?.layout.big, { userId: 'host', mediaId: 'main', match: 'prefix' });
  const bots = rows.map(({ bot_user_id: bot }) => bot);
  assert.equal(new Set(bots).size, 2);
  assert.ok(bots.every((bot) => isReservedUserId(bot) && /^[a-z0-9.]{1,32}$/.test(bot)));
  assert.ok(rows.every(({ sig_until_ms: until }) => until === null));
});

test('a recording by the API goes on beside, and its end changes nothing', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule(SINGLE);
  const beside = await world.tasks.create(newTask({ room: roomNamed('1') }));
  assert.ok(typeof beside === 'object');
  await world.pass(5);
  await world.enter('1', 'anna');
  await world.pass(5);
  assert.deepEqual(await world.story(), ['single 1 active']);
  await world.tasks.stop(sdkAppId, beside.taskId);
  await world.pass(5);
  assert.deepEqual(await world.story(), ['single 1 active']);
});

test('the rule that held when a room was created holds for as long as it lives', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule(SINGLE);
  await world.enter('1', 'vera', { sends: false });
  await world.enter('1', 'anna');
  await world.pass(5);
  await world.setRule({ max_idle_time: 5, single: { content: 'audio' }, mixed: {} });
  await world.enter('2', 'ben');
  assert.deepEqual(await world.story(), ['single 1 active', 'single 2 active', 'mixed 2 active']);
  await world.leave('1', 'anna');
  await world.pass(59);
  assert.deepEqual((await world.story())[0], 'single 1 active', 'its wait is the one it began with');
});

test('what is switched off begins no more, also in rooms that live, and what runs goes on', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule(BOTH);
  await world.enter('1', 'anna');
  await world.pass(5);
  await world.setRule({ max_idle_time: 60, mixed: {} });
  await world.pass(100);
  assert.deepEqual(await world.story(), ['single 1 active', 'mixed 1 active']);
  // Somebody who does not count keeps the room alive while the tasks end.
  await world.enter('1', 'relay', { robot: true });
  await world.leave('1', 'anna');
  await world.pass(61);
  await world.enter('1', 'anna');
  assert.deepEqual(await world.story(), ['single 1 left 99', 'mixed 1 left 99', 'mixed 1 active']);
  await world.setRule(undefined);
  await world.pass(10);
  await world.leave('1', 'anna');
  await world.pass(61);
  await world.enter('1', 'anna');
  await world.enter('2', 'ben');
  await world.pass(10);
  assert.deepEqual(await world.story(), ['single 1 left 99', 'mixed 1 left 99', 'mixed 1 left 99']);
});

test('a room older than the rule is recorded only when it has ended and begins anew', async (t) => {
  const world = await AutoWorld.start(t);
  await world.enter('1', 'anna');
  await world.pass(1);
  await world.setRule(SINGLE);
  await world.leave('1', 'anna');
  await world.enter('1', 'anna');
  await world.pass(120);
  assert.deepEqual(await world.story(), []);
  await world.endRoom('1');
  await world.enter('1', 'anna');
  assert.deepEqual(await world.story(), ['single 1 active']);
});

test('a rule that ended and came again does not count for the rooms in between', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule(SINGLE);
  await world.enter('1', 'vera', { sends: false });
  await world.pass(1);
  await world.setRule(undefined);
  await world.enter('2', 'vera', { sends: false });
  await world.pass(1);
  await world.setRule(SINGLE);
  await world.enter('3', 'vera', { sends: false });
  for (const room of ['1', '2', '3']) await world.enter(room, 'anna');
  assert.deepEqual(await world.story(), ['single 3 active']);
});

test('after a restart in the middle nothing begins twice, and what began meanwhile is recorded by the rule of then', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule(BOTH);
  await world.enter('1', 'anna');
  await world.pass(5);
  await world.stopServer();
  await world.enter('2', 'ben');
  await world.enter('3', 'cleo');
  await world.leave('3', 'cleo');
  await world.pass(20);
  await world.startServer();
  await world.pass(30);
  assert.deepEqual(await world.story(), ['single 1 active', 'mixed 1 active', 'single 2 active', 'mixed 2 active']);
});

test('when the rooms role restarts, the same tasks go on', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule(SINGLE);
  await world.enter('1', 'anna');
  await world.pass(5);
  await world.restartRooms();
  await world.pass(5);
  await world.enter('1', 'anna');
  await world.pass(100);
  assert.deepEqual(await world.story(), ['single 1 active']);
});

test('what somebody stopped after the rooms role restarted stays stopped too', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule(SINGLE);
  await world.enter('1', 'anna');
  await world.restartRooms();
  await world.enter('1', 'anna');
  await world.pass(5);
  await world.tasks.stop(sdkAppId, (await world.taskRows())[0]!.id);
  await world.pass(100);
  assert.deepEqual(await world.story(), ['single 1 left 0']);
});

test('a dissolved room that begins anew gets a new task, also while the bot before is still on its way out', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule(SINGLE);
  await world.enter('1', 'anna');
  await world.pass(5);
  const [first] = await world.taskRows();
  await world.endRoom('1');
  await world.enter('1', 'anna');
  assert.deepEqual(await world.story(), ['single 1 active']);
  await world.botLeaves(first!.id, 2);
  assert.deepEqual(await world.story(), ['single 1 left 2', 'single 1 active']);
});

test('what somebody stopped stays stopped while the room lives', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule(BOTH);
  await world.enter('1', 'anna');
  await world.pass(5);
  const [single, mixed] = await world.taskRows();
  await world.tasks.stop(sdkAppId, single!.id);
  await world.pass(5);
  await world.botLeaves(mixed!.id, 1);
  await world.pass(400);
  assert.deepEqual(await world.story(), ['single 1 left 0', 'mixed 1 left 1']);
  await world.endRoom('1');
  await world.enter('1', 'anna');
  assert.deepEqual((await world.story()).slice(2), ['single 1 active', 'mixed 1 active']);
});

test('a bot that was lost is followed by another: at once after it recorded, else after pauses that double', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule(SINGLE);
  await world.enter('1', 'anna');
  await world.pass(5);
  await world.botLeaves((await world.taskRows())[0]!.id, 100);
  assert.deepEqual(await world.story(), ['single 1 left 100', 'single 1 active']);
  const begun: number[] = [];
  for (let i = 1; i <= 4; i += 1) {
    const { id, epoch } = (await world.taskRows()).at(-1)!;
    await world.tasks.reportTask(id, { kind: 'stopped', epoch, leaveCode: 100, atMs: world.clock.wallMs(), files: [] });
    const before = (await world.story()).length;
    const from = world.clock.wallMs();
    while ((await world.story()).length === before) await world.pass(1);
    begun.push((world.clock.wallMs() - from) / 1000);
  }
  assert.deepEqual(begun, [5, 10, 20, 40]);
});

test('a relay robot alone is nobody', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule(SINGLE);
  await world.enter('1', 'relay', { robot: true });
  await world.pass(30);
  assert.deepEqual(await world.story(), []);
});

test('what the recorders refuse begins when they are free again', async (t) => {
  const world = await AutoWorld.start(t);
  await world.setRule(SINGLE);
  world.refuse('recorders busy');
  await world.enter('1', 'anna');
  await world.pass(30);
  assert.deepEqual(await world.story(), []);
  assert.ok(world.recorder.stats().refused <= 8, 'not in a tight loop');
  world.refuse(undefined);
  await world.pass(6);
  assert.deepEqual(await world.story(), ['single 1 active']);
});
