import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import { MixJournal, type JournalLimits } from '../../src/mix-journal/mix-journal.ts';
import { journalRecords, spanOfJournal } from '../../src/mix-journal/read-journal.ts';
import { decodeRecords, type JournalRecord } from '../../src/mix-journal/records.ts';
import { wallUs, type WallUs } from '../../src/units.ts';
import { feedTrack } from '../recorder/recorder-kit.ts';
import { at, tempDir } from '../single/recorder-kit.ts';

const anchor = { userId: 'alice', order: 1, enteredUs: at(0) };

class Stage {
  readonly dir: string;
  readonly journal: MixJournal;
  readonly asked: number[] = [];
  readonly errors: Error[] = [];
  /** Up to when the file is written. */
  written: WallUs | undefined;
  syncs = true;
  #ms = 0;

  constructor(t: TestContext, limits: Partial<JournalLimits> = {}) {
    this.dir = join(tempDir(t), 'task', 'j1');
    this.journal = new MixJournal({
      dir: this.dir,
      layout: gridPlan,
      written: () => this.written,
      syncWritten: () => (this.syncs ? Promise.resolve() : Promise.reject(new Error('no sync'))),
      requestKeyFrame: (track) => void this.asked.push(track),
      onError: (error) => void this.errors.push(error),
      limits,
    });
    t.after(() => this.journal.close());
  }

  /** Pictures ten times a second on track 1, a key frame every `gop`, until a moment; the file is 2 s behind. */
  async film(untilMs: number, gop: number, behindMs = 2000, bytes = 100): Promise<void> {
    for (; this.#ms < untilMs; this.#ms += 100) {
      const key = (this.#ms / 100) % gop === 0;
      this.journal.video(1, { at: at(this.#ms), key, codec: 'h264', data: Buffer.alloc(bytes) });
      this.written = at(Math.max(0, this.#ms - behindMs));
      this.journal.tick(at(this.#ms));
      if (this.#ms % 1000 === 0) await this.journal.settled();
    }
    await this.journal.settled();
  }

  enter(): void {
    this.journal.anchorEntered(anchor);
    this.journal.trackOpened(feedTrack({ track: 1 }));
  }

  chunks(): number[] {
    return readdirSync(this.dir).map((name) => Number.parseInt(name, 10));
  }

  async records(): Promise<JournalRecord[]> {
    const all: JournalRecord[] = [];
    for await (const record of journalRecords(this.dir)) all.push(record);
    return all;
  }
}

test('nothing is on the disk before the first unit; then the room as it is stands first', async (t) => {
  const stage = new Stage(t);
  stage.enter();
  stage.journal.anchorEntered({ ...anchor, userId: 'bob', order: 2 });
  stage.journal.anchorLeft('bob', at(10));
  stage.journal.tick(at(100));
  await stage.journal.settled();
  assert.equal(existsSync(stage.dir), false);
  await stage.film(200, 10);
  const [state, ...others] = await stage.records();
  assert.deepEqual(state, { kind: 'state', anchors: [anchor], tracks: [feedTrack({ track: 1 })], layout: gridPlan });
  assert.deepEqual(
    others.map((record) => record.kind === 'video' && record.unit.at),
    [at(0), at(100)],
  );
});

test('what a tick has not written yet is all that a killed process loses', async (t) => {
  const stage = new Stage(t);
  stage.enter();
  await stage.film(1000, 10);
  stage.journal.video(1, { at: at(1000), key: false, codec: 'h264', data: Buffer.alloc(10) });
  await stage.journal.settled();
  const span = await spanOfJournal(stage.dir);
  assert.deepEqual([span?.first, span?.end], [at(0), at(900)]);
});

test('chunks go when the file holds what is in them and newer key frames are there', async (t) => {
  const stage = new Stage(t);
  stage.enter();
  await stage.film(30_000, 20);
  const kept = stage.chunks();
  assert.ok(kept[0]! > 4, kept.join());
  const [first] = kept;
  const bytes = readFileSync(join(stage.dir, `${String(first).padStart(6, '0')}.journal`));
  const [state, key] = [...decodeRecords(bytes)];
  assert.equal(state?.kind, 'state');
  assert.ok(key?.kind === 'video' && key.unit.at < stage.written! - 1_000_000);
  const keys = (await stage.records()).filter((one) => one.kind === 'video' && one.unit.key);
  assert.ok(keys[0]?.kind === 'video' && keys[0].unit.at <= stage.written!, 'what is not written can be decoded');
  assert.deepEqual(stage.asked, []);
});

test('the chunk with the newest key frame stays, and one is asked for after 20 s', async (t) => {
  const stage = new Stage(t);
  stage.enter();
  await stage.film(19_000, 10_000);
  assert.deepEqual([stage.chunks()[0], stage.asked], [1, []]);
  await stage.film(45_000, 10_000);
  assert.deepEqual([stage.chunks()[0], stage.asked], [1, [1, 1]]);
  await stage.film(75_000, 10_000);
  assert.ok(stage.chunks()[0]! > 1, 'after a minute it goes in any case');
});

test('a track that has ended needs no key frame', async (t) => {
  const stage = new Stage(t);
  stage.enter();
  stage.journal.trackOpened(feedTrack({ track: 9, userId: 'bob' }));
  stage.journal.video(9, { at: at(0), key: true, codec: 'vp8', data: Buffer.alloc(10) });
  await stage.film(12_000, 10);
  assert.equal(stage.chunks()[0], 1);
  stage.journal.trackClosed(9, at(12_000));
  await stage.film(20_000, 10);
  assert.ok(stage.chunks()[0]! > 1);
});

test('what the file does not hold stays, until the journal is too large', async (t) => {
  const stage = new Stage(t, { mostBytes: 400_000 });
  stage.enter();
  await stage.film(12_000, 10, 60_000);
  assert.equal(stage.chunks()[0], 1);
  await stage.film(20_000, 10, 60_000, 10_000);
  assert.ok(stage.chunks()[0]! > 1);
});

test('a file that may not be on the disk makes no chunk needless', async (t) => {
  const stage = new Stage(t);
  stage.syncs = false;
  stage.enter();
  await stage.film(20_000, 10);
  assert.equal(stage.chunks()[0], 1);
  assert.ok(stage.errors.length > 0);
  stage.syncs = true;
  await stage.film(24_000, 10);
  assert.ok(stage.chunks()[0]! > 1);
});

test('a disk that refuses is told, what it did not take is counted, and the journal goes on when it is better', async (t) => {
  const stage = new Stage(t);
  mkdirSync(dirname(dirname(stage.dir)), { recursive: true });
  writeFileSync(dirname(stage.dir), 'in the way');
  stage.enter();
  await stage.film(5000, 10);
  assert.equal(stage.errors.length, 1, 'told once in ten seconds');
  assert.ok(stage.journal.stats.lostBytes > 1000);
  rmSync(dirname(stage.dir));
  await stage.film(10_000, 10);
  const records = await stage.records();
  assert.equal(records[0]?.kind, 'state');
  assert.ok(records.length > 20);
});

test('closing keeps the journal whole, removing leaves nothing', async (t) => {
  const stage = new Stage(t);
  stage.enter();
  await stage.film(500, 10);
  stage.journal.audio(2, { at: wallUs(at(500)), samples: 960, level: 3, data: Buffer.alloc(3) });
  await stage.journal.close();
  const last = (await stage.records()).at(-1);
  assert.equal(last?.kind, 'audio');
  stage.journal.audio(2, { at: at(520), samples: 960, level: 3, data: Buffer.alloc(3) });
  await stage.journal.remove();
  assert.equal(existsSync(stage.dir), false);
});
