import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileKey } from '../../src/naming/file-key.ts';
import { EarlierEpochs } from '../../src/recorder/earlier-epochs.ts';
import type { Spool } from '../../src/recorder/spool.ts';
import { openSegmentWriter, type HlsWriter } from '../../src/segment/hls-writer.ts';
import { micros, toWallMs, type WallUs } from '../../src/units.ts';
import type { RecordedFile } from '../../src/worker-api/messages.ts';
import { camera } from '../single/pictures.ts';
import { at, zero } from '../single/recorder-kit.ts';
import { tempSpool } from './recorder-kit.ts';

const ALICE = fileKey('alice', 'main');
const pictures = await camera({ from: zero, count: 50 });

interface Take {
  readonly epoch: number;
  readonly userId?: string;
  readonly zeroUs?: WallUs;
  /** Milliseconds after the recording's zero; the pictures last two seconds. */
  readonly fromMs: number;
}

/** Two seconds of pictures under one epoch. The caller closes the writer, or nobody does while a recorder is dead. */
function write(spool: Spool, { epoch, userId = 'alice', zeroUs = zero, fromMs }: Take): HlsWriter {
  const writer = openSegmentWriter({
    dir: spool.folder('task', epoch, fileKey(userId, 'main')),
    zeroUs,
    identity: { userId, mediaId: 'main', epoch },
    video: true,
  });
  for (const { at: when, key, data } of pictures) {
    const pts = micros(fromMs * 1000 + (when - zero));
    writer.writeVideo({ pts, dts: pts, duration: micros(40_000), key, data });
  }
  writer.flush();
  return writer;
}

const fileOf = (userId: string, from: WallUs, to: WallUs, trackType: RecordedFile['trackType']): RecordedFile => ({
  fileKey: fileKey(userId, 'main'),
  userId,
  mediaId: 'main',
  trackType,
  startMs: toWallMs(from),
  endMs: toWallMs(to),
});

test('a later epoch stamps from the zero of the first (decision 3)', (t) => {
  const spool = tempSpool(t);
  write(spool, { epoch: 1, zeroUs: at(-7_000), fromMs: 7_000 }).close();
  write(spool, { epoch: 2, zeroUs: at(-7_000), fromMs: 12_000 }).close();
  assert.equal(new EarlierEpochs(spool, 'task', 3).zeroOf(ALICE), at(-7_000));
  assert.equal(new EarlierEpochs(spool, 'task', 3).zeroOf(fileKey('bob', 'main')), undefined);
  assert.equal(new EarlierEpochs(spool, 'task', 1).zeroOf(ALICE), undefined, 'the first has none before it');
});

test('a file begins as early as its first epoch did and ends as late as its last', (t) => {
  const spool = tempSpool(t);
  write(spool, { epoch: 1, fromMs: 1_000 }).close();
  write(spool, { epoch: 2, fromMs: 6_000 }).close();
  const now = fileOf('alice', at(9_000), at(12_000), 'audio_video');
  assert.deepEqual(new EarlierEpochs(spool, 'task', 3).mergeInto([now]), [{ ...now, startMs: toWallMs(at(1_000)) }]);
});

test('a file that only an earlier epoch has is told with its own span', (t) => {
  const spool = tempSpool(t);
  write(spool, { epoch: 1, userId: 'bob', fromMs: 500 }).close();
  const alice = fileOf('alice', at(9_000), at(12_000), 'audio_video');
  assert.deepEqual(new EarlierEpochs(spool, 'task', 2).mergeInto([alice]), [
    alice,
    fileOf('bob', at(500), at(2_500), 'video'),
  ]);
});

test('what each epoch had of a file adds up: video in one and sound in the next is audio_video', (t) => {
  const spool = tempSpool(t);
  write(spool, { epoch: 1, fromMs: 0 }).close();
  const sound = fileOf('alice', at(9_000), at(12_000), 'audio');
  const [merged] = new EarlierEpochs(spool, 'task', 2).mergeInto([sound]);
  assert.equal(merged?.trackType, 'audio_video');
});

test('an owner that was killed in the middle of a picture is counted up to its last whole one', (t) => {
  const spool = tempSpool(t);
  const killed = write(spool, { epoch: 1, fromMs: 0 });
  t.after(() => killed.close());
  const dir = spool.folder('task', 1, ALICE);
  const [segment] = readdirSync(dir).filter((name) => name.endsWith('.ts'));
  appendFileSync(join(dir, segment!), Buffer.alloc(100, 0x47));
  const [file] = new EarlierEpochs(spool, 'task', 2).mergeInto([]);
  assert.deepEqual(file, fileOf('alice', at(0), at(2_000), 'video'));
});

test('the own epoch is not looked at', (t) => {
  const spool = tempSpool(t);
  write(spool, { epoch: 2, fromMs: 0 }).close();
  const earlier = new EarlierEpochs(spool, 'task', 2);
  assert.equal(earlier.zeroOf(ALICE), undefined);
  assert.deepEqual(earlier.mergeInto([]), []);
});

test('an owner that has lost its lease touches nothing of the successor that is writing (invariant 4)', (t) => {
  const spool = tempSpool(t);
  const successor = write(spool, { epoch: 2, fromMs: 0 });
  t.after(() => successor.close());
  const dir = spool.folder('task', 2, ALICE);
  const content = (): string[] => readdirSync(dir).map((name) => `${name} ${readFileSync(join(dir, name)).length}`);
  const before = content();
  const stale = new EarlierEpochs(spool, 'task', 1);
  assert.deepEqual(stale.mergeInto([]), []);
  assert.equal(stale.zeroOf(ALICE), undefined);
  assert.deepEqual(content(), before);
});
