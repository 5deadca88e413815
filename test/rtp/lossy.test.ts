import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import { createReceiverSession } from '../../src/rtp/receiver.ts';
import type { ReceivedPacket, ReceiverStats } from '../../src/rtp/session.ts';
import { readFeedback } from './feedback-reader.ts';
import { LossyLink, type LinkOptions } from './lossy-link.ts';
import { modelExtensions, modelMedia, ModelSender, opusPacket } from './model-sender.ts';
import { seededRandom } from './seeded-random.ts';

/** A frame that is not whole by then is of little use to a recorder that keeps pace. */
const DEADLINE_US = 500_000;

interface Outcome {
  readonly stats: ReceiverStats;
  readonly sender: ModelSender;
  /** Share of frames whose every packet came in time. */
  readonly frames: number;
  /** By sound number, whether it was delivered. */
  readonly sounds: readonly boolean[];
  readonly packets: readonly ReceivedPacket[];
  /** Retransmissions as a share of all RTP packets sent. */
  readonly retransmitted: number;
  readonly reports: number;
}

/** Runs a sender and a receiver over a path of 60 ms round trip for so many seconds. */
function run(
  seconds: number,
  link: Partial<LinkOptions>,
  redundancy: number,
  seed: number,
  deadlineUs = DEADLINE_US,
): Outcome {
  const clock = new FakeClock();
  const random = seededRandom(seed);
  const options = { loss: 0, delayMs: 30, ...link };
  const packets: ReceivedPacket[] = [];
  let reports = 0;
  // Bursts are counted in datagrams; on the sparse way back one would last for half a second.
  const back = new LossyLink(clock, random, { ...options, burst: 1 }, (bytes) => sender.receive(bytes));
  const session = createReceiverSession(modelMedia, modelExtensions, {
    onPacket: (packet) => packets.push({ ...packet, payload: Uint8Array.from(packet.payload.subarray(0, 8)) }),
    onSenderReport: (report) => {
      reports += 1;
      assert.equal(report.ntpUs % 1_000_000, 0, 'sender reports are sent at whole seconds');
    },
    onBye: () => assert.fail('nobody said BYE'),
    sendRtcp: (bytes) => back.send(bytes),
  });
  const there = new LossyLink(clock, random, options, (bytes) =>
    session.receive(bytes, clock.wallUs(), clock.monoUs()),
  );
  const firstSeq = 64_000;
  const sender = new ModelSender(
    clock,
    { redundancy, firstSeq, firstTimestamp: 2 ** 32 - 900_000, packetsPerFrame: 5 },
    (bytes) => there.send(bytes),
  );
  clock.every(10, () => session.tick(clock.monoUs()));
  clock.advance(seconds * 1000);
  sender.close();
  clock.advance(2000);
  const startUs = clock.wallUs() - clock.monoUs();
  return {
    stats: session.stats,
    sender,
    frames: wholeFrames(packets, sender, startUs + deadlineUs) / sender.frames,
    sounds: soundsOf(packets, sender),
    packets,
    retransmitted: sender.retransmissions / (sender.transportSeq - 65_000),
    reports,
  };
}

function wholeFrames(packets: readonly ReceivedPacket[], sender: ModelSender, deadlineUs: number): number {
  const missing = new Map<number, number>();
  let whole = 0;
  for (const { media, payload, arrivalUs } of packets) {
    if (media !== 1) continue;
    const frame = Buffer.from(payload).readUInt32BE(2);
    if (arrivalUs - deadlineUs > sender.frameSentAt[frame]!) continue;
    const left = (missing.get(frame) ?? payload[7]!) - 1;
    missing.set(frame, left);
    if (left === 0) whole += 1;
  }
  return whole;
}

function soundsOf(packets: readonly ReceivedPacket[], sender: ModelSender): boolean[] {
  const present = Array.from({ length: sender.sounds }, () => false);
  for (const { media, payload, seq, timestamp } of packets) {
    if (media !== 0) continue;
    const sound = Buffer.from(payload).readUInt32BE();
    assert.equal(seq, 65_536 + 64_000 + sound);
    assert.equal(timestamp, (2 ** 32 - 900_000 + sound * 960) % 2 ** 32);
    assert.deepEqual(Buffer.from(payload), opusPacket(sound).subarray(0, 8));
    assert.equal(present[sound], false, 'no sound twice');
    present[sound] = true;
  }
  return present;
}

const share = (present: readonly boolean[]): number => present.filter(Boolean).length / present.length;

test('a clean path: all arrives once, nothing is asked for, one key frame', () => {
  const { stats, frames, sounds, packets, sender, reports } = run(30, {}, 1, 1);
  assert.equal(frames, 1);
  assert.equal(share(sounds), 1);
  assert.equal(packets.length, sender.frames * 5 + 5 + sender.sounds);
  assert.deepEqual(
    [stats.nacksSent, stats.plisSent, stats.duplicates, stats.lostForGood, stats.malformed, stats.unknownStream],
    [0, 0, 0, 0, 0, 0],
  );
  assert.equal(reports, 60);
});

test('reordering by up to 4 ms is not asked for', () => {
  const { stats, frames } = run(30, { jitterMs: 4 }, 1, 2);
  assert.equal(frames, 1);
  assert.equal(stats.nacksSent, 0);
});

for (const loss of [0.02, 0.05]) {
  test(`${loss * 100} % loss both ways: 99.9 % of frames are whole within half a second`, () => {
    const { frames, retransmitted } = run(120, { loss }, 1, 3);
    assert.ok(frames >= 0.999, `${frames}`);
    assert.ok(retransmitted < loss * 1.4, `${retransmitted} of all packets were retransmissions`);
  });
}

test('5 % loss in bursts of four, with reordering: 99.9 % of frames are whole', () => {
  const { frames, stats, retransmitted } = run(120, { loss: 0.05, burst: 4, jitterMs: 15 }, 1, 4);
  assert.ok(frames >= 0.999, `${frames}`);
  assert.ok(stats.recoveredByRtx > 500);
  assert.ok(retransmitted < 0.07, `${retransmitted}`);
});

test('10 % loss: 99.5 % of frames are whole, and every sound of which either copy came is there', () => {
  const { frames, sounds, sender, stats } = run(120, { loss: 0.1 }, 1, 5);
  assert.ok(frames >= 0.995, `${frames}`);
  const possible = sender.soundArrives.map((arrives, i) => arrives || sender.soundArrives[i + 1] === true);
  // The very first sound is not waited for when its own packet is lost.
  assert.deepEqual(sounds.slice(1), possible.slice(1));
  assert.ok(share(sender.soundArrives) < 0.92);
  assert.ok(share(sounds) >= 0.985, `${share(sounds)}`);
  assert.ok(stats.recoveredByRed > 400);
});

test('10 % loss and two redundant blocks: 99.5 % of the sounds are there', () => {
  const { sounds } = run(120, { loss: 0.1 }, 2, 6);
  assert.ok(share(sounds) >= 0.995, `${share(sounds)}`);
});

test('5 % loss at 300 ms round trip: retries follow a round trip that nobody told', () => {
  const { frames, retransmitted } = run(60, { loss: 0.05, delayMs: 150 }, 1, 7, 1_200_000);
  assert.ok(frames >= 0.999, `${frames}`);
  assert.ok(retransmitted < 0.08, `${retransmitted}`);
});

test('without a way back nothing is repaired, and a key frame is asked for again and again', () => {
  const clock = new FakeClock();
  const session = createReceiverSession(modelMedia, modelExtensions, {
    onPacket: () => undefined,
    onSenderReport: () => undefined,
    onBye: () => undefined,
    sendRtcp: () => undefined,
  });
  const link = new LossyLink(clock, seededRandom(8), { loss: 0.05, delayMs: 30 }, (bytes) =>
    session.receive(bytes, clock.wallUs(), clock.monoUs()),
  );
  const options = { redundancy: 1, firstSeq: 0, firstTimestamp: 0, packetsPerFrame: 5 };
  const sender = new ModelSender(clock, options, (bytes) => link.send(bytes));
  clock.every(10, () => session.tick(clock.monoUs()));
  clock.advance(20_000);
  sender.close();
  assert.equal(session.stats.recoveredByRtx, 0);
  assert.ok(session.stats.lostForGood > 100);
  assert.ok(session.stats.plisSent >= 7 && session.stats.plisSent <= 12, `${session.stats.plisSent}`);
});

test('transport-wide feedback, read back, tells when every datagram came', () => {
  const clock = new FakeClock();
  const arrivals = new Map<number, number>();
  const told = new Map<number, number>();
  let losses = 0;
  const session = createReceiverSession(modelMedia, modelExtensions, {
    onPacket: () => undefined,
    onSenderReport: () => undefined,
    onBye: () => undefined,
    sendRtcp: (bytes) => {
      assert.ok(bytes.length <= 1200);
      for (const { seq, arrivalUs } of readFeedback(bytes).flatMap(({ statuses }) => statuses)) {
        if (arrivalUs === null) losses += 1;
        else told.set(seq, arrivalUs);
      }
    },
  });
  const link = new LossyLink(clock, seededRandom(9), { loss: 0.05, delayMs: 30, jitterMs: 20 }, (bytes) => {
    if (bytes[1]! < 192 || bytes[1]! > 223) arrivals.set((bytes[17]! << 8) | bytes[18]!, clock.monoUs());
    session.receive(bytes, clock.wallUs(), clock.monoUs());
  });
  const options = { redundancy: 1, firstSeq: 65_500, firstTimestamp: 0, packetsPerFrame: 5 };
  const sender = new ModelSender(clock, options, (bytes) => link.send(bytes));
  clock.every(10, () => session.tick(clock.monoUs()));
  clock.advance(60_000);
  sender.close();
  clock.advance(200);
  assert.ok(arrivals.size > 10_000 && losses > 400);
  assert.equal(told.size, arrivals.size);
  for (const [seq, at] of arrivals) assert.equal(told.get(seq), Math.floor(at / 250) * 250);
});
