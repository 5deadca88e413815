import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startsKeyFrame } from '../../src/rtp/key-frame.ts';
import { buildExtensions, buildRtp, buildRtx } from '../../src/rtp/rtp-build.ts';
import { isRtcp, RtpReader, UNKNOWN_LEVEL } from '../../src/rtp/rtp-packet.ts';

const ids = { mid: 4, rid: 10, repairedRid: 11, transportWideCc: 3, audioLevel: 1 };
const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

test('one-byte extensions, CSRCs, padding and marker, from bytes written by hand', () => {
  const bytes = hex(`
    b2 ef 12 34 00 01 02 03 de ad be ef  00000001 00000002
    be de 00 03  10 85  32 c0 de ff  00  40 30  00 00 00
    aa bb cc 00 00 03`);
  // ^ 32: id 3 with three bytes, of which the first two are the number.
  const reader = new RtpReader(ids);
  assert.ok(reader.read(bytes));
  assert.equal(reader.marker, true);
  assert.equal(reader.payloadType, 111);
  assert.equal(reader.sequenceNumber, 0x1234);
  assert.equal(reader.timestamp, 0x0001_0203);
  assert.equal(reader.ssrc, 0xdead_beef);
  assert.equal(reader.level, 5);
  assert.equal(reader.transportSeq, 0xc0de);
  assert.equal(reader.mid(bytes), '0');
  assert.equal(reader.rid(bytes), undefined);
  assert.deepEqual([...bytes.subarray(reader.payloadStart, reader.payloadEnd)], [0xaa, 0xbb, 0xcc]);
});

test('two-byte extensions, among them an empty one and an unknown one', () => {
  const bytes = hex(`
    90 60 00 01 00 00 00 00 00 00 00 01
    10 00 00 04  0a 02 68 69  00 63 00  0b 01 71  03 02 00 07  00 00
    01`);
  const reader = new RtpReader(ids);
  assert.ok(reader.read(bytes));
  assert.equal(reader.rid(bytes), 'hi');
  assert.equal(reader.repairedRid(bytes), 'q');
  assert.equal(reader.transportSeq, 7);
  assert.equal(reader.level, UNKNOWN_LEVEL);
  assert.equal(reader.payloadEnd - reader.payloadStart, 1);
});

test('nothing of a packet is left over for the next', () => {
  const reader = new RtpReader(ids);
  const value = Uint8Array.of(0, 9);
  const extensions = buildExtensions([
    { id: 3, value },
    { id: 4, value },
    { id: 1, value },
  ]);
  const fields = { payloadType: 96, marker: false, sequenceNumber: 1, timestamp: 2, ssrc: 3, payload: value };
  assert.ok(reader.read(buildRtp({ ...fields, extensions })));
  assert.equal(reader.transportSeq, 9);
  const bare = buildRtp(fields);
  assert.ok(reader.read(bare));
  assert.deepEqual([reader.transportSeq, reader.level, reader.mid(bare)], [-1, UNKNOWN_LEVEL, undefined]);
});

test('malformed packets are refused', () => {
  const reader = new RtpReader(ids);
  const refused = {
    'eleven bytes': '80 60 00 01 00 00 00 00 00 00 00',
    'version 1': '40 60 00 01 00 00 00 00 00 00 00 01',
    'CSRCs past the end': '82 60 00 01 00 00 00 00 00 00 00 01 00 00 00 00',
    'no extension header': '90 60 00 01 00 00 00 00 00 00 00 01 be de',
    'extension past the end': '90 60 00 01 00 00 00 00 00 00 00 01 be de 00 02 00 00 00 00',
    'element past its block': '90 60 00 01 00 00 00 00 00 00 00 01 be de 00 01 33 00 00 00',
    'two-byte element past its block': '90 60 00 01 00 00 00 00 00 00 00 01 10 00 00 01 03 03 00 00',
    'two-byte element without a length': '90 60 00 01 00 00 00 00 00 00 00 01 10 00 00 01 00 00 00 03',
    'padding of nothing': 'a0 60 00 01 00 00 00 00 00 00 00 01 00',
    'padding longer than the packet': 'a0 60 00 01 00 00 00 00 00 00 00 01 02',
  };
  for (const [why, text] of Object.entries(refused)) assert.equal(reader.read(hex(text)), false, why);
});

test('a padding-only packet has an empty payload', () => {
  const reader = new RtpReader({});
  const payload = new Uint8Array(0);
  const fields = { payloadType: 96, marker: false, sequenceNumber: 1, timestamp: 2, ssrc: 3, payload, padding: 255 };
  assert.ok(reader.read(buildRtp(fields)));
  assert.equal(reader.payloadStart, reader.payloadEnd);
});

test('what is built is read back, in either extension form', () => {
  const reader = new RtpReader({ ...ids, rid: 200 });
  for (const rid of ['short', 'x'.repeat(40)]) {
    const elements = [
      { id: rid.length > 16 ? 200 : 10, value: Buffer.from(rid) },
      { id: 3, value: Uint8Array.of(0xff, 0xfe) },
    ];
    const fields = {
      payloadType: 127,
      marker: true,
      sequenceNumber: 65_535,
      timestamp: 2 ** 32 - 1,
      ssrc: 2 ** 32 - 1,
    };
    const one = rid.length > 16 ? reader : new RtpReader(ids);
    const bytes = buildRtp({ ...fields, extensions: buildExtensions(elements), payload: Uint8Array.of(7), padding: 4 });
    assert.ok(one.read(bytes));
    assert.equal(one.rid(bytes), rid);
    assert.equal(one.transportSeq, 0xfffe);
    assert.deepEqual(
      [one.payloadType, one.marker, one.sequenceNumber, one.timestamp, one.ssrc],
      [127, true, 65_535, 2 ** 32 - 1, 2 ** 32 - 1],
    );
    assert.deepEqual([...bytes.subarray(one.payloadStart, one.payloadEnd)], [7]);
  }
});

test('RTX keeps header and extensions and puts the original number first', () => {
  const extensions = buildExtensions([{ id: 4, value: Buffer.from('v') }]);
  const payload = Uint8Array.of(1, 2, 3);
  const fields = { payloadType: 96, marker: true, sequenceNumber: 0xabcd, timestamp: 77, ssrc: 1, extensions, payload };
  const rtx = buildRtx(buildRtp(fields), 97, 2, 5);
  const reader = new RtpReader(ids);
  assert.ok(reader.read(rtx));
  assert.deepEqual([reader.payloadType, reader.ssrc, reader.sequenceNumber, reader.timestamp], [97, 2, 5, 77]);
  assert.equal(reader.marker, true);
  assert.equal(reader.mid(rtx), 'v');
  assert.deepEqual([...rtx.subarray(reader.payloadStart, reader.payloadEnd)], [0xab, 0xcd, 1, 2, 3]);
});

test('RTCP is told from RTP by its second byte', () => {
  assert.equal(isRtcp(Uint8Array.of(0x80, 200, 0, 0)), true);
  assert.equal(isRtcp(Uint8Array.of(0x80, 206, 0, 0)), true);
  assert.equal(isRtcp(Uint8Array.of(0x80, 96, 0, 0)), false);
  assert.equal(isRtcp(Uint8Array.of(0x80, 0x80 | 111, 0, 0)), false);
  assert.equal(isRtcp(Uint8Array.of(0x80)), false);
});

test('key frames: H.264 alone, aggregated, fragmented; VP8 with every descriptor', () => {
  const starts = (codec: 'h264' | 'vp8' | 'opus', text: string): boolean => {
    const bytes = hex(`ff ${text}`);
    return startsKeyFrame(codec, bytes, 1, bytes.length);
  };
  assert.equal(starts('h264', '67 42'), true, 'SPS');
  assert.equal(starts('h264', '65 88'), true, 'IDR');
  assert.equal(starts('h264', '41 9a'), false, 'slice');
  assert.equal(starts('h264', '68 ce'), false, 'PPS');
  assert.equal(starts('h264', '78 0002 68ce 0002 6742'), true, 'STAP-A with PPS and SPS');
  assert.equal(starts('h264', '78 0002 0900 0002 419a'), false, 'STAP-A without');
  assert.equal(starts('h264', '78 0000 0000'), false, 'STAP-A of nothing');
  assert.equal(starts('h264', '7c 85 88'), true, 'FU-A, first of an IDR');
  assert.equal(starts('h264', '7c 05 88'), false, 'FU-A, middle of an IDR');
  assert.equal(starts('h264', '7c 81 88'), false, 'FU-A, first of a slice');
  assert.equal(starts('h264', '7c'), false, 'FU-A cut off');
  assert.equal(starts('h264', ''), false, 'nothing');
  assert.equal(starts('vp8', '10 10'), true, 'bare descriptor');
  assert.equal(starts('vp8', '10 11'), false, 'inter frame');
  assert.equal(starts('vp8', '00 10'), false, 'not the start of a partition');
  assert.equal(starts('vp8', '11 10'), false, 'second partition');
  assert.equal(starts('vp8', '90 80 7f 10'), true, 'picture id of 7 bits');
  assert.equal(starts('vp8', '90 e0 80 01 05 00 10'), true, 'picture id of 15 bits, TL0, TID');
  assert.equal(starts('vp8', '90 e0 80 01 05 00 11'), false, 'the same, inter');
  assert.equal(starts('vp8', '90 f0 80'), false, 'cut off');
  assert.equal(starts('opus', '65'), false, 'sound');
});
