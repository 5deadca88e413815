import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { probeFile } from '../kit/media-file.ts';
import { committedFiles, TestServer } from '../kit/server.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start();
});

after(() => server?.close());

test('SIGTERM in the middle of a recording: the task resumes after the start and its file spans both', async () => {
  const room = { roomId: '10001' };
  const anchor = await forkSyntheticAnchor({
    ...server.whip(room, 'alice'),
    name: 'alice',
    colour: '#c03030',
    reconnect: true,
  });
  const taskId = await server.record(room, 1);
  await server.untilStatus(taskId, 'InProgress');
  await sleep(3_000);
  await server.restart();
  await server.untilStatus(taskId, 'InProgress');
  await sleep(4_000);
  const events = await server.stop(taskId);
  await anchor.close();
  assert.deepEqual(
    events.map((event) => event.EventType),
    [301, 306, 302, 311, 312],
  );
  const [file] = committedFiles(events);
  const span = file!.EndTimeStamp - file!.StartTimeStamp;
  const probed = await probeFile(await server.download(file!));
  assert.ok(span > 8_000, `${span} ms`);
  assert.ok(Math.abs(probed.durationUs / 1000 - span) <= 200);
});

test('callbacks that found nobody are delivered after a restart of the server', async () => {
  server.receiver.answerWith(() => ({ status: 500 }));
  const taskId = await server.record({ roomId: '77' }, 1, { RecordParams: { MaxIdleTime: 5 } });
  await server.receiver.waitForEvent(taskId, 301, 10_000);
  await server.restart();
  server.receiver.answerWith(() => ({}));
  const events = await server.ended(taskId, 60_000);
  const kinds = events.map((event) => event.EventType);
  assert.deepEqual([...new Set(kinds)], [301, 306, 302, 312]);
  const bodies = server.receiver.received.filter(
    (one) => one.event?.EventType === 301 && one.event.EventInfo.TaskId === taskId,
  );
  assert.ok(bodies.length >= 2, 'the first one was refused');
  assert.ok(
    bodies.every((one) => one.body.equals(bodies[0]!.body) && one.signed),
    'retries are identical',
  );
});

test('the server says whether it is ready, and counts', async () => {
  const ready = await fetch(`${server.process.url}/readyz`);
  assert.deepEqual([ready.status, await ready.json()], [200, { status: 'ready', failing: [] }]);
  const metrics = await (await fetch(`${server.process.url}/metrics`)).text();
  assert.match(metrics, /^roomtape_recorders_connected 2$/m);
  assert.match(metrics, /^roomtape_callbacks_delivered [1-9]/m);
  assert.match(metrics, /^roomtape_rooms_sessions \d+$/m);
});
