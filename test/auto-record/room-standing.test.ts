import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { roomStandings } from '../../src/auto-record/room-standing.ts';
import { sdkAppId } from '../tasks/fixture.ts';
import { AutoWorld } from './auto-world.ts';

const BOTH = { max_idle_time: 60, single: {}, mixed: {} };

const worldOf = async (t: TestContext) => {
  const world = await AutoWorld.start(t);
  const sources = () => ({ store: world.store, rules: world.rules, autoRecorder: world.recorder, clock: world.clock });
  const tell = async (): Promise<string[]> =>
    (await roomStandings(sources(), sdkAppId)).flatMap(({ room, modes }) =>
      modes.map(({ mode, state }) => `${room.roomId} ${mode} ${state}`),
    );
  return { world, tell, standings: () => roomStandings(sources(), undefined) };
};

test('a refused start says why, since when and when it is tried again, and is gone when it began', async (t) => {
  const { world, tell, standings } = await worldOf(t);
  await world.setRule({ single: {} });
  world.refuse('recorders busy');
  const since = world.clock.wallMs();
  await world.enter('1', 'anna');
  await world.pass(12);
  const [refused] = (await standings())[0]!.modes;
  assert.ok(refused?.state === 'refused');
  const { reason, sinceMs, nextMs, tries } = refused;
  assert.deepEqual([reason, sinceMs, tries], ['recorders busy', since, 3]);
  assert.ok(nextMs > world.clock.wallMs());
  world.refuse(undefined);
  await world.pass(6);
  assert.deepEqual(await tell(), ['1 single running']);
});

test('every room that a rule asks for stands somewhere, and no other is told of', async (t) => {
  const { world, tell } = await worldOf(t);
  await world.enter('1', 'old');
  await world.pass(1);
  await world.setRule(BOTH);
  await world.enter('2', 'vera', { sends: false });
  await world.enter('3', 'anna');
  await world.enter('4', 'ben');
  await world.tasks.stop(sdkAppId, (await world.taskRows()).find(({ room_id: room }) => room === '4')!.id);
  await world.pass(1);
  assert.deepEqual(await tell(), [
    '1 single older-than-rule',
    '1 mixed older-than-rule',
    '2 single nobody-sends',
    '2 mixed nobody-sends',
    '3 single running',
    '3 mixed running',
    '4 single stopped-by-hand',
    '4 mixed running',
  ]);
  await world.setRule({ single: {} });
  assert.deepEqual((await tell()).slice(1, 3), ['2 single nobody-sends', '2 mixed switched-off']);
  await world.setRule(undefined);
  await world.endRoom('3');
  await world.endRoom('4');
  assert.deepEqual(await tell(), ['2 single switched-off', '2 mixed switched-off']);
});

test('a task that comes to nothing is followed by a pause that is told', async (t) => {
  const { world, tell, standings } = await worldOf(t);
  await world.setRule({ single: {} });
  await world.enter('1', 'anna');
  const { id, epoch } = (await world.taskRows())[0]!;
  await world.tasks.reportTask(id, { kind: 'stopped', epoch, leaveCode: 100, atMs: world.clock.wallMs(), files: [] });
  assert.deepEqual(await tell(), ['1 single pausing']);
  const [pausing] = (await standings())[0]!.modes;
  assert.ok(pausing?.state === 'pausing' && pausing.untilMs - world.clock.wallMs() === 5_000);
});
