import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { committedFiles, TestServer } from '../kit/server.ts';

const ROOM = { roomId: '901' };
/** Costs any machine more than a few hundredths of a core. */
const LARGE = {
  MixTranscodeParams: { VideoParams: { Width: 1920, Height: 1080, Fps: 60, BitRate: 4_000_000, Gop: 5 } },
};

async function metric(server: TestServer, name: string): Promise<number> {
  const text = await (await fetch(`${server.process.url}/metrics`)).text();
  return Number(new RegExp(`^roomtape_recorders_${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

/** Waits as long as a slow machine may need. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await holds()); await sleep(200))
    assert.ok(Date.now() < deadline, `it never came to be that ${what}`);
}

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: { code?: string; message?: string }) => `${error.code}: ${error.message}`,
  );

test('a recorder that is as busy as it may be is known by what it measures, and Create is refused until it has time', async (t) => {
  const server = await TestServer.start({
    ROOMTAPE_RECORDERS__PROCESSES: '1',
    ROOMTAPE_RECORDERS__MOST_BUSY_PERCENT: '30',
  });
  t.after(() => server.close());
  const { url, token } = server.whip(ROOM, 'alice');
  const alice = await forkSyntheticAnchor({ url, token, name: 'alice', colour: '#c03030', beepHz: 1000 });
  t.after(() => alice.close());
  const first = await server.record(ROOM, 2, LARGE);
  await until('the recorder is busy', async () => (await metric(server, 'taking_mixed')) === 0);
  assert.ok((await metric(server, 'busy_permille_most')) > 10);
  const refused = await refusal(server.record(ROOM, 2, LARGE, 'second'));
  assert.match(refused, /^FailedOperation\.RestrictedConcurrency: .*every recorder is as busy as it may be/);
  const files = committedFiles(await server.stop(first));
  assert.equal(files.length, 1, 'the one that runs suffers nothing');
  await until('the recorder has time', async () => (await metric(server, 'taking_mixed')) === 1);
  const again = await server.record(ROOM, 1, {}, 'third');
  await server.untilStatus(again, 'InProgress');
  await server.stop(again);
});

test('with too little space on its disk a recorder takes nothing, and Create says so', async (t) => {
  const server = await TestServer.start({ ROOMTAPE_RECORDERS__LEAST_FREE_MB: `${2 ** 40}` });
  t.after(() => server.close());
  const refused = await refusal(server.record(ROOM, 1));
  assert.match(refused, /^FailedOperation\.RestrictedConcurrency: .*the disk of every recorder is nearly full/);
  assert.ok((await metric(server, 'least_free_mb')) > 0);
});
