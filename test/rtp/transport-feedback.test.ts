import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusChunks } from '../../src/rtp/status-chunks.ts';
import { TransportFeedback } from '../../src/rtp/transport-feedback.ts';
import { monoUs } from '../../src/units.ts';
import { readFeedback } from './feedback-reader.ts';
import { seededRandom } from './seeded-random.ts';

const build = (feedback: TransportFeedback) => feedback.build(1, 2).flatMap((bytes) => readFeedback(bytes));

test('arrival times come back to a quarter of a millisecond, over losses, reordering and the wrap', () => {
  const random = seededRandom(7);
  const feedback = new TransportFeedback();
  const arrivals = new Map<number, number>();
  const reported = new Map<number, number | null>();
  let now = 5_000_000;
  for (let round = 0, next = 65_000; round < 200; round += 1) {
    const packets = Array.from({ length: Math.floor(random() * 60) }, () => next++).filter(() => random() > 0.1);
    if (random() < 0.3) packets.reverse();
    for (const seq of packets) {
      now += Math.floor(random() ** 6 * 200_000);
      arrivals.set(seq, now);
      feedback.received(seq & 0xffff, monoUs(now));
    }
    for (const { statuses } of build(feedback)) {
      for (const { seq, arrivalUs } of statuses) reported.set(seq < 32_768 ? seq + 65_536 : seq, arrivalUs);
    }
    assert.equal(feedback.pending, false);
  }
  // Numbers after the last arrival of the run are not reported yet.
  for (const [seq, at] of arrivals) assert.equal(reported.get(seq), Math.floor(at / 250) * 250, `packet ${seq}`);
  const lost = [...reported].filter(([, at]) => at === null);
  assert.ok(lost.length > 300 && lost.every(([seq]) => !arrivals.has(seq)));
});

test('a packet that comes after it was reported missing is reported again', () => {
  const feedback = new TransportFeedback();
  feedback.received(10, monoUs(1_000_000));
  feedback.received(12, monoUs(1_001_000));
  assert.deepEqual(build(feedback)[0]?.statuses[1], { seq: 11, arrivalUs: null });
  feedback.received(11, monoUs(1_080_000));
  const [second] = build(feedback);
  assert.equal(second?.count, 1);
  assert.deepEqual(second?.statuses, [
    { seq: 11, arrivalUs: 1_080_000 },
    { seq: 12, arrivalUs: 1_001_000 },
  ]);
  feedback.received(12, monoUs(1_090_000));
  assert.equal(feedback.pending, false, 'a duplicate is no news');
});

test('a pause longer than a delta can hold begins another packet', () => {
  const feedback = new TransportFeedback();
  feedback.received(1, monoUs(1_000_000));
  feedback.received(2, monoUs(1_000_000 + 8_500_000));
  const packets = build(feedback);
  assert.equal(packets.length, 2);
  assert.deepEqual(packets[1]?.statuses, [{ seq: 2, arrivalUs: 9_500_000 }]);
});

test('the reference time keeps its low 24 bits after twelve days', () => {
  const feedback = new TransportFeedback();
  const late = 2 ** 24 * 64_000 + 1_000_000;
  feedback.received(1, monoUs(late));
  assert.equal(build(feedback)[0]?.statuses[0]?.arrivalUs, 1_000_000);
});

test('a jump of the numbers begins anew, and a gap within reach is reported in bounded packets', () => {
  const feedback = new TransportFeedback();
  feedback.received(1, monoUs(1_000_000));
  feedback.received(30_000, monoUs(1_001_000));
  const jumped = build(feedback);
  assert.deepEqual(jumped[0]?.statuses, [{ seq: 30_000, arrivalUs: 1_001_000 }]);
  feedback.received(31_900, monoUs(1_002_000));
  const bytes = feedback.build(1, 2);
  assert.ok(bytes.every((packet) => packet.length <= 1200));
  const statuses = bytes.flatMap((packet) => readFeedback(packet)).flatMap((packet) => packet.statuses);
  assert.equal(statuses.length, 1900);
  assert.deepEqual(statuses.at(-1), { seq: 31_900, arrivalUs: 1_002_000 });
});

test('the worst mixture of deltas stays below 1,200 bytes', () => {
  const feedback = new TransportFeedback();
  const random = seededRandom(3);
  let now = 0;
  for (let seq = 0; seq < 1500; seq += 1) {
    now += random() < 0.5 ? 70_000 : 1000;
    if (random() < 0.9) feedback.received(seq, monoUs(now));
  }
  assert.ok(feedback.build(1, 2).every((packet) => packet.length <= 1200 && packet.length % 4 === 0));
});

test('chunks: a run, a vector of single bits, a vector of double bits', () => {
  const chunksOf = (symbols: (0 | 1 | 2)[]): string => {
    const chunks = new StatusChunks(64);
    symbols.forEach((symbol) => chunks.add(symbol));
    const bytes = Buffer.alloc(chunks.byteLength);
    assert.equal(chunks.write(bytes, 0), bytes.length);
    return bytes.toString('hex');
  };
  assert.equal(chunksOf(Array.from({ length: 27 }, () => 1 as const)), '201b');
  assert.equal(chunksOf([0, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0]), '9f1c');
  assert.equal(chunksOf([0, 2, 1, 1, 1, 0, 0]), 'c950');
  assert.equal(chunksOf([1, 0]), 'a000');
});
