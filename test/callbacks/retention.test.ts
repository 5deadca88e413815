import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startCallbackDelivery } from '../../src/callbacks/delivery.ts';
import { ReplayDesk } from '../../src/callbacks/replay-desk.ts';
import { pruneCallbacks } from '../../src/callbacks/retention.ts';
import { applyPage } from '../../src/presence/apply-page.ts';
import { pruneRooms } from '../../src/presence/retention.ts';
import { bench, claimTask, create, oneApp, recordTask, sdkAppId, silentLog, type Bench } from '../tasks/fixture.ts';
import { receiver, until } from './receiver.ts';

const DAY_MS = 24 * 3_600_000;

const prune = (b: Bench) => pruneCallbacks({ ...b, log: silentLog, log_days: 14, keep_days: 90 });

async function counts({ store }: Bench): Promise<{ attempts: number; events: number }> {
  const attempts = await store.db.selectFrom('callback_attempt').select('id').execute();
  const events = await store.db.selectFrom('event').select('seq').execute();
  return { attempts: attempts.length, events: events.length };
}

/** Delivers everything there is and stops. */
async function told(t: TestContext, b: Bench, events: number): Promise<void> {
  const { url } = await receiver(t, (_message, response) => response.end());
  const delivery = startCallbackDelivery({ ...b, apps: oneApp({ url, key: 'k' }), log: silentLog });
  await until('delivery', () => delivery.stats().delivered === events);
  await delivery.close();
}

test('attempts go after their days, events of ended tasks after theirs, and none of a running task', async (t) => {
  const b = await bench(t);
  await recordTask(b, []);
  const running = await create(b.tasks);
  const { epoch } = await claimTask(b.tasks, 'r');
  await b.tasks.reportTask(running, { kind: 'started', epoch, startedMs: b.clock.wallMs() });
  await told(t, b, 4);
  b.clock.advance(14 * DAY_MS - 60_000);
  await prune(b);
  assert.deepEqual(await counts(b), { attempts: 4, events: 4 });
  b.clock.advance(120_000);
  await prune(b);
  assert.deepEqual(await counts(b), { attempts: 0, events: 4 });
  b.clock.advance(76 * DAY_MS - 240_000);
  await prune(b);
  assert.deepEqual(await counts(b), { attempts: 0, events: 4 });
  b.clock.advance(240_000);
  await prune(b);
  assert.deepEqual(await counts(b), { attempts: 0, events: 1 });
  assert.equal((await b.store.db.selectFrom('event').select('task_id').executeTakeFirst())?.task_id, running);
});

test('what waits to be sent again, or for the first time, is not too old', async (t) => {
  const b = await bench(t);
  await recordTask(b, []);
  await told(t, b, 3);
  await recordTask(b, []);
  b.clock.advance(100 * DAY_MS);
  const name = await b.store.db.selectFrom('event').select('message_id').orderBy('event_ms').executeTakeFirstOrThrow();
  assert.equal(await new ReplayDesk(b.store).replay(name.message_id), 1);
  await prune(b);
  assert.equal((await counts(b)).events, 4);
  const states = await b.store.db.selectFrom('event').select('state').distinct().orderBy('state').execute();
  assert.deepEqual(
    states.map(({ state }) => state),
    ['delivered', 'pending'],
  );
});

test('events of a room take their attempts along, wait for their replay, and never get a name for the second time', async (t) => {
  const b = await bench(t);
  const { url, got } = await receiver(t, (_message, response) => response.end());
  const app = { ...oneApp().app(sdkAppId)!, roomCallbacks: { room: { url, key: 'k' } } };
  const apps = { app: () => app };
  const delivery = startCallbackDelivery({ ...b, apps, log: silentLog });
  t.after(() => delivery.close());
  const room = { sdkAppId, kind: 'number', roomId: '1' } as const;
  const open = async (seq: number, until_: number): Promise<void> => {
    const moment = { kind: 'created', room, userId: 'alice' } as const;
    const entry = { seq, session: seq, atMs: b.clock.wallMs(), moment };
    await applyPage({ boot: 'a', upTo: seq, entries: [entry] }, { store: b.store, apps, lastHeardMs: 0 });
    await until('the event', () => delivery.stats().delivered === until_);
  };
  await open(1, 1);
  b.clock.advance(2 * DAY_MS);
  const name = String(got[0]?.headers['webhook-id']);
  const desk = new ReplayDesk(b.store);
  await desk.replay(name);
  await pruneRooms(b.store);
  await until('the replay', () => delivery.stats().replays.delivered === 1);
  assert.deepEqual(await counts(b), { attempts: 2, events: 1 });
  await pruneRooms(b.store);
  assert.deepEqual(await counts(b), { attempts: 0, events: 0 });
  await open(2, 2);
  assert.notEqual(got.at(-1)?.headers['webhook-id'], name);
});
