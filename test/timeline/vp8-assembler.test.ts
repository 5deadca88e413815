import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CodedPicture } from '../../src/timeline/picture-assembler.ts';
import { parseVp8Descriptor, parseVp8Header, Vp8Assembler } from '../../src/timeline/vp8-assembler.ts';
import { packet, T0 } from './streams.ts';

const KEY = Uint8Array.of(0x50, 0x02, 0, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x42, 9, 9);
const DELTA = Uint8Array.of(0x51, 0x02, 0, 7, 7);
const START = 0x10;

function assembler() {
  const pictures: CodedPicture[] = [];
  let damage = 0;
  const it = new Vp8Assembler({ onPicture: (p) => pictures.push(p), onDamage: () => damage++ });
  let seq = 0;
  const push = (ts: number, descriptor: number[], bytes: Uint8Array, marker = false, afterLoss = false) =>
    it.push(packet({ seq: seq++, ts, atUs: T0, payload: Uint8Array.of(...descriptor, ...bytes), marker }), afterLoss);
  return { it, pictures, push, damage: () => damage };
}

test('the descriptor in every form of RFC 7741 §4.2', () => {
  const body = [1, 2, 3];
  const length = (...descriptor: number[]) => parseVp8Descriptor(Uint8Array.of(...descriptor, ...body))?.length;
  assert.equal(length(0x10), 1);
  assert.equal(length(0x90, 0x00), 2);
  assert.equal(length(0x90, 0x80, 0x11), 3);
  assert.equal(length(0x90, 0x80, 0x91, 0x22), 4);
  assert.equal(length(0x90, 0xf0, 0x91, 0x22, 5, 0x40), 6);
  assert.equal(length(0x90, 0x10, 0x40), 3);
  assert.equal(parseVp8Descriptor(Uint8Array.of(0x90, 0xf0, 0x91)), undefined);
  assert.equal(parseVp8Descriptor(Uint8Array.of()), undefined);
  assert.equal(parseVp8Descriptor(Uint8Array.of(0x11, 1))?.starts, false);
});

test('a key frame tells its size without the scaling bits', () => {
  assert.deepEqual(parseVp8Header(KEY), { key: true, size: { width: 1280, height: 720 } });
  assert.deepEqual(parseVp8Header(DELTA), { key: false, size: undefined });
  assert.equal(parseVp8Header(KEY.subarray(0, 9)), undefined);
  assert.equal(parseVp8Header(Uint8Array.of(0x50, 2, 0, 1, 1, 1, 1, 1, 1, 1)), undefined);
});

test('frames come out byte for byte, by marker or by timestamp', () => {
  const { it, pictures, push } = assembler();
  push(0, [START], KEY.subarray(0, 4));
  push(0, [0x00], KEY.subarray(4), true);
  push(3000, [0x90, 0x80, 0x05], DELTA);
  push(6000, [START], DELTA, true);
  assert.deepEqual(
    pictures.map((p) => Buffer.from(p.data).toString('hex')),
    [KEY, DELTA, DELTA].map((b) => Buffer.from(b).toString('hex')),
  );
  assert.deepEqual(
    pictures.map((p) => p.key),
    [true, false, false],
  );
  assert.deepEqual(it.stats(), { malformed: 0, width: 1280, height: 720 });
});

test('a frame that lost a packet is damage and no fault of the packets', () => {
  const { it, pictures, push, damage } = assembler();
  push(0, [START], KEY, true);
  push(3000, [START], DELTA);
  push(3000, [0], DELTA, true, true);
  push(6000, [0], DELTA, true, true);
  push(9000, [START], KEY, true, true);
  assert.deepEqual(
    pictures.map((p) => p.rtp),
    [0, 9000],
  );
  assert.ok(damage() >= 3);
  assert.equal(it.stats().malformed, 0);
});

test('a frame without a beginning, or begun twice, is counted', () => {
  const { it, pictures, push } = assembler();
  push(0, [0], DELTA, true);
  push(3000, [START], DELTA);
  push(3000, [START], DELTA, true);
  push(6000, [START], Uint8Array.of(0x50, 1), true);
  assert.equal(it.stats().malformed, 3);
  assert.equal(pictures.length, 0);
});
