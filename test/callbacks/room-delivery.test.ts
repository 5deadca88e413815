import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import { startCallbackDelivery } from '../../src/callbacks/delivery.ts';
import { applyPage } from '../../src/presence/apply-page.ts';
import type { JournalEntry } from '../../src/presence/messages.ts';
import { bench, oneApp, recordTask, sdkAppId, silentLog } from '../tasks/fixture.ts';
import { receiver, settle, until, type Received } from './receiver.ts';

/** Events of rooms keep the retry schedule of contract §4.1, and dead receivers of theirs hold up nothing else. */

const client = { terminal: 4, userType: 3, software: 'WHIP', address: '' } as const;

/** One user enters each of so many rooms: events 101 and 103 of each. */
const entries = (rooms: number): JournalEntry[] =>
  Array.from({ length: rooms }, (_, index) => {
    const session = index + 1;
    const room = { sdkAppId, kind: 'number', roomId: String(session) } as const;
    const common = { atMs: 1_700_000_000_000, session };
    return [
      { ...common, seq: 2 * index + 1, moment: { kind: 'created', room, userId: 'alice' } },
      { ...common, seq: 2 * index + 2, moment: { kind: 'entered', userId: 'alice', role: 20, client } },
    ] satisfies JournalEntry[];
  }).flat();

async function setting(t: TestContext, answer: (message: Received, response: ServerResponse) => void, rooms = 1) {
  const b = await bench(t);
  const recordings = await receiver(t, (_message, response) => response.end());
  const heard = await receiver(t, answer);
  const target = { url: heard.url, key: 'k' };
  const app = { ...oneApp({ url: recordings.url, key: 'k' }).app(sdkAppId)!, roomCallbacks: { room: target } };
  const apps = { app: (id: number) => (id === sdkAppId ? app : undefined) };
  const page = { boot: 'a', upTo: 2 * rooms, entries: entries(rooms) };
  await applyPage(page, { store: b.store, apps, lastHeardMs: 0 });
  const delivery = startCallbackDelivery({ store: b.store, apps, clock: b.clock, log: silentLog });
  t.after(() => delivery.close());
  return { ...b, delivery, got: heard.got, recordings: recordings.got };
}

test('E17: 500 gets identical bytes at once and each ten seconds, none after a minute, and the next event its turn', async (t) => {
  const { clock, delivery, got } = await setting(t, (_message, response) => response.writeHead(500).end());
  const failed = (n: number) => until(`${n} failures`, () => delivery.stats().failedAttempts === n);
  await failed(2);
  for (let n = 3; n <= 7; n += 1) {
    await settle();
    clock.advance(9_999);
    await settle();
    assert.equal(got.length, n - 1);
    clock.advance(1);
    await failed(n);
  }
  await until('the next event', () => got.length > 7);
  assert.deepEqual(got.map(({ type }) => type).slice(0, 8), [101, 101, 101, 101, 101, 101, 101, 103]);
  assert.equal(new Set(got.slice(0, 7).map(({ body }) => body)).size, 1);
});

test('E18: a receiver that sleeps is cut after five seconds and asked again', async (t) => {
  let asleep = true;
  const { clock, delivery, got } = await setting(t, (_message, response) => {
    if (!asleep) response.end();
  });
  await until('the first attempt', () => got.length === 1);
  clock.advance(4_999);
  await settle();
  assert.equal(delivery.stats().failedAttempts, 0);
  asleep = false;
  clock.advance(1);
  await until('both events', () => delivery.stats().delivered === 2);
  assert.deepEqual(
    got.map(({ type }) => type),
    [101, 101, 103],
  );
});

test('E19: 200 with garbage is success', async (t) => {
  const { delivery, got } = await setting(t, (_message, response) => response.end('\0not json'));
  await until('delivery', () => delivery.stats().delivered === 2);
  await settle();
  assert.equal(got.length, 2);
});

test('many rooms with a receiver that never answers do not delay a recording of the same app', async (t) => {
  const b = await setting(t, () => undefined, 40);
  await until('as many attempts as rooms may have', () => b.got.length === 8);
  await recordTask(b, []);
  await until('the recording’s events', () => b.recordings.length === 3);
  await settle();
  assert.deepEqual(
    b.recordings.map(({ type }) => type),
    [301, 302, 312],
  );
});
