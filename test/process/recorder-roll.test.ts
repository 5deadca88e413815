import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import { createLogger } from '../../src/process/log.ts';
import { RecorderRoll } from '../../src/process/recorder-roll.ts';

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
};

/** Rolls on one data directory, with a server that can be away. */
function installation(t: TestContext) {
  const dataDir = mkdtempSync(join(tmpdir(), 'roomtape-roll-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const clock = new FakeClock();
  const server = { away: false, told: [] as string[][] };
  const tell = async (recorderIds: readonly string[]): Promise<void> => {
    if (server.away) throw new Error('connection refused');
    server.told.push([...recorderIds]);
  };
  const roll = (): RecorderRoll => new RecorderRoll({ dataDir, tell, clock, log: createLogger('test', 'silent') });
  return { dataDir, clock, server, roll };
}

test('the server hears of a death at once, and of each once', async (t) => {
  const { server, roll } = installation(t);
  const present = roll();
  for (const id of ['a.1', 'b.1']) present.begun(id);
  present.tellDead();
  present.died('a.1');
  present.begun('a.2');
  await settle();
  present.tellDead();
  await settle();
  assert.deepEqual(server.told, [['a.1']]);
});

test('a server that is away hears later, of everybody who died meanwhile', async (t) => {
  const { server, clock, roll } = installation(t);
  const present = roll();
  for (const id of ['a', 'b', 'c']) present.begun(id);
  server.away = true;
  present.died('a');
  await settle();
  present.died('c');
  await settle();
  server.away = false;
  clock.advance(300);
  await settle();
  assert.deepEqual(server.told, [['a', 'c']]);
});

test('who lived when the supervisor died is dead for the next one, until the server has heard', async (t) => {
  const { server, roll } = installation(t);
  const first = roll();
  for (const id of ['a', 'b']) first.begun(id);
  first.close();
  server.away = true;
  const second = roll();
  second.begun('c');
  second.tellDead();
  await settle();
  second.close();
  server.away = false;
  const third = roll();
  third.tellDead();
  await settle();
  assert.deepEqual(server.told.flat().sort(), ['a', 'b', 'c']);
  const fourth = roll();
  fourth.tellDead();
  await settle();
  assert.equal(server.told.length, 1);
});

test('a damaged list is an empty one', async (t) => {
  const { dataDir, server, roll } = installation(t);
  roll();
  writeFileSync(join(dataDir, 'run', 'recorders.json'), '["a", 7');
  roll().tellDead();
  await settle();
  assert.deepEqual(server.told, []);
});
