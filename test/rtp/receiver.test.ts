import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import { createReceiverSession } from '../../src/rtp/receiver.ts';
import type { ReceiverOptions } from '../../src/rtp/receiver-options.ts';
import { buildBye, buildSenderReport } from '../../src/rtp/rtcp-build.ts';
import { parseRtcp, type RtcpPacket } from '../../src/rtp/rtcp-packet.ts';
import { buildExtensions, buildRtp, type RtpFields } from '../../src/rtp/rtp-build.ts';
import type {
  ExtensionIds,
  NegotiatedMedia,
  ReceivedPacket,
  ReceivedSenderReport,
  ReceiverSession,
} from '../../src/rtp/session.ts';
import { modelMedia } from './model-sender.ts';

const ids: ExtensionIds = { mid: 4, rid: 10, repairedRid: 11, transportWideCc: 3, audioLevel: 1 };
const IDR = Uint8Array.of(0x65, 0x88);
const SLICE = Uint8Array.of(0x41, 0x9a);

/** A receiving session on a clock of its own, and what came out of it. */
class Bench {
  readonly clock = new FakeClock();
  readonly packets: ReceivedPacket[] = [];
  readonly reports: ReceivedSenderReport[] = [];
  readonly byes: number[] = [];
  rtcp: RtcpPacket[] = [];
  readonly session: ReceiverSession;

  constructor(media: readonly NegotiatedMedia[] = modelMedia, options: ReceiverOptions = {}) {
    this.session = createReceiverSession(
      media,
      ids,
      {
        onPacket: (packet) => this.packets.push(packet),
        onSenderReport: (report) => this.reports.push(report),
        onBye: (index) => this.byes.push(index),
        sendRtcp: (bytes) => this.rtcp.push(...(parseRtcp(bytes) ?? assert.fail('malformed'))),
      },
      options,
    );
  }

  /** Feeds a video packet with MID 1 unless told otherwise. */
  video(seq: number, fields: Partial<RtpFields> & { mid?: string; rid?: string; repairedRid?: string } = {}): void {
    const { mid = '1', rid, repairedRid, ...rest } = fields;
    const texts = { 4: mid, 10: rid, 11: repairedRid };
    const elements = Object.entries(texts).flatMap(([id, text]) =>
      text === undefined || text === '' ? [] : [{ id: Number(id), value: Buffer.from(text) }],
    );
    this.receive(
      buildRtp({
        payloadType: 102,
        marker: true,
        sequenceNumber: seq & 0xffff,
        timestamp: seq * 3000,
        ssrc: 7,
        extensions: buildExtensions(elements),
        payload: SLICE,
        ...rest,
      }),
    );
  }

  receive(bytes: Uint8Array): void {
    this.session.receive(bytes, this.clock.wallUs(), this.clock.monoUs());
  }

  /** Moves time on, ticking every 10 ms. */
  pass(ms: number): void {
    for (let t = 0; t < ms; t += 10) {
      this.clock.advance(10);
      this.session.tick(this.clock.monoUs());
    }
  }

  sent(type: RtcpPacket['type']): RtcpPacket[] {
    const found = this.rtcp.filter((packet) => packet.type === type);
    this.rtcp = [];
    return found;
  }

  seqs(): number[] {
    return this.packets.splice(0).map(({ seq }) => seq - 65_536);
  }
}

test('packets come out with the media index, unwrapped numbers, arrival and level, over a wrap', () => {
  const bench = new Bench();
  const extensions = buildExtensions([
    { id: 1, value: Uint8Array.of(0x80 | 42) },
    { id: 4, value: Buffer.from('0') },
  ]);
  const fields = { payloadType: 111, marker: true, timestamp: 2 ** 32 - 1, ssrc: 5, extensions };
  for (const sequenceNumber of [65_535, 0]) {
    bench.receive(buildRtp({ ...fields, sequenceNumber, payload: Uint8Array.of(1, 2), padding: 3 }));
  }
  assert.deepEqual(
    bench.packets.map((packet) => ({ ...packet, payload: [...packet.payload] })),
    [65_535, 65_536].map((seq) => ({
      media: 0,
      ssrc: 5,
      seq: 65_536 + seq,
      timestamp: 2 ** 32 - 1,
      marker: true,
      level: 42,
      arrivalUs: bench.clock.wallUs(),
      payload: [1, 2],
    })),
  );
});

test('an m-line is found by MID even where payload types are shared, by payload type alone only where they are not', () => {
  const twins = ['0', '1'].map((mid) => ({ ...modelMedia[1]!, mid }));
  const bench = new Bench(twins);
  bench.video(1, { mid: '1' });
  bench.video(2, { mid: '' });
  bench.video(3, { mid: '0', ssrc: 8 });
  assert.deepEqual(
    bench.packets.map(({ media, seq }) => [media, seq - 65_536]),
    [
      [1, 1],
      [1, 2],
      [0, 3],
    ],
  );
  bench.video(4, { mid: '', ssrc: 9 });
  bench.video(5, { mid: 'other', ssrc: 10 });
  bench.video(6, { payloadType: 99 });
  assert.equal(bench.session.stats.unknownStream, 3);
  const alone = new Bench();
  alone.video(1, { mid: '' });
  assert.equal(alone.packets[0]?.media, 1);
});

test('a padding-only packet is delivered empty so that it leaves no gap; duplicates are dropped', () => {
  const bench = new Bench();
  bench.video(1);
  bench.video(2, { payload: new Uint8Array(0), padding: 200 });
  bench.video(3);
  bench.video(3);
  bench.pass(100);
  assert.deepEqual(
    bench.packets.map(({ payload }) => payload.length),
    [2, 0, 2],
  );
  assert.equal(bench.session.stats.duplicates, 1);
  assert.equal(bench.session.stats.nacksSent, 0);
});

test('a lost packet is asked for, and its retransmission is the packet itself', () => {
  const bench = new Bench();
  bench.video(65_534);
  bench.video(1);
  bench.pass(20);
  const [nack] = bench.sent('nack');
  assert.deepEqual(nack, { type: 'nack', mediaSsrc: 7, lost: [65_535, 0] });
  const repair = { payloadType: 103, ssrc: 99, timestamp: 12_345, marker: false };
  bench.video(500, { ...repair, payload: Uint8Array.of(0xff, 0xff, 9, 9) });
  bench.video(501, { ...repair, payload: Uint8Array.of(0xff, 0xff, 9, 9) });
  const repaired = bench.packets[2];
  assert.deepEqual(
    [repaired?.seq, repaired?.ssrc, repaired?.timestamp, repaired?.marker, [...(repaired?.payload ?? [])]],
    [65_536 + 65_535, 7, 12_345, false, [9, 9]],
  );
  assert.equal(bench.packets.length, 3);
  assert.deepEqual([bench.session.stats.recoveredByRtx, bench.session.stats.duplicates], [1, 1]);
});

test('bandwidth probes on the RTX stream reach nobody and make no gap', () => {
  const bench = new Bench();
  bench.video(1);
  for (let seq = 0; seq < 100; seq += 2) {
    bench.video(seq, { payloadType: 103, ssrc: 99, payload: new Uint8Array(0), padding: 255 });
  }
  bench.video(2);
  bench.pass(50);
  assert.deepEqual(bench.seqs(), [1, 2]);
  const { nacksSent, duplicates, malformed, packets } = bench.session.stats;
  assert.deepEqual([nacksSent, duplicates, malformed, packets], [0, 0, 0, 52]);
});

test('without RTX a retransmission comes on the stream itself and counts as one', () => {
  const { rtxPayloadType: _, ...plain } = modelMedia[1]!;
  const bench = new Bench([plain]);
  bench.video(1);
  bench.video(3);
  bench.pass(20);
  bench.video(2);
  assert.deepEqual(bench.seqs(), [1, 3, 2]);
  assert.equal(bench.session.stats.recoveredByRtx, 1);
});

test('a new SSRC on the m-line takes over; late packets of the old one are dropped', () => {
  const bench = new Bench();
  bench.video(100);
  bench.video(30_000, { ssrc: 8, mid: '' });
  bench.video(101);
  bench.video(30_001, { ssrc: 8 });
  assert.deepEqual(
    bench.packets.map(({ ssrc, seq }) => [ssrc, seq - 65_536]),
    [
      [7, 100],
      [8, 30_000],
      [8, 30_001],
    ],
  );
  assert.equal(bench.session.stats.restarts, 1);
});

test('an SSRC that comes back after the other fell silent goes on above its old numbers', () => {
  const bench = new Bench();
  bench.video(100);
  bench.video(5, { ssrc: 8 });
  bench.pass(2100);
  bench.video(90);
  const [first, , back] = bench.packets;
  assert.equal(back?.ssrc, 7);
  assert.ok(back.seq > first!.seq && (back.seq & 0xffff) === 90);
});

test('a restart of numbers asks for a key frame, unless one comes by itself', () => {
  for (const [payload, plis] of [
    [SLICE, 1],
    [IDR, 0],
  ] as const) {
    const bench = new Bench();
    bench.video(1, { payload: IDR });
    bench.video(40_000, { payload });
    bench.video(40_001, { payload });
    bench.video(40_002, { payload });
    bench.pass(300);
    assert.equal(bench.sent('pli').length, plis);
    assert.equal(bench.session.stats.restarts, 1);
  }
});

test('simulcast: one layer is forwarded, the one with more bytes takes over at its key frame', () => {
  const bench = new Bench();
  const low = { ssrc: 20, rid: 'l' };
  const high = { ssrc: 30, rid: 'h', payload: new Uint8Array(900).fill(0x41) };
  for (let i = 0; i < 120; i += 1) {
    bench.video(i, low);
    bench.video(i, high);
    bench.pass(10);
  }
  assert.ok(bench.packets.every(({ ssrc }) => ssrc === 20));
  const plis = bench.sent('pli');
  assert.deepEqual(plis.at(-1), { type: 'pli', mediaSsrc: 30 });
  bench.packets.length = 0;
  bench.video(120, { ...high, payload: IDR });
  bench.video(120, low);
  bench.video(121, high);
  assert.deepEqual(
    bench.packets.map(({ ssrc }) => ssrc),
    [30, 30],
  );
  // A repair of the layer that is not forwarded is not mixed in.
  bench.video(1, { payloadType: 103, ssrc: 21, repairedRid: 'l', payload: Uint8Array.of(0, 122, 1) });
  bench.video(2, { payloadType: 103, ssrc: 31, repairedRid: 'h', payload: Uint8Array.of(0, 122, 2) });
  assert.deepEqual([...(bench.packets.at(-1)?.payload ?? [])], [2]);
  assert.equal(bench.packets.length, 3);
});

test('key frame wanted: at once, again with back-off, no more once it came', () => {
  const bench = new Bench();
  bench.video(1, { payload: IDR });
  bench.session.requestKeyFrame(1, bench.clock.monoUs());
  bench.session.requestKeyFrame(1, bench.clock.monoUs());
  bench.session.requestKeyFrame(0, bench.clock.monoUs());
  bench.session.requestKeyFrame(5, bench.clock.monoUs());
  bench.pass(10);
  assert.deepEqual(bench.sent('pli'), [{ type: 'pli', mediaSsrc: 7 }]);
  bench.video(2);
  bench.pass(800);
  assert.equal(bench.sent('pli').length, 2);
  bench.video(3, { payload: IDR });
  bench.pass(10_000);
  assert.equal(bench.sent('pli').length, 0);
  assert.equal(bench.session.stats.plisSent, 3);
});

test('RED: lost sounds are filled from the copies, each once; foreign and empty blocks are not', () => {
  const bench = new Bench();
  const red = (seq: number, payload: number[]): void =>
    bench.receive(
      buildRtp({
        payloadType: 63,
        marker: false,
        sequenceNumber: seq,
        timestamp: seq * 960,
        ssrc: 5,
        payload: Uint8Array.from(payload),
      }),
    );
  const header = (pt: number, steps: number, length: number): number[] => {
    const age = steps * 960;
    return [0x80 | pt, age >> 6, (age & 0x3f) << 2, length];
  };
  red(10, [111, 10]);
  // 11 and 12 are lost; 13 repeats both, and 14 repeats them again with one of another type.
  red(13, [...header(111, 2, 1), ...header(111, 1, 1), 111, 11, 12, 13]);
  red(14, [...header(111, 2, 1), ...header(111, 1, 1), 111, 12, 13, 14]);
  red(17, [...header(13, 2, 1), ...header(111, 1, 0), 111, 99, 17]);
  red(18, [0x80 | 111, 0]);
  assert.deepEqual(
    bench.packets.map(({ seq, timestamp, payload }) => [seq - 65_536, timestamp / 960, payload[0]]),
    [10, 11, 12, 13, 14, 17].map((n) => [n, n, n]),
  );
  const { recoveredByRed, malformed } = bench.session.stats;
  assert.deepEqual([recoveredByRed, malformed], [2, 1]);
  bench.receive(buildRtp({ payloadType: 111, marker: false, sequenceNumber: 12, timestamp: 1, ssrc: 5, payload: IDR }));
  assert.equal(bench.session.stats.duplicates, 1);
});

test('sender reports give exact microseconds, and the report we send answers them', () => {
  const bench = new Bench();
  bench.video(1);
  bench.clock.advance(1000);
  const report = { ntpSeconds: 2_208_988_800 + 1_700_000_000, ntpFraction: 0x4000_0000, rtp: 90_000 };
  bench.receive(buildSenderReport({ ssrc: 7, ...report, packets: 1, octets: 2, reports: [] }));
  bench.receive(buildSenderReport({ ssrc: 1234, ...report, packets: 1, octets: 2, reports: [] }));
  assert.deepEqual(bench.reports, [
    { media: 1, ssrc: 7, ntpUs: 1_700_000_000_250_000, rtp: 90_000, arrivalUs: bench.clock.wallUs() },
  ]);
  bench.clock.advance(500);
  bench.session.tick(bench.clock.monoUs());
  const [answer] = bench.sent('receiver-report');
  assert.ok(answer?.type === 'receiver-report');
  const [block] = answer.reports;
  assert.equal(block?.lastSenderReport, (((2_208_988_800 + 1_700_000_000) & 0xffff) * 0x1_0000 + 0x4000) >>> 0);
  assert.equal(block?.delaySinceLastSenderReport, 32_768);
});

test('BYE of the stream is told once; its SSRC may begin again', () => {
  const bench = new Bench();
  bench.video(1);
  bench.receive(buildBye([7, 8]));
  bench.receive(buildBye([7]));
  assert.deepEqual(bench.byes, [1]);
  bench.video(40_000);
  assert.deepEqual(bench.seqs(), [1, 40_000]);
});

test('receiver reports go each second, compounds carry the CNAME, nothing is sent before media', () => {
  const bench = new Bench(modelMedia, { cname: 'room' });
  bench.pass(3000);
  assert.equal(bench.rtcp.length, 0);
  bench.video(1);
  bench.pass(3010);
  const names = bench.rtcp.filter((packet) => packet.type === 'sdes');
  assert.deepEqual(names[0]?.names, [{ ssrc: 1, cname: 'room' }]);
  assert.equal(
    bench.sent('receiver-report').filter((packet) => 'reports' in packet && packet.reports.length > 0).length,
    4,
  );
});

test('more SSRCs than a session can have are refused until old ones are silent', () => {
  const bench = new Bench();
  for (let ssrc = 1; ssrc <= 100; ssrc += 1) bench.video(1, { ssrc });
  assert.equal(bench.session.stats.unknownStream, 36);
  bench.clock.advance(11_000);
  bench.video(2, { ssrc: 500 });
  assert.equal(bench.packets.at(-1)?.ssrc, 500);
});
