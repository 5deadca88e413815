import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SignedManifest } from '../../src/evidence/manifest.ts';
import { signManifest } from '../../src/evidence/signed-manifest.ts';
import { openSigningKey } from '../../src/evidence/signing-key.ts';
import type { FaultKind, Verdict } from '../../src/evidence/verify/finding.ts';
import { verifyTask } from '../../src/evidence/verify/task.ts';
import { wallMs } from '../../src/units.ts';
import { tempFolder } from '../tasks/fixture.ts';
import { verify } from './command.ts';
import { evidenceBench, fileOf, manifestOf, putManifest, recordedTask } from './evidence-kit.ts';

const kindsOf = ({ faults }: Verdict): FaultKind[] => faults.map(({ kind }) => kind);

test('a manifest that was tampered with is caught in every way, and one that was not passes', async (t) => {
  const b = await evidenceBench(t);
  const [first, taskId, last] = [
    await recordedTask(b, { seconds: 3, seed: 1 }),
    await recordedTask(b, { seconds: 3, seed: 2 }),
    await recordedTask(b, { seconds: 3, seed: 3 }),
  ];
  const key = b.evidence.key.publicKey;
  const folder = join(b.dataDir, 'evidence');
  const ledger = join(folder, 'ledger.jsonl');
  const path = join(folder, `${taskId}.json`);
  const whole = readFileSync(path);
  const wholeLedger = readFileSync(ledger, 'utf8');
  for (const id of [first, taskId, last]) {
    assert.deepEqual((await verifyTask(b.dataDir, id, key)).faults, []);
    assert.equal((await verifyTask(b.dataDir, id, undefined)).result, 'ok');
  }
  const edited = (change: (signed: SignedManifest) => unknown) => () =>
    putManifest(b.dataDir, taskId, change(structuredClone(manifestOf(b.dataDir, taskId))));
  const strangerDir = await tempFolder(t);
  const stranger = openSigningKey(strangerDir);
  const cases: readonly (readonly [name: string, forge: () => void, kinds: readonly FaultKind[]])[] = [
    [
      'a time is changed',
      edited(({ manifest, ...rest }) => ({ manifest: { ...manifest, endedMs: 1 }, ...rest })),
      ['manifest-altered', 'ledger-broken'],
    ],
    [
      'an event is taken out',
      edited(({ manifest, ...rest }) => ({ manifest: { ...manifest, events: manifest.events.slice(1) }, ...rest })),
      ['manifest-altered', 'ledger-broken'],
    ],
    [
      'the file’s hash is changed',
      edited(({ manifest, ...rest }) => ({
        manifest: { ...manifest, files: manifest.files.map((file) => ({ ...file, sha256: '0'.repeat(64) })) },
        ...rest,
      })),
      ['manifest-altered', 'ledger-broken', 'rewritten'],
    ],
    ['the signature is taken away', edited(({ manifest }) => ({ manifest })), ['signature-missing']],
    [
      'the signature is another text’s',
      edited((signed) => ({ ...signed, signature: manifestOf(b.dataDir, first).signature })),
      ['manifest-altered'],
    ],
    ['another key signed it', edited(({ manifest }) => signManifest(manifest, stranger)), ['another-key']],
    [
      'another key signed what it says now',
      edited(({ manifest }) => signManifest({ ...manifest, leaveCode: 99 }, stranger)),
      ['another-key', 'ledger-broken'],
    ],
    [
      'it is the manifest of another task',
      () => copyFileSync(join(folder, `${first}.json`), path),
      ['manifest-foreign'],
    ],
    ['it is gone', () => rmSync(path), ['manifest-missing']],
    ['it is damaged', () => writeFileSync(path, whole.subarray(0, 500)), ['manifest-altered']],
    [
      'the manifest before it is out of the ledger',
      () => writeFileSync(ledger, wholeLedger.split('\n').slice(1).join('\n')),
      ['ledger-broken', 'ledger-broken'],
    ],
    ['the ledger is gone', () => rmSync(ledger), ['ledger-broken']],
    ['its file is gone', () => rmSync(fileOf(b.dataDir, taskId)), ['file-missing']],
  ];
  const file = fileOf(b.dataDir, taskId);
  const media = readFileSync(file);
  for (const [name, forge, kinds] of cases) {
    await t.test(name, async () => {
      forge();
      const verdict = await verifyTask(b.dataDir, taskId, key);
      assert.deepEqual(kindsOf(verdict), kinds, JSON.stringify(verdict.faults, undefined, 1));
      assert.equal(verdict.result, 'tampered');
      writeFileSync(path, whole);
      writeFileSync(ledger, wholeLedger);
      writeFileSync(file, media);
    });
  }
  await t.test('who holds no key of the installation is told whose key it is', async () => {
    const alone = await verify(file, '--manifest', path);
    assert.deepEqual([alone.code, alone.faults], [0, []]);
    assert.ok(alone.notes.some((note) => note.includes(b.evidence.key.keyId)));
    const wrong = await verify(file, '--manifest', path, '--key', join(strangerDir, 'evidence-public-key.pem'));
    assert.deepEqual([wrong.code, kindsOf(wrong)], [1, ['another-key']]);
    const nothing = await verify('unknown-task', '--data-dir', b.dataDir);
    assert.deepEqual([nothing.code, nothing.result], [2, 'unknown']);
  });
});

test('a manifest is written anew when a file is removed, and the one before cannot come back', async (t) => {
  const b = await evidenceBench(t);
  const taskId = await recordedTask(b, { seconds: 2 });
  const path = join(b.dataDir, 'evidence', `${taskId}.json`);
  const before = readFileSync(path);
  assert.equal(manifestOf(b.dataDir, taskId).manifest.edition, 1);
  await b.evidence.work();
  assert.equal(manifestOf(b.dataDir, taskId).manifest.edition, 1, 'nothing changed');
  await b.store.transaction(async ({ db, wall }) => {
    await db.updateTable('file').set({ state: 'removed', removed_ms: wall }).where('task_id', '=', taskId).execute();
    await db.insertInto('evidence_due').values({ task_id: taskId, marks: 1 }).execute();
  });
  rmSync(fileOf(b.dataDir, taskId));
  await b.evidence.work();
  const { manifest } = manifestOf(b.dataDir, taskId);
  assert.deepEqual([manifest.edition, manifest.files[0]?.state], [2, 'removed']);
  const { result, notes } = await verifyTask(b.dataDir, taskId, b.evidence.key.publicKey);
  assert.equal(result, 'ok');
  assert.ok(notes.some((note) => note.includes('removed from the library')));
  writeFileSync(path, before);
  const old = await verifyTask(b.dataDir, taskId, b.evidence.key.publicKey);
  assert.deepEqual(kindsOf(old), ['ledger-broken', 'file-missing']);
});

test('parameters are kept as accepted and with each change; secrets of buckets and queries of images are not', async (t) => {
  const b = await evidenceBench(t);
  const secret = 'VerySecretKey0123456789';
  const { newTask, plan, claimTask, create } = await import('../tasks/fixture.ts');
  const destination = {
    kind: 'bucket',
    vendor: 's3',
    region: 'r',
    bucket: 'b',
    accessKey: 'AccessKey0123456789',
    secretKey: secret,
    prefix: ['p'],
  } as const;
  const taskId = await create(b.tasks, newTask({ destination }));
  b.clock.advance(1000);
  const background = { url: `https://images.example/a.png?token=${secret}`, renderMode: 'fit' as const };
  const { sdkAppId } = newTask().room;
  await b.tasks.modify(sdkAppId, taskId, ({ layout, subscription }) => ({
    subscription,
    layout: { ...layout, backgroundImage: background },
  }));
  const { epoch } = await claimTask(b.tasks, 'r');
  await b.tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: b.clock.wallMs() });
  const entries = [
    { kind: 'epoch-began', recorder: 'r', seq: 1, atMs: wallMs(1) },
    { kind: 'anchor-entered', userId: 'alice', robot: false, seq: 2, atMs: wallMs(2) },
  ] as const;
  await b.tasks.reportTask(taskId, { kind: 'timeline', epoch, entries, heads: [] });
  await b.tasks.reportTask(taskId, { kind: 'timeline', epoch, entries, heads: [] });
  await b.tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs: b.clock.wallMs(), files: [] });
  await b.evidence.work();
  const text = readFileSync(join(b.dataDir, 'evidence', `${taskId}.json`), 'utf8');
  assert.doesNotMatch(text, /VerySecret|AccessKey/);
  const { manifest } = manifestOf(b.dataDir, taskId);
  assert.deepEqual(
    manifest.parameters.map(({ revision, plan: { layout } }) => [revision, layout.backgroundImage?.url.split('=')[0]]),
    [
      [0, undefined],
      [1, 'https://images.example/a.png?sha256'],
    ],
  );
  assert.equal(manifest.parameters[1]!.atMs - manifest.parameters[0]!.atMs, 1000);
  assert.deepEqual(manifest.parameters[0]!.plan, plan);
  assert.deepEqual(
    manifest.timeline.map(({ kind }) => kind),
    ['epoch-began', 'anchor-entered'],
  );
});
