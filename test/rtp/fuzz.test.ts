import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FakeClock } from '../../src/clock.ts';
import { createReceiverSession } from '../../src/rtp/receiver.ts';
import { buildNack, buildPli } from '../../src/rtp/rtcp-build.ts';
import { createSenderSession } from '../../src/rtp/sender.ts';
import { rtpTicks } from '../../src/units.ts';
import { modelExtensions, modelMedia, ModelSender } from './model-sender.ts';
import { seededRandom } from './seeded-random.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Flips, cuts and repeats bytes; the number of changes is small so that many packets stay nearly right. */
function mutate(original: Uint8Array, random: () => number): Uint8Array {
  const length = random() < 0.2 ? Math.floor(random() * original.length) : original.length;
  const bytes = Uint8Array.from(original.subarray(0, length));
  const changes = Math.floor(random() * 4);
  const reach = random() < 0.8 ? Math.min(40, bytes.length) : bytes.length;
  for (let i = 0; i < changes; i += 1) bytes[Math.floor(random() * reach)] = Math.floor(random() * 256);
  return bytes;
}

/** Datagrams of a model sender, RTP and RTCP. */
function recordedDatagrams(): Uint8Array[] {
  const clock = new FakeClock();
  const datagrams: Uint8Array[] = [];
  const options = { redundancy: 2, firstSeq: 65_000, firstTimestamp: 0, packetsPerFrame: 3 };
  const sender = new ModelSender(clock, options, (bytes) => datagrams.push(Uint8Array.from(bytes)) > 0);
  clock.advance(5000);
  sender.close();
  return datagrams;
}

test('a receiver takes 100,000 mutated datagrams without a throw and without growing', () => {
  const random = seededRandom(11);
  const datagrams = recordedDatagrams();
  const clock = new FakeClock();
  let delivered = 0;
  let longest = 0;
  const session = createReceiverSession(modelMedia, modelExtensions, {
    onPacket: (packet) => {
      delivered += 1;
      assert.ok(Number.isSafeInteger(packet.seq) && packet.seq > 0 && packet.payload.length <= 1500);
    },
    onSenderReport: (report) => assert.ok(Number.isSafeInteger(report.ntpUs)),
    onBye: () => undefined,
    sendRtcp: (bytes) => (longest = Math.max(longest, bytes.length)),
  });
  const heapAfter: number[] = [];
  for (let i = 0; i < 100_000; i += 1) {
    const bytes = mutate(datagrams[Math.floor(random() * datagrams.length)]!, random);
    session.receive(bytes, clock.wallUs(), clock.monoUs());
    if (i % 10 === 0) {
      clock.advance(10);
      session.tick(clock.monoUs());
    }
    if (i % 50_000 === 49_999) heapAfter.push(settledHeap());
  }
  const { malformed, unknownStream } = session.stats;
  assert.ok(delivered > 1000 && malformed > 1000 && unknownStream > 1000, `${delivered} ${malformed} ${unknownStream}`);
  assert.ok(longest <= 1200, `${longest}`);
  assert.ok(heapAfter[1]! - heapAfter[0]! < 2_000_000, heapAfter.join(' '));
});

/** Bytes in use once garbage is gone. */
function settledHeap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

test('pure noise of every length is dropped and counted', () => {
  const random = seededRandom(12);
  const session = createReceiverSession(modelMedia, modelExtensions, {
    onPacket: () => undefined,
    onSenderReport: () => undefined,
    onBye: () => undefined,
    sendRtcp: () => undefined,
  });
  const clock = new FakeClock();
  for (let i = 0; i < 20_000; i += 1) {
    const bytes = Uint8Array.from({ length: i % 200 }, () => Math.floor(random() * 256));
    session.receive(bytes, clock.wallUs(), clock.monoUs());
  }
  assert.ok(session.stats.malformed > 10_000);
});

test('a sender takes mutated RTCP without a throw and answers nothing that was never sent', () => {
  const random = seededRandom(13);
  const clock = new FakeClock();
  let sent = 0;
  const session = createSenderSession(
    [
      {
        mid: '0',
        media: 'video',
        codec: 'h264',
        clockRate: 90_000,
        payloadType: 96,
        ssrc: 1,
        rtxPayloadType: 97,
        rtxSsrc: 2,
      },
    ],
    { sendRtp: () => (sent += 1), sendRtcp: () => undefined, onKeyFrameWanted: () => undefined },
    { random },
  );
  const feedback = [buildNack(9, 1, [1, 2, 3, 30, 400]), buildPli(9, 1), ...recordedDatagrams().slice(-20)];
  for (let i = 0; i < 20_000; i += 1) {
    session.receive(mutate(feedback[Math.floor(random() * feedback.length)]!, random), clock.monoUs());
    clock.advance(1);
    session.tick(clock.monoUs());
  }
  assert.equal(sent, 0);
  const payload = Uint8Array.of(0x65);
  const packet = {
    ssrc: 5,
    seq: 1,
    timestamp: rtpTicks(0),
    marker: true,
    level: 255,
    arrivalUs: clock.wallUs(),
    payload,
  };
  session.forward(0, packet, clock.monoUs());
  assert.equal(sent, 1);
});
