/**
 * Microseconds per packet of the pure RTP core on this thread: receiving (parse, transport-wide feedback, repair
 * bookkeeping, delivery) and sending on to one viewer. Run: `node bench/rtp-core.ts [--quick | seconds of media]`.
 */
import { FakeClock } from '../src/clock.ts';
import { createReceiverSession } from '../src/rtp/receiver.ts';
import { createSenderSession } from '../src/rtp/sender.ts';
import type { ReceivedPacket } from '../src/rtp/session.ts';
import { LossyLink } from '../test/rtp/lossy-link.ts';
import { modelExtensions, modelMedia, ModelSender } from '../test/rtp/model-sender.ts';
import { seededRandom } from '../test/rtp/seeded-random.ts';
import { report } from './report.ts';

interface Datagram {
  readonly bytes: Buffer;
  readonly at: number;
}

const asked = Number(process.argv[2]);
const seconds = process.argv.includes('--quick') ? 20 : asked > 0 ? asked : 60;
const sessions = 40;

/** What arrives of a publisher's media over a path that loses `loss`; nothing is retransmitted. */
function record(loss: number): Datagram[] {
  const clock = new FakeClock();
  const datagrams: Datagram[] = [];
  const link = new LossyLink(clock, seededRandom(1), { loss, delayMs: 30 }, (bytes) =>
    datagrams.push({ bytes: Buffer.from(bytes), at: clock.monoUs() }),
  );
  const options = { redundancy: 1, firstSeq: 0, firstTimestamp: 0, packetsPerFrame: 5 };
  const sender = new ModelSender(clock, options, (bytes) => link.send(bytes));
  clock.advance(seconds * 1000);
  sender.close();
  return datagrams;
}

/** Feeds as many sessions with the same datagrams, a tick each 10 ms, and returns microseconds per datagram. */
function receive(datagrams: readonly Datagram[], onPacket: (packet: ReceivedPacket) => void): number {
  const clock = new FakeClock();
  let rtcp = 0;
  const events = {
    onPacket,
    onSenderReport: () => undefined,
    onBye: () => undefined,
    sendRtcp: (bytes: Uint8Array) => (rtcp += bytes.length),
  };
  const all = Array.from({ length: sessions }, () => createReceiverSession(modelMedia, modelExtensions, events));
  const start = performance.now();
  let nextTick = 0;
  for (const { bytes, at } of datagrams) {
    while (clock.monoUs() < at) clock.advance((at - clock.monoUs()) / 1000);
    const wall = clock.wallUs();
    const now = clock.monoUs();
    if (at >= nextTick) for (const session of all) session.tick(now);
    if (at >= nextTick) nextTick = at + 10_000;
    for (const session of all) session.receive(bytes, wall, now);
  }
  return ((performance.now() - start) * 1000) / (datagrams.length * sessions);
}

/** Sends the packets on to one viewer and returns microseconds per packet. */
function send(packets: readonly ReceivedPacket[]): number {
  const clock = new FakeClock();
  const media = modelMedia.map(({ mid, media, codec, clockRate, payloadType }, index) => ({
    mid,
    media,
    codec,
    clockRate,
    payloadType,
    ssrc: index + 1,
  }));
  let bytesSent = 0;
  const session = createSenderSession(media, {
    sendRtp: (bytes) => (bytesSent += bytes.length),
    sendRtcp: () => undefined,
    onKeyFrameWanted: () => undefined,
  });
  const start = performance.now();
  packets.forEach((packet) => session.forward(packet.media, packet, clock.monoUs()));
  return ((performance.now() - start) * 1000) / packets.length;
}

/** What any receiver pays that keeps a packet: one copy of its payload. */
function justCopy(datagrams: readonly Datagram[]): number {
  const ring: Uint8Array[] = Array.from({ length: 1024 }, () => Buffer.alloc(0));
  let at = 0;
  const start = performance.now();
  for (let i = 0; i < sessions; i++)
    for (const { bytes } of datagrams) ring[at++ & 1023] = Buffer.from(bytes.subarray(12));
  return ((performance.now() - start) * 1000) / (datagrams.length * sessions);
}

const group = 'rtp core';
const unit = 'µs a packet';
for (const loss of [0, 0.05]) {
  const datagrams = record(loss);
  const kept: ReceivedPacket[] = [];
  receive(datagrams.slice(0, 2000), (packet) => kept.push(packet));
  let delivered = 0;
  const measured = receive(datagrams, () => (delivered += 1));
  const baseline = justCopy(datagrams);
  console.log(`receive, ${loss * 100} % loss: ${measured.toFixed(2)} µs a packet (${delivered} delivered)`);
  report({ group, name: `receive, ${loss * 100} % loss`, unit, measured, baseline });
  if (loss > 0) continue;
  const sending = send(kept);
  console.log(`send on to a viewer: ${sending.toFixed(2)} µs a packet (${kept.length})`);
  report({ group, name: 'send on to a viewer', unit, measured: sending });
}
