import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import { ntpToWallUs, wallUsToNtp, middleNtp } from '../../src/rtp/ntp.ts';
import { buildFir, buildNack, buildPli, buildReceiverReport } from '../../src/rtp/rtcp-build.ts';
import { parseRtcp, type RtcpPacket, type SenderReport } from '../../src/rtp/rtcp-packet.ts';
import { RtpReader } from '../../src/rtp/rtp-packet.ts';
import { createSenderSession, type SenderSession } from '../../src/rtp/sender.ts';
import type { OutgoingMedia, SourcePacket } from '../../src/rtp/sender-options.ts';
import { rtpTicks, wallUs } from '../../src/units.ts';

const IDR = Uint8Array.of(0x65, 1, 2, 3);
const SLICE = Uint8Array.of(0x41, 4, 5, 6);
const media: readonly OutgoingMedia[] = [
  { mid: 'a', media: 'audio', codec: 'opus', clockRate: 48_000, payloadType: 111, ssrc: 11 },
  {
    mid: 'v',
    media: 'video',
    codec: 'h264',
    clockRate: 90_000,
    payloadType: 96,
    ssrc: 21,
    rtxPayloadType: 97,
    rtxSsrc: 22,
  },
];

interface Sent {
  readonly pt: number;
  readonly ssrc: number;
  readonly seq: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly mid: string | undefined;
  readonly level: number;
  readonly payload: number[];
}

/** A sending session on a clock of its own, and what came out of it. */
class Bench {
  readonly clock = new FakeClock();
  readonly session: SenderSession;
  rtp: Sent[] = [];
  rtcp: RtcpPacket[] = [];
  asked: number[] = [];
  readonly #reader = new RtpReader({ mid: 4, audioLevel: 1 });

  constructor(one: readonly OutgoingMedia[] = media) {
    this.session = createSenderSession(
      one,
      {
        sendRtp: (bytes) => this.rtp.push(this.#read(bytes)),
        sendRtcp: (bytes) => this.rtcp.push(...(parseRtcp(bytes) ?? assert.fail('malformed'))),
        onKeyFrameWanted: (index) => this.asked.push(index),
      },
      { extensions: { mid: 4, audioLevel: 1 }, random: () => 0.999 },
    );
  }

  video(seq: number, payload: Uint8Array, changed: Partial<SourcePacket> = {}): void {
    this.#forward(1, { ssrc: 7, seq, timestamp: rtpTicks(seq * 3000), payload, ...changed });
  }

  audio(seq: number, changed: Partial<SourcePacket> = {}): void {
    this.#forward(0, { ssrc: 5, seq, timestamp: rtpTicks(seq * 960), payload: Uint8Array.of(seq & 0xff), ...changed });
  }

  receive(bytes: Uint8Array): void {
    this.session.receive(bytes, this.clock.monoUs());
  }

  pass(ms: number): void {
    for (let t = 0; t < ms; t += 10) {
      this.clock.advance(10);
      this.session.tick(this.clock.monoUs());
    }
  }

  reports(ssrc: number): SenderReport[] {
    return this.rtcp.filter((packet) => packet.type === 'sender-report').filter((report) => report.ssrc === ssrc);
  }

  #forward(index: number, packet: Omit<SourcePacket, 'marker' | 'level' | 'arrivalUs'> & Partial<SourcePacket>): void {
    const base = { marker: true, level: 255, arrivalUs: this.clock.wallUs() };
    this.session.forward(index, { ...base, ...packet }, this.clock.monoUs());
  }

  #read(bytes: Uint8Array): Sent {
    const reader = this.#reader;
    assert.ok(reader.read(bytes));
    return {
      pt: reader.payloadType,
      ssrc: reader.ssrc,
      seq: reader.sequenceNumber,
      timestamp: reader.timestamp,
      marker: reader.marker,
      mid: reader.mid(bytes),
      level: reader.level,
      payload: [...bytes.subarray(reader.payloadStart, reader.payloadEnd)],
    };
  }
}

test('video begins with a key frame, which is asked for until it comes', () => {
  const bench = new Bench();
  bench.pass(10);
  assert.deepEqual(bench.asked, [1]);
  bench.video(10, SLICE);
  bench.pass(300);
  assert.deepEqual(bench.asked, [1, 1]);
  assert.equal(bench.rtp.length, 0);
  bench.video(12, IDR);
  bench.video(11, SLICE);
  bench.video(13, SLICE);
  bench.pass(5000);
  assert.deepEqual(bench.asked, [1, 1]);
  assert.deepEqual(
    bench.rtp.map(({ payload }) => payload[1]),
    [1, 4],
  );
  assert.equal(bench.session.stats().dropped, 2);
});

test("numbers, SSRC, type, MID and level are the viewer's; payload and marker are the source's", () => {
  const bench = new Bench();
  bench.video(10, IDR, { marker: false });
  bench.audio(3, { level: 40 });
  bench.audio(4);
  const [video, loud, unknown] = bench.rtp;
  assert.deepEqual(
    [video?.pt, video?.ssrc, video?.mid, video?.marker, video?.level, video?.payload],
    [96, 21, 'v', false, 255, [0x65, 1, 2, 3]],
  );
  assert.deepEqual([loud?.pt, loud?.ssrc, loud?.mid, loud?.level], [111, 11, 'a', 40]);
  assert.deepEqual([unknown?.mid, unknown?.level], ['a', 255]);
  assert.equal(unknown!.timestamp - loud!.timestamp, 960);
});

test('another source goes on in number and time, with a key frame, whatever its own numbers are', () => {
  const bench = new Bench();
  bench.video(1000, IDR);
  bench.video(1002, SLICE);
  bench.clock.advance(100);
  bench.video(60_000, SLICE, { ssrc: 8, timestamp: rtpTicks(5) });
  bench.video(60_001, IDR, { ssrc: 8, timestamp: rtpTicks(3005) });
  bench.video(60_002, SLICE, { ssrc: 8, timestamp: rtpTicks(6005) });
  const [first, ...rest] = bench.rtp;
  assert.deepEqual(
    rest.map(({ seq }) => (seq - first!.seq) & 0xffff),
    [2, 3, 4],
  );
  assert.deepEqual(
    rest.map(({ timestamp }) => (timestamp - first!.timestamp) >>> 0),
    [6000, 6000 + 9000, 18_000],
  );
});

test("a jump of the source's numbers is another beginning: no picture until a key frame", () => {
  const bench = new Bench();
  bench.video(1, IDR);
  bench.video(5000, SLICE);
  bench.video(5001, IDR);
  assert.equal(bench.rtp.length, 2);
  assert.equal((bench.rtp[1]!.seq - bench.rtp[0]!.seq) & 0xffff, 1);
  bench.audio(1);
  bench.audio(50_000);
  assert.equal((bench.rtp[3]!.seq - bench.rtp[2]!.seq) & 0xffff, 1);
});

test('70,000 packets: the viewer sees every number once, over the wrap', () => {
  const bench = new Bench();
  for (let seq = 0; seq < 70_000; seq += 1) bench.audio(65_536 + seq);
  const first = bench.rtp[0]!.seq;
  assert.ok(bench.rtp.every(({ seq }, i) => seq === ((first + i) & 0xffff)));
});

test('a padding-only packet of the source stays one, so that the viewer sees no gap', () => {
  const bench = new Bench();
  bench.video(1, IDR);
  bench.video(2, new Uint8Array(0));
  bench.video(3, SLICE);
  assert.deepEqual(
    bench.rtp.map(({ payload }) => payload.length),
    [4, 0, 4],
  );
});

test('a NACK is answered by RTX, not twice at once, not for ever, and not from beyond the history', () => {
  const bench = new Bench();
  for (let seq = 0; seq < 600; seq += 1) bench.video(seq, seq === 0 ? IDR : Uint8Array.of(0x41, seq >> 8, seq));
  const wanted = bench.rtp[590]!;
  const tooOld = bench.rtp[10]!.seq;
  bench.rtp = [];
  bench.receive(buildNack(1, 21, [tooOld, wanted.seq]));
  bench.receive(buildNack(1, 21, [wanted.seq]));
  bench.receive(buildNack(1, 999, [wanted.seq]));
  assert.equal(bench.rtp.length, 1);
  const [rtx] = bench.rtp;
  assert.deepEqual([rtx?.pt, rtx?.ssrc, rtx?.timestamp, rtx?.marker, rtx?.mid], [97, 22, wanted.timestamp, true, 'v']);
  assert.deepEqual(rtx?.payload, [wanted.seq >> 8, wanted.seq & 0xff, ...wanted.payload]);
  assert.equal(bench.session.stats().notInHistory, 1);
  for (let i = 0; i < 50; i += 1) {
    bench.clock.advance(20);
    bench.receive(buildNack(1, 21, [wanted.seq]));
  }
  assert.equal(bench.session.stats().retransmitted, 10);
  assert.deepEqual(
    bench.rtp.map(({ seq }) => (seq - bench.rtp[0]!.seq) & 0xffff),
    [...bench.rtp.keys()],
  );
});

test('without RTX the packet itself is sent again', () => {
  const bench = new Bench();
  bench.audio(1);
  bench.receive(buildNack(1, 11, [bench.rtp[0]!.seq]));
  assert.deepEqual(bench.rtp[1], bench.rtp[0]);
});

test('PLI and FIR of the viewer ask the source for a key frame, at a limited rate', () => {
  const bench = new Bench();
  bench.video(1, IDR);
  bench.pass(1000);
  assert.deepEqual(bench.asked, []);
  for (let i = 0; i < 100; i += 1) {
    bench.receive(buildPli(1, 21));
    bench.receive(buildFir(1, 21, i));
    bench.receive(buildPli(1, 11));
    bench.pass(10);
  }
  assert.equal(bench.asked.length, 3);
  bench.video(2, IDR);
  bench.pass(5000);
  assert.equal(bench.asked.length, 3);
  assert.equal(bench.session.stats().keyFramesAsked, 3);
});

/** Our wall time of a timestamp by the last report of its stream. */
function placed(bench: Bench, ssrc: number, clockRate: number, timestamp: number): number {
  const report = bench.reports(ssrc).at(-1)!;
  return ntpToWallUs(report.ntpSeconds, report.ntpFraction) + (((timestamp - report.rtp) | 0) * 1e6) / clockRate;
}

test("sender reports: before the source's own, arrival places a stream; they go at once and each second", () => {
  const bench = new Bench();
  bench.pass(500);
  assert.equal(bench.rtcp.length, 0);
  const at = bench.clock.wallUs();
  bench.audio(100);
  bench.pass(2010);
  assert.equal(bench.reports(11).length, 3);
  assert.equal(bench.reports(21).length, 0);
  assert.ok(Math.abs(placed(bench, 11, 48_000, bench.rtp[0]!.timestamp) - at) < 25);
  const last = bench.reports(11).at(-1);
  assert.deepEqual([last?.packets, last?.octets], [1, 1]);
});

test("sender reports: sound and picture of one moment stay together though the source's clock is an hour off", () => {
  const bench = new Bench();
  const hour = 3_600_000_000;
  bench.clock.advance(1000);
  // Both were taken at the same moment; the picture came 80 ms after the sound.
  const takenUs = bench.clock.wallUs() - 50_000;
  bench.audio(1, { timestamp: rtpTicks(48_000) });
  bench.clock.advance(80);
  bench.video(1, IDR, { timestamp: rtpTicks(90_000) });
  const report = (ssrc: number, rtp: number) => ({
    ssrc,
    ntpUs: wallUs(takenUs + hour),
    rtp: rtpTicks(rtp),
    arrivalUs: wallUs(takenUs + (ssrc === 5 ? 30_000 : 90_000)),
  });
  bench.session.senderReport(0, report(5, 48_000));
  bench.session.senderReport(1, report(7, 90_000));
  bench.session.senderReport(1, report(4711, 1));
  bench.pass(1100);
  const sound = placed(bench, 11, 48_000, bench.rtp[0]!.timestamp);
  const picture = placed(bench, 21, 90_000, bench.rtp[1]!.timestamp);
  assert.ok(Math.abs(sound - picture) < 25, `${sound - picture}`);
  assert.ok(Math.abs(sound - (takenUs + 30_000)) < 25, 'by the report that came fastest');
});

test("round trip and loss come from the viewer's report", () => {
  const bench = new Bench();
  bench.audio(1);
  bench.pass(10);
  const [report] = bench.reports(11);
  bench.clock.advance(150);
  const block = {
    ssrc: 11,
    fractionLost: 26,
    cumulativeLost: 1,
    highestSeq: 1,
    jitter: 0,
    lastSenderReport: middleNtp(report!.ntpSeconds, report!.ntpFraction),
    delaySinceLastSenderReport: 6554,
  };
  bench.receive(buildReceiverReport(99, [block, { ...block, ssrc: 1 }]));
  const { rttUs, fractionLost } = bench.session.stats();
  assert.ok(Math.abs(rttUs - 50_000) < 50, `${rttUs}`);
  assert.equal(fractionLost, 26);
  assert.ok(wallUsToNtp(bench.clock.wallUs()).seconds > 0);
});

test('close says BYE once and nothing more', () => {
  const bench = new Bench();
  bench.audio(1);
  bench.session.close();
  bench.session.close();
  bench.audio(2);
  bench.pass(2000);
  bench.receive(buildNack(1, 11, [bench.rtp[0]!.seq]));
  assert.equal(bench.session.closed, true);
  assert.equal(bench.rtp.length, 1);
  assert.deepEqual(
    bench.rtcp.filter(({ type }) => type === 'bye'),
    [{ type: 'bye', ssrcs: [11, 21] }],
  );
  assert.equal(bench.reports(11).length, 0);
});
