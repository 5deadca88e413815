import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyFrameRequester } from '../../src/rtp/key-frame-requester.ts';
import { NackGenerator } from '../../src/rtp/nack-generator.ts';
import { ReceptionStatistics } from '../../src/rtp/reception-statistics.ts';
import { RetransmissionRtt } from '../../src/rtp/retransmission-rtt.ts';
import { SequenceWindow } from '../../src/rtp/sequence-window.ts';
import { monoUs } from '../../src/units.ts';

const ms = (n: number) => monoUs(n * 1000);
const options = { enabled: true, reorderUs: 5_000, giveUpUs: 1_000_000, capacity: 1_000 };
const nackWith = (rttMs: number): [NackGenerator, RetransmissionRtt] => {
  const rtt = new RetransmissionRtt(rttMs * 1000);
  return [new NackGenerator(options, rtt), rtt];
};

test('NACK: after the reorder allowance, again after a round trip, given up after a second', () => {
  const [nack] = nackWith(60);
  nack.gap(10, 13, ms(0));
  assert.deepEqual(nack.due(ms(4)), []);
  assert.deepEqual(nack.due(ms(5)), [10, 11, 12]);
  assert.deepEqual(nack.due(ms(74)), []);
  assert.deepEqual(nack.due(ms(75)), [10, 11, 12]);
  assert.equal(nack.wasAsked(11), true);
  assert.equal(nack.repaired(11, ms(80)), true);
  assert.equal(nack.repaired(11, ms(80)), false);
  assert.equal(nack.giveUp(ms(999)), 0);
  assert.equal(nack.giveUp(ms(1000)), 2);
  assert.equal(nack.size, 0);
});

test('NACK: a straggler says nothing of the round trip, but teaches patience, which is forgotten again', () => {
  const [nack, rtt] = nackWith(60);
  const firstDue = (seq: number, at: number): number => {
    nack.gap(seq, seq + 1, ms(at));
    for (let wait = 0; ; wait += 1) if (nack.due(ms(at + wait)).includes(seq)) return wait;
  };
  assert.equal(firstDue(10, 0), 5);
  nack.straggled(10, ms(18));
  assert.equal(rtt.medianUs, 60_000);
  assert.equal(firstDue(20, 100), 18);
  nack.straggled(20, ms(500));
  assert.equal(firstDue(30, 1000), 50);
  for (let i = 0; i < 400; i += 1) nack.gap(100 + i, 101 + i, ms(2000));
  assert.equal(firstDue(900, 3000), 6);
});

test('NACK: retries are neither denser than 20 ms nor rarer than 500 ms', () => {
  for (const [rttMs, firstRetry] of [
    [1, 25],
    [2000, 505],
  ] as const) {
    const [nack] = nackWith(rttMs);
    nack.gap(1, 2, ms(0));
    nack.due(ms(5));
    assert.deepEqual(nack.due(ms(firstRetry - 1)), []);
    assert.deepEqual(nack.due(ms(firstRetry)), [1]);
  }
});

test('NACK: without negotiation gaps are only watched; the list is bounded, the oldest go first', () => {
  const silent = new NackGenerator({ ...options, enabled: false }, new RetransmissionRtt(1000));
  silent.gap(1, 5, ms(0));
  assert.deepEqual(silent.due(ms(500)), []);
  assert.equal(silent.giveUp(ms(1000)), 4);
  const [nack] = nackWith(60);
  assert.equal(nack.gap(0, 900, ms(0)), 0);
  assert.equal(nack.gap(1000, 1200, ms(1)), 100);
  assert.equal(nack.size, 1000);
  assert.equal(nack.due(ms(10))[0], 100);
  assert.ok(nack.due(ms(11)).length <= 250, 'one round fits a datagram');
  assert.equal(nack.gap(2000, 5000, ms(20)), 3000);
  assert.equal(nack.size, 1000);
});

test('round trip: the median passes over answers to a second request and follows a real rise', () => {
  const rtt = new RetransmissionRtt(100_000);
  [60, 61, 135, 60, 62].forEach((sample) => rtt.sample(sample * 1000));
  assert.equal(rtt.medianUs, 61_000);
  for (let i = 0; i < 15; i += 1) rtt.sample(250_000);
  assert.equal(rtt.medianUs, 250_000);
});

test('window: numbers grow over wraps, duplicates and late ones are told apart', () => {
  const window = new SequenceWindow();
  assert.equal(window.accept(65_534), 131_070);
  assert.equal(window.accept(1), 131_073);
  assert.equal(window.accept(65_535), 131_071);
  assert.equal(window.accept(65_535), -1);
  assert.equal(window.accept(1), -1);
  assert.equal(window.accept(0), 131_072);
  assert.equal(window.accept(65_533), 131_069, 'earlier than the first');
});

test('window: over five wraps with losses and reordering nothing is taken twice and nothing is refused', () => {
  const window = new SequenceWindow();
  let refused = 0;
  for (let i = 0; i < 65_536 * 5; i += 4) {
    for (const seq of [i, i + 2, i + 1]) if (window.accept(seq & 0xffff) !== 65_536 + seq) refused += 1;
    if (window.accept((i + 1) & 0xffff) !== -1) refused += 1;
  }
  assert.equal(refused, 0);
});

test('window: one stray packet is dropped, two in a row are a restart that goes on upward', () => {
  const window = new SequenceWindow();
  window.accept(100);
  assert.equal(window.accept(40_000), -1);
  assert.equal(window.accept(101), 65_637);
  assert.equal(window.accept(50_000), -1);
  const restarted = window.accept(50_001);
  assert.equal(restarted & 0xffff, 50_001);
  assert.ok(restarted > 65_637);
  assert.equal(window.restarts, 1);
  assert.equal(window.accept(50_002), restarted + 1);
  assert.equal(window.accept(10), -1);
  const again = window.accept(11);
  assert.ok(again > restarted && (again & 0xffff) === 11, 'backward, and still upward');
});

test('window: a sender that starts anew just behind itself is believed in the end', () => {
  const window = new SequenceWindow();
  for (let seq = 1000; seq < 2000; seq += 1) window.accept(seq);
  const taken = Array.from({ length: 60 }, (_, i) => window.accept(1500 + i)).filter((extended) => extended >= 0);
  assert.equal(window.restarts, 1);
  assert.ok(taken.length >= 9 && taken.every((extended) => extended > 65_536 + 2000));
});

test('window: repairs fill gaps and the tail, and never restart the stream', () => {
  const window = new SequenceWindow();
  assert.equal(window.acceptRepair(5), -1, 'before the stream');
  window.accept(100);
  window.accept(103);
  assert.equal(window.acceptRepair(101), 65_637);
  assert.equal(window.acceptRepair(101), -1);
  assert.equal(window.acceptRepair(99), -1, 'before its first packet');
  assert.equal(window.acceptRepair(104), 65_640);
  assert.equal(window.acceptRepair(20_000), -1);
  assert.equal(window.acceptRepair(20_001), -1);
  assert.equal(window.restarts, 0);
});

test('reports: loss and extended numbers as RFC 3550 A.3 counts them', () => {
  const reception = new ReceptionStatistics(90_000);
  assert.equal(reception.report(1, ms(0)), undefined);
  for (let seq = 0; seq < 100; seq += 1) {
    if (seq % 4 !== 3) reception.packet(65_536 + 65_500 + seq, seq * 3000, monoUs(Math.round((seq * 1e6) / 30)));
  }
  const first = reception.report(7, ms(4000));
  // 100 … 98 expected: the last of a hundred was lost and is not known yet.
  assert.deepEqual([first?.ssrc, first?.cumulativeLost, first?.highestSeq], [7, 24, 65_500 + 98]);
  assert.equal(first?.fractionLost, Math.floor((24 * 256) / 99));
  assert.equal(first?.jitter, 0);
  assert.equal(reception.report(7, ms(5000))?.fractionLost, 0, 'nothing since');
});

test('reports: jitter as RFC 3550 A.8, and the age of the last sender report', () => {
  const reception = new ReceptionStatistics(90_000);
  let jitter = 0;
  for (let i = 0; i < 50; i += 1) {
    const late = i % 2 === 0 ? 0 : 10_000;
    reception.packet(65_536 + i, (i * 1800) >>> 0, monoUs(i * 20_000 + late));
    if (i > 0) jitter += (900 - jitter) / 16;
  }
  // A jump of the sender's clock is not jitter.
  reception.packet(65_586, 2 ** 31 - 1, ms(1000));
  reception.senderReport(0x0001_1234, 0x5678_0000, ms(1000));
  const report = reception.report(1, ms(1500));
  assert.equal(report?.jitter, Math.floor(jitter));
  assert.equal(report?.lastSenderReport, 0x1234_5678);
  assert.equal(report?.delaySinceLastSenderReport, 32_768);
});

test('key frames: asked for at once, then with pauses that double to three seconds, until one comes', () => {
  const requester = new KeyFrameRequester();
  assert.equal(requester.due(ms(0)), false);
  requester.want(ms(0));
  const asked: number[] = [];
  for (let t = 0; t <= 12_000; t += 10) if (requester.due(ms(t))) asked.push(t);
  assert.deepEqual(asked, [0, 250, 750, 1750, 3750, 6750, 9750]);
  requester.satisfied();
  assert.equal(requester.due(ms(20_000)), false);
});

test('key frames: a grace lets one come unasked; a new wish waits for the pause after the last request', () => {
  const requester = new KeyFrameRequester();
  requester.want(ms(0), 250_000);
  assert.equal(requester.due(ms(249)), false);
  assert.equal(requester.due(ms(250)), true);
  requester.satisfied();
  requester.want(ms(300));
  assert.equal(requester.due(ms(499)), false);
  assert.equal(requester.due(ms(500)), true);
});
