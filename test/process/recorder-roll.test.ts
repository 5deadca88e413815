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
  const alive = new Set<number>();
  const isAlive = (pid: number): boolean => alive.has(pid);
  const log = createLogger('test', 'silent');
  const roll = (): RecorderRoll => new RecorderRoll({ dataDir, tell, isAlive, clock, log });
  return { dataDir, clock, server, alive, roll };
}

test('the server hears of a death at once, and of each once', async (t) => {
  const { server, roll } = installation(t);
  const present = roll();
  for (const id of ['a.1', 'b.1']) present.begun(id, 1);
  present.tellDead();
  present.died('a.1');
  present.begun('a.2', 2);
  await settle();
  present.tellDead();
  await settle();
  assert.deepEqual(server.told, [['a.1']]);
});

test('a server that is away hears later, of everybody who died meanwhile', async (t) => {
  const { server, clock, roll } = installation(t);
  const present = roll();
  for (const id of ['a', 'b', 'c']) present.begun(id, 1);
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
  for (const id of ['a', 'b']) first.begun(id, 1);
  first.close();
  server.away = true;
  const second = roll();
  second.begun('c', 3);
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

test('a recorder that outlives its supervisor is told of when it has ended', async (t) => {
  const { server, clock, alive, roll } = installation(t);
  const first = roll();
  first.begun('ending', 7);
  first.begun('dead', 8);
  first.close();
  alive.add(7);
  const second = roll();
  second.begun('young', 9);
  second.tellDead();
  await settle();
  clock.advance(10_000);
  await settle();
  assert.deepEqual(server.told, [['dead']]);
  alive.delete(7);
  clock.advance(300);
  await settle();
  assert.deepEqual(server.told, [['dead'], ['ending']]);
});
