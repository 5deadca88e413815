import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opusSamples } from '../../src/timeline/opus-packet.ts';

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
