import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BitReader, unescapeRbsp } from '../../src/timeline/bit-reader.ts';
import { parseSps } from '../../src/timeline/sps.ts';
import { PPS, randomFrom, SPS } from './streams.ts';

/** Writes what the parser reads, so that sizes and croppings can be made at will. */
class BitWriter {
  #bits = '';

  u(count: number, value: number): this {
    this.#bits += value.toString(2).padStart(count, '0');
    return this;
  }

  ue(value: number): this {
    const code = (value + 1).toString(2);
    this.#bits += '0'.repeat(code.length - 1) + code;
    return this;
  }

  nal(header: number): Uint8Array {
    const padded = `${this.#bits}1`.padEnd(Math.ceil((this.#bits.length + 1) / 8) * 8, '0');
    const rbsp = (padded.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
    return Uint8Array.of(header, ...rbsp);
  }
}

function baseline(columns: number, rows: number, crop: [number, number, number, number] | undefined): Uint8Array {
  const bits = new BitWriter().u(8, 66).u(8, 0xc0).u(8, 31).ue(3).ue(0).ue(2).ue(1).u(1, 0);
  bits
    .ue(columns - 1)
    .ue(rows - 1)
    .u(1, 1)
    .u(1, 1)
    .u(1, crop ? 1 : 0);
  for (const side of crop ?? []) bits.ue(side);
  return bits.u(1, 0).nal(0x67);
}

test("x264's SPS of 1280×720", () => {
  assert.deepEqual(parseSps(SPS), { id: 0, profileIdc: 100, constraints: 0, levelIdc: 31, width: 1280, height: 720 });
});

test('sizes that are no multiple of 16 are cropped', () => {
  const sps = parseSps(baseline(120, 68, [0, 0, 0, 4]));
  assert.deepEqual([sps?.id, sps?.profileIdc, sps?.constraints, sps?.width, sps?.height], [3, 66, 0xc0, 1920, 1080]);
  const odd = parseSps(baseline(20, 12, [1, 2, 3, 4]));
  assert.deepEqual([odd?.width, odd?.height], [314, 178]);
});

test('4:4:4 with scaling lists and interlaced coding', () => {
  const bits = new BitWriter().u(8, 244).u(8, 0).u(8, 40).ue(0).ue(3).u(1, 0).ue(0).ue(0).u(1, 0).u(1, 1);
  bits.u(1, 1);
  for (let i = 0; i < 16; i++) bits.ue(0); // list 0, flat
  for (let i = 0; i < 11; i++) bits.u(1, 0);
  bits.ue(0).ue(1).u(1, 0).ue(0).ue(0).ue(2).ue(0).ue(0).ue(0).u(1, 0);
  bits.ue(39).ue(14).u(1, 0).u(1, 0).u(1, 1).u(1, 1).ue(0).ue(3).ue(0).ue(0);
  const sps = parseSps(bits.u(1, 0).nal(0x67));
  assert.deepEqual([sps?.width, sps?.height], [637, 480]);
});

test('broken and hostile sets are refused', () => {
  assert.equal(parseSps(PPS), undefined);
  assert.equal(parseSps(SPS.subarray(0, 8)), undefined);
  assert.equal(parseSps(new Uint8Array()), undefined);
  assert.equal(parseSps(baseline(256, 144, undefined))?.width, 4096);
  for (const [columns, rows] of [
    [257, 144],
    [1024, 1024],
    [544, 1],
    [1, 544],
  ] as const)
    assert.equal(parseSps(baseline(columns, rows, undefined)), undefined);
  assert.equal(parseSps(baseline(10, 10, [80, 0, 0, 0])), undefined);
  assert.equal(parseSps(new Uint8Array(5000).fill(0x67)), undefined);
  const counts = new BitWriter().u(8, 66).u(8, 0).u(8, 30).ue(0).ue(0).ue(1).u(1, 0).ue(0).ue(0).ue(1_000_000);
  assert.equal(parseSps(counts.nal(0x67)), undefined);
});

test('every truncation and many flips of a set are read without harm', () => {
  const random = randomFrom(11);
  for (let i = 0; i < 20_000; i++) {
    const bytes = SPS.slice(0, 1 + Math.floor(random() * SPS.length));
    for (let flips = 0; flips < 3; flips++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    const sps = parseSps(bytes);
    if (sps) assert.ok(sps.width > 0 && sps.height > 0 && sps.width * sps.height <= 4096 * 2304);
  }
});

test('Exp-Golomb codes, table 9-2 and 9-3', () => {
  const reader = new BitReader(Uint8Array.of(0b1_010_011_0, 0b0100_0010, 0b1_0000000));
  assert.deepEqual([reader.ue(), reader.ue(), reader.ue(), reader.ue()], [0, 1, 2, 3]);
  assert.equal(reader.se(), -2);
  assert.equal(reader.overrun, false);
  assert.equal(reader.ue(), 0);
  assert.equal(reader.overrun, true);
});

test('emulation prevention goes, nothing else', () => {
  assert.deepEqual([...unescapeRbsp(Uint8Array.of(0, 0, 3, 0, 0, 3, 1, 0, 3, 3))], [0, 0, 0, 0, 1, 0, 3, 3]);
});
