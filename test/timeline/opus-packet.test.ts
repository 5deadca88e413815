import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absentAfter, carriesRedundancy, opusSamples } from '../../src/timeline/opus-packet.ts';

const of = (...bytes: number[]) => opusSamples(Uint8Array.of(...bytes));

test('frame lengths of every configuration (RFC 6716 table 2)', () => {
  const ms = Array.from({ length: 32 }, (_, config) => (of(config << 3, 1) ?? 0) / 48);
  const silk = [10, 20, 40, 60];
  const celt = [2.5, 5, 10, 20];
  assert.deepEqual(ms, [silk, silk, silk, [10, 20, 10, 20], celt, celt, celt, celt].flat());
});

test('codes 1 and 2 hold two frames', () => {
  assert.equal(of(0xf9, 1, 2), 1920);
  assert.equal(of(0xf9, 1, 2, 3), undefined, 'two equal frames of an odd number of bytes');
  assert.equal(of(0xfa, 1, 9, 9), 1920);
  assert.equal(of(0xfa, 4, 9, 9), undefined, 'first frame longer than the packet');
  assert.equal(of(0xfa), undefined);
  assert.equal(of(0xfa, 252), undefined);
  assert.equal(opusSamples(Uint8Array.of(0xfa, 252, 1, ...new Uint8Array(256))), 1920);
  assert.equal(opusSamples(Uint8Array.of(0xfa, 252, 1, ...new Uint8Array(255))), undefined);
});

test('code 3 counts its frames, up to 120 ms', () => {
  assert.equal(of(0xfb, 6, 1), 5760);
  assert.equal(of(0xfb, 7, 1), undefined);
  assert.equal(of(0xfb, 0, 1), undefined);
  assert.equal(of(0xfb), undefined);
  assert.equal(of(0xe3, 48), 5760);
});

test('discontinuous transmission has its length, an empty payload none', () => {
  assert.equal(of(0xf8), 960);
  assert.equal(of(), undefined);
});

test('redundancy is flagged after the voice activity of each 20 ms, in the first frame', () => {
  const has = (...bytes: number[]): boolean => carriesRedundancy(Uint8Array.of(...bytes));
  const [silk20, silk60, hybrid20, celt20] = [1 << 3, 3 << 3, 13 << 3, 31 << 3];
  assert.equal(has(silk20, 0x40), true);
  assert.equal(has(silk20, 0x80), false);
  assert.equal(has(silk60, 0xe0), false);
  assert.equal(has(silk60, 0x10), true);
  assert.equal(has(hybrid20, 0x40), true);
  assert.equal(has(celt20, 0xff), false);
  assert.equal(has(silk20 | 4, 0x10), true, 'of the second channel alone');
  assert.equal(has(silk20 | 1, 0x40, 0), true);
  assert.equal(has(silk20 | 2, 1, 0x40, 0), true);
  assert.equal(has(silk20 | 2, 252, 0, 0x40), true);
  assert.equal(has(silk20 | 3, 3, 0x40, 0, 0), true);
  assert.equal(has(silk20 | 3, 0x83, 1, 1, 0x40, 0, 0), true, 'lengths of two frames');
  assert.equal(has(silk20 | 3, 0x43, 255, 2, 0x40, 0, 0), true, 'padding');
  assert.equal(has(), false);
  assert.equal(has(silk20), false, 'discontinuous transmission');
});

test('what stands for a lost packet lasts as long', () => {
  for (const packet of [
    [0xf8, 1],
    [0xf9, 1, 2],
    [0xfb, 3, 1],
    [0x0b, 0x82, 1, 1, 1],
    [0x18, 1],
  ]) {
    const absent = absentAfter(Uint8Array.from(packet));
    assert.equal(opusSamples(absent), opusSamples(Uint8Array.from(packet)));
    assert.ok(absent.length <= 2);
  }
});
