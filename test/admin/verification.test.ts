import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { VerifyDesk } from '../../src/evidence/verify-desk.ts';
import { bench, tempFolder } from '../tasks/fixture.ts';
import { adminBench } from './admin-fixture.ts';

test('a verification is asked for, followed, and tells what cannot be checked', async (t) => {
  const b = await adminBench(t);
  const path = '/tasks/nobody-knows-this/verification';
  assert.deepEqual((await b.ask(path)).body, {
    state: 'none',
    progress: null,
    verdict: null,
    error: null,
    askedMs: null,
    endedMs: null,
  });
  const begun = await b.ask(path, { method: 'POST', body: {} });
  assert.deepEqual([begun.status, begun.body.state], [202, 'running']);
  const other = await b.ask(path, { method: 'POST', body: { fileId: '7' } });
  assert.equal(other.body.state, 'waiting');
  for (let n = 0; n < 300 && (await b.ask(path)).body.state === 'running'; n += 1) await sleep(50);
  const { body } = await b.ask(path);
  assert.deepEqual([body.state, body.verdict.result], ['done', 'unknown']);
  assert.match(body.verdict.notes[0], /nothing is known of task/);
  for (let n = 0; n < 300 && (await b.ask(`${path}?fileId=7`)).body.state !== 'done'; n += 1) await sleep(50);
  assert.equal((await b.ask(`${path}?fileId=7`)).body.verdict.result, 'unknown');
});

test('one is verified at a time, asking again joins it, and more than twenty do not wait', async (t) => {
  const { clock } = await bench(t);
  const desk = new VerifyDesk({ dataDir: await tempFolder(t), clock });
  t.after(() => desk.close());
  const subjects = Array.from({ length: 21 }, (_, n) => ({ taskId: `task-${n}`, fileId: undefined }));
  const begun = subjects.map((subject) => desk.begin(subject)?.state);
  assert.deepEqual(begun, ['running', ...Array.from({ length: 19 }, () => 'waiting'), undefined]);
  assert.equal(desk.begin(subjects[3]!)?.state, 'waiting');
  assert.equal(desk.of(subjects[20]!), undefined);
});

test('only what can be a TaskId is looked for', async (t) => {
  const b = await adminBench(t);
  for (const id of ['../secrets', '..', 'a/../../b', '.hidden']) {
    const path = `/tasks/${encodeURIComponent(id)}/verification`;
    assert.ok([400, 404].includes((await b.ask(path)).status), id);
    assert.ok([400, 404].includes((await b.ask(path, { method: 'POST', body: {} })).status), id);
  }
});

test('an archive is of an HLS recording of the library, or there is none', async (t) => {
  const b = await adminBench(t);
  assert.equal((await b.ask('/library/files/1234/archive')).status, 404);
});
