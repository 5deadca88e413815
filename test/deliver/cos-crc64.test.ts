import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Crc64 } from '../../src/deliver/cos-crc64.ts';
import { partBytes } from '../../src/deliver/cos-parts.ts';

/** Bit by bit, from the definition: polynomial ECMA-182, reflected, all ones before and after. */
function slowCrc64(bytes: Uint8Array): string {
  const ones = 0xffff_ffff_ffff_ffffn;
  let crc = ones;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n;
  }
  return (crc ^ ones).toString();
}

test('the check value of CRC-64/XZ', () => {
  const sum = new Crc64().update(Buffer.from('123456789')).digest();
  assert.equal(sum, 0x995dc9bbdf1939fan.toString());
  assert.equal(new Crc64().digest(), '0');
});

test('bytes in pieces of every length agree with the definition', () => {
  const bytes = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7919 + (i >> 3)) & 255));
  const whole = slowCrc64(bytes);
  for (const step of [1, 3, 8, 11, 64, 1000, 3000]) {
    const sum = new Crc64();
    for (let at = 0; at < bytes.length; at += step) sum.update(bytes.subarray(at, at + step));
    assert.equal(sum.digest(), whole, `pieces of ${step}`);
  }
});

test('parts are a mebibyte, and bigger for files that would have more than a thousand', () => {
  const mebibyte = 1 << 20;
  assert.equal(partBytes(1), mebibyte);
  assert.equal(partBytes(1000 * mebibyte), mebibyte);
  assert.equal(partBytes(1000 * mebibyte + 1), 2 * mebibyte);
  assert.equal(partBytes(2_147_483_648), 4 * mebibyte);
});
