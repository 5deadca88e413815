import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReorderBuffer } from '../../src/timeline/reorder-buffer.ts';
import { wallUs } from '../../src/units.ts';
import { packet, randomFrom, T0 } from './streams.ts';

function buffer(maxWaitUs?: number) {
  const got: string[] = [];
  const order = new ReorderBuffer({
    ...(maxWaitUs === undefined ? {} : { maxWaitUs }),
    deliver: (p, afterLoss) => got.push(`${p.seq}${afterLoss ? '!' : ''}`),
  });
  const push = (seq: number, ms = 0, bytes = 1) =>
    order.push(packet({ seq, ts: 0, atUs: T0 + ms * 1000, payload: new Uint8Array(bytes) }));
  return { got, order, push };
}

test('packets in order pass at once', () => {
  const { got, push } = buffer();
  for (const seq of [10, 11, 12]) push(seq);
  assert.deepEqual(got, ['10', '11', '12']);
});

test('a late packet lets those after it go', () => {
  const { got, push } = buffer();
  for (const seq of [10, 12, 13, 11, 14]) push(seq);
  assert.deepEqual(got, ['10', '11', '12', '13', '14']);
});

test('a missing packet is given up after 600 ms and the loss is marked', () => {
  const { got, order, push } = buffer();
  push(10, 0);
  push(12, 10);
  order.advance(wallUs(T0 + 609_999));
  assert.deepEqual(got, ['10']);
  order.advance(wallUs(T0 + 610_000));
  assert.deepEqual(got, ['10', '12!']);
  push(11, 700);
  assert.deepEqual(order.stats(), { lost: 1, late: 1, restarts: 0 });
});

test('packets that keep coming give up a gap without help', () => {
  const { got, push } = buffer(100_000);
  push(10, 0);
  for (let i = 0; i <= 11; i++) push(12 + i, 10 * i + 1);
  assert.equal(got[1], '12!');
});

test('a second gap is not waited for longer because the first was filled late', () => {
  const { got, order, push } = buffer();
  push(10, 0);
  push(14, 10);
  push(12, 500);
  push(11, 550);
  assert.deepEqual(got, ['10', '11', '12']);
  order.advance(wallUs(T0 + 610_000));
  assert.deepEqual(got, ['10', '11', '12', '14!']);
});

test('waiting packets are copies: the feed uses its memory again', () => {
  const payloads: number[] = [];
  const order = new ReorderBuffer({ deliver: (p) => payloads.push(p.payload[0]!) });
  const shared = Buffer.alloc(1);
  for (const seq of [1, 3, 2]) {
    shared[0] = seq;
    order.push(packet({ seq, ts: 0, atUs: T0, payload: shared }));
  }
  assert.deepEqual(payloads, [1, 2, 3]);
});

test('a new sequence space is taken up with its first packet', () => {
  for (const start of [500_000, 100]) {
    const { got, order, push } = buffer();
    push(70_000);
    push(70_002);
    push(start);
    push(start + 1);
    push(start + 2);
    assert.deepEqual(got, ['70000', '70002!', `${start}!`, `${start + 1}`, `${start + 2}`]);
    assert.equal(order.stats().restarts, 1);
  }
});

test('a lone stray packet changes nothing', () => {
  const { got, push } = buffer();
  for (const seq of [10, 900_000, 11, 900_001, 12]) push(seq);
  assert.deepEqual(got, ['10', '11', '12']);
});

test('what waits is bounded in bytes', () => {
  const { got, push } = buffer();
  push(10);
  for (let seq = 12; got.length < 2; seq++) push(seq, 0, 65_000);
  assert.ok(got.length <= 140, `${got.length}`);
  assert.equal(got[1], '12!');
});

test('any order within the wait comes out in order, every packet once', () => {
  const random = randomFrom(7);
  const { got, order, push } = buffer();
  const sent = Array.from({ length: 3000 }, (_, i) => ({ seq: 100 + i, ms: i * 2 + Math.floor(random() * 300) }));
  sent[0]!.ms = 0;
  const byArrival = sent.filter((p) => p.seq % 50 !== 17).toSorted((a, b) => a.ms - b.ms);
  for (const p of byArrival) push(p.seq, p.ms);
  order.flush();
  const seqs = got.map((text) => Number.parseInt(text, 10));
  assert.deepEqual(
    seqs,
    byArrival.map((p) => p.seq).toSorted((a, b) => a - b),
  );
  assert.deepEqual(got.filter((text) => text.endsWith('!')).length, 60);
});
