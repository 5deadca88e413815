import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SignedManifest } from '../../src/evidence/manifest.ts';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { roomtape, verify } from '../evidence/command.ts';
import { committedFiles, TestServer } from '../kit/server.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start();
});

after(() => server?.close());

/** The manifest of a task once every callback is settled in it. */
async function settledManifest(taskId: string): Promise<SignedManifest> {
  for (;;) {
    const path = join(server.dataDir, 'evidence', `${taskId}.json`);
    const text = await Promise.resolve()
      .then(() => readFileSync(path, 'utf8'))
      .catch(() => undefined);
    const signed = text === undefined ? undefined : (JSON.parse(text) as SignedManifest);
    if (signed?.manifest.events.every(({ state }) => state === 'delivered')) return signed;
    await sleep(200);
  }
}

test('a finished task has a manifest that the command line verifies, and catches a file that was cut', async () => {
  const room = { roomId: '20001' };
  const anchor = await forkSyntheticAnchor({ ...server.whip(room, 'alice'), name: 'alice', colour: '#30c030' });
  const mixed = await server.record(room, 2);
  const single = await server.record(room, 1);
  await server.untilStatus(mixed, 'InProgress');
  await sleep(5_000);
  const events = await server.stop(mixed);
  await server.stop(single);
  await anchor.close();
  const { manifest } = await settledManifest(mixed);
  await settledManifest(single);
  assert.deepEqual(
    manifest.events.map(({ type }) => type),
    events.map(({ EventType }) => EventType),
  );
  assert.equal(manifest.files.length, 1);
  assert.deepEqual(manifest.files[0]!.digests?.tracks?.map(({ kind }) => kind).sort(), ['audio', 'video']);
  const facts = manifest.timeline.map((entry) => ('userId' in entry ? `${entry.kind} ${entry.userId}` : entry.kind));
  for (const kind of ['anchor-entered alice', 'track-began alice', 'recorded-from alice', 'layout', 'epoch-ended']) {
    assert.ok(facts.includes(kind), `${kind}: ${facts.join(', ')}`);
  }
  assert.equal(facts[0], 'epoch-began');
  const layout = manifest.timeline.find((entry) => entry.kind === 'layout' && entry.pictures.length > 0);
  assert.deepEqual(layout?.kind === 'layout' && layout.pictures[0], {
    userId: 'alice',
    mediaId: 'main',
    video: true,
    left: 0,
    top: 0,
    width: 360,
    height: 640,
  });
  const [chain] = manifest.chains;
  assert.deepEqual(
    chain?.checks.map(({ faults }) => faults),
    [[]],
  );
  assert.deepEqual(chain?.checks[0]?.head, { segments: chain?.told?.segments, chain: chain?.told?.chain });
  assert.deepEqual(manifest.gaps, []);
  const [told] = committedFiles(events);
  assert.equal(manifest.files[0]!.name, told!.CacheFile);
  assert.doesNotMatch(JSON.stringify(manifest), /userSig|secret/i);
  assert.equal(statSync(join(server.dataDir, 'evidence-key.pem')).mode & 0o777, 0o600);

  for (const taskId of [mixed, single]) {
    const whole = await roomtape('verify', taskId, '--data-dir', server.dataDir);
    assert.equal(whole.code, 0, whole.text);
    assert.match(whole.text, /^OK: /m);
  }
  const key = join(server.dataDir, 'evidence-public-key.pem');
  const path = await server.download(told!);
  const named = join(server.dataDir, 'evidence', `${mixed}.json`);
  const alone = await verify(path, '--manifest', named, '--key', key);
  assert.deepEqual([alone.code, alone.result, alone.faults], [0, 'ok', []]);
  const cut = join(server.dataDir, 'cut.mp4');
  copyFileSync(path, cut);
  truncateSync(cut, statSync(cut).size - 20_000);
  const caught = await verify(cut, '--manifest', named, '--key', key);
  assert.equal(caught.code, 1);
  assert.ok(caught.faults.length > 0);
});
