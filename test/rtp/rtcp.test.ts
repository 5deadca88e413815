import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RtcpBatch } from '../../src/rtp/rtcp-batch.ts';
import {
  buildBye,
  buildFir,
  buildNack,
  buildPli,
  buildReceiverReport,
  buildSdes,
  buildSenderReport,
} from '../../src/rtp/rtcp-build.ts';
import { parseRtcp, type ReportBlock } from '../../src/rtp/rtcp-packet.ts';

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const block: ReportBlock = {
  ssrc: 0xfedc_ba98,
  fractionLost: 255,
  cumulativeLost: -2,
  highestSeq: 0xffff_fffe,
  jitter: 7,
  lastSenderReport: 0x8000_0001,
  delaySinceLastSenderReport: 65_536,
};

test('a compound written by hand: SR, SDES with two items, BYE with a reason', () => {
  const packets = parseRtcp(
    hex(`
    80 c8 00 06  00000001  e8ffffff 80000000  00000064  00000005 00000400
    81 ca 00 04  00000001  01 03 616263  02 01 78  00000000
    81 cb 00 03  00000001  03 627965 00000000`),
  );
  assert.deepEqual(packets, [
    {
      type: 'sender-report',
      ssrc: 1,
      ntpSeconds: 0xe8ff_ffff,
      ntpFraction: 0x8000_0000,
      rtp: 100,
      packets: 5,
      octets: 1024,
      reports: [],
    },
    { type: 'sdes', names: [{ ssrc: 1, cname: 'abc' }] },
    { type: 'bye', ssrcs: [1] },
  ]);
});

test('each built packet is read back', () => {
  const report = { ssrc: 9, ntpSeconds: 1, ntpFraction: 2, rtp: 3, packets: 4, octets: 5, reports: [block, block] };
  assert.deepEqual(parseRtcp(buildSenderReport(report)), [{ type: 'sender-report', ...report }]);
  assert.deepEqual(parseRtcp(buildReceiverReport(8, [block])), [
    { type: 'receiver-report', ssrc: 8, reports: [block] },
  ]);
  assert.deepEqual(parseRtcp(buildPli(1, 2)), [{ type: 'pli', mediaSsrc: 2 }]);
  assert.deepEqual(parseRtcp(buildFir(1, 2, 3)), [{ type: 'fir', entries: [{ ssrc: 2, command: 3 }] }]);
  assert.deepEqual(parseRtcp(buildBye([1, 2])), [{ type: 'bye', ssrcs: [1, 2] }]);
  for (const cname of ['', 'a', 'ab', 'abc', 'abcd', 'roomtape']) {
    assert.deepEqual(parseRtcp(buildSdes(5, cname)), [{ type: 'sdes', names: [{ ssrc: 5, cname }] }]);
  }
});

test('a NACK shares masks between neighbours, across the wrap too', () => {
  const bytes = buildNack(1, 2, [65_534, 65_535, 0, 14, 15, 400]);
  assert.equal(bytes.length, 12 + 3 * 4);
  assert.deepEqual(parseRtcp(bytes), [{ type: 'nack', mediaSsrc: 2, lost: [65_534, 65_535, 0, 14, 15, 400] }]);
});

test('a hostile NACK names at most about a thousand numbers', () => {
  const bytes = new Uint8Array(60_000).fill(0xff);
  bytes.set([0x81, 205, (bytes.length / 4 - 1) >> 8, (bytes.length / 4 - 1) & 0xff]);
  const [nack] = parseRtcp(bytes) ?? [];
  assert.ok(nack?.type === 'nack' && nack.lost.length <= 1024 + 17);
});

test('malformed compounds are refused whole; unknown types and padding are passed over', () => {
  const refused = {
    'cut off header': '80 c8 00',
    'length past the end': '80 c9 00 02 00000001',
    'version 0': '00 c9 00 01 00000001',
    'blocks that are not there': '81 c9 00 01 00000001',
    'SDES item past the end': '81 ca 00 02 00000001 01 09 61 62',
    'SDES chunk that is not there': '82 ca 00 02 00000001 00 00 00 00',
    'BYE without its sources': '82 cb 00 01 00000001',
    'short NACK': '81 cd 00 01 00000001',
    'padding of nothing': 'a0 c9 00 01 00000000',
    'padding longer than the packet': 'a0 c9 00 01 00000009',
    'a good packet before a bad one': '80 c9 00 01 00000001 80 c9 00 09 00000001',
  };
  for (const [why, text] of Object.entries(refused)) assert.equal(parseRtcp(hex(text)), undefined, why);
  assert.deepEqual(parseRtcp(hex('80 cf 00 01 00000001 80 c9 00 01 00000002')), [
    { type: 'receiver-report', ssrc: 2, reports: [] },
  ]);
  assert.deepEqual(parseRtcp(hex('a0 c9 00 02 00000002 00000004')), [
    { type: 'receiver-report', ssrc: 2, reports: [] },
  ]);
});

test('feedback goes in compounds that begin with a report and the CNAME, and none is too long', () => {
  const sent: Uint8Array[] = [];
  const batch = new RtcpBatch({ ssrc: 1, cname: 'me', reducedSize: false }, (bytes) => sent.push(bytes));
  for (let i = 0; i < 200; i += 1) batch.feedback(buildPli(1, i));
  batch.flush();
  batch.flush();
  const parsed = sent.map((bytes) => parseRtcp(bytes) ?? []);
  assert.ok(sent.length > 1 && sent.every((bytes) => bytes.length <= 1200));
  assert.ok(parsed.every(([first, second]) => first?.type === 'receiver-report' && second?.type === 'sdes'));
  assert.equal(parsed.flat().filter(({ type }) => type === 'pli').length, 200);
});

test('reduced size: feedback alone; a report of our own takes the place of the empty one', () => {
  const sent: Uint8Array[] = [];
  const batch = new RtcpBatch({ ssrc: 1, cname: 'me', reducedSize: true }, (bytes) => sent.push(bytes));
  batch.feedback(buildPli(1, 2));
  batch.flush();
  batch.report(buildReceiverReport(1, [block]));
  batch.feedback(buildPli(1, 2));
  batch.flush();
  assert.deepEqual(
    sent.map((bytes) => (parseRtcp(bytes) ?? []).map(({ type }) => type)),
    [['pli'], ['receiver-report', 'sdes', 'pli']],
  );
});
