import assert from 'node:assert/strict';
import { test } from 'node:test';
import { H264Assembler } from '../../src/timeline/h264-assembler.ts';
import type { CodedPicture } from '../../src/timeline/picture-assembler.ts';
import { aggregate, annexB, fragments, IDR, packet, PPS, randomFrom, SLICE, SPS, T0 } from './streams.ts';

const AUD = Uint8Array.of(9, 0xf0);
const SEI = Uint8Array.of(6, 5, 1, 9, 0x80);

function assembler() {
  const pictures: CodedPicture[] = [];
  let damage = 0;
  const it = new H264Assembler({ onPicture: (p) => pictures.push(p), onDamage: () => damage++ });
  let seq = 0;
  const push = (ts: number, payload: Uint8Array, marker = false, afterLoss = false) =>
    it.push(packet({ seq: seq++, ts, atUs: T0 + seq, payload, marker }), afterLoss);
  return { it, pictures, push, damage: () => damage };
}

const bytes = (picture: CodedPicture | undefined) => picture && Buffer.from(picture.data).toString('hex');
const hex = (...nals: Uint8Array[]) => Buffer.from(annexB(...nals)).toString('hex');

test('single NAL units, STAP-A and FU-A come out byte for byte', () => {
  const random = randomFrom(3);
  const big = Uint8Array.from({ length: 5000 }, (_, i) => (i === 0 ? 0x65 : Math.floor(random() * 256)));
  const { pictures, push, it } = assembler();
  push(0, aggregate(SPS, PPS));
  for (const piece of fragments(big, 1100)) push(0, piece);
  push(0, SEI, true);
  push(3000, SLICE, true);
  assert.deepEqual(pictures.map(bytes), [hex(SPS, PPS, big, SEI), hex(SLICE)]);
  assert.deepEqual(
    pictures.map((p) => p.key),
    [true, false],
  );
  assert.equal(pictures[0]!.arrivalUs, T0 + 1);
  assert.deepEqual(it.stats(), { malformed: 0, width: 1280, height: 720 });
});

test('a picture ends with its timestamp when the marker is missing', () => {
  const { it, pictures, push } = assembler();
  push(0, aggregate(SPS, PPS));
  push(0, IDR);
  push(3000, SLICE);
  assert.equal(pictures.length, 1);
  it.flush();
  assert.deepEqual(pictures.map(bytes), [hex(SPS, PPS, IDR), hex(SLICE)]);
});

test('a key picture without parameter sets gets the last ones, after its delimiter', () => {
  const { pictures, push } = assembler();
  push(0, aggregate(SPS, PPS, IDR), true);
  push(1, aggregate(AUD, SEI, IDR), true);
  push(2, aggregate(AUD, PPS, IDR), true);
  push(3, aggregate(SPS, SEI, IDR), true);
  assert.deepEqual(pictures.slice(1).map(bytes), [
    hex(AUD, SPS, SEI, PPS, IDR),
    hex(AUD, SPS, PPS, IDR),
    hex(SPS, SEI, PPS, IDR),
  ]);
});

test('parameter sets under a timestamp of their own join the picture that follows', () => {
  const { pictures, push } = assembler();
  push(0, SPS, true);
  push(0, PPS, true);
  push(3000, IDR, true);
  assert.equal(bytes(pictures[0]), hex(SPS, PPS, IDR));
  assert.equal(pictures[0]!.rtp, 3000);
  assert.equal(pictures[0]!.arrivalUs, T0 + 3);
});

test('a key picture that no parameter set was ever seen for is damage', () => {
  const { pictures, push, damage } = assembler();
  push(0, IDR, true);
  assert.equal(pictures.length, 0);
  assert.equal(damage(), 1);
});

test('after a loss the rest of a picture is dropped, and a key picture counts only with its own SPS', () => {
  const { it, pictures, push, damage } = assembler();
  push(0, aggregate(SPS, PPS, IDR), true);
  push(3000, SLICE);
  push(3000, SLICE, true, true);
  assert.equal(damage() > 0, true);
  const [, middle, last] = fragments(
    Uint8Array.from({ length: 30 }, () => 0x65),
    10,
  );
  push(6000, middle!, false, true);
  push(6000, last!, true);
  push(9000, IDR, true, true);
  assert.equal(pictures.length, 1);
  push(12_000, aggregate(SPS, PPS), false, true);
  push(12_000, IDR, true);
  assert.equal(bytes(pictures[1]), hex(SPS, PPS, IDR));
  assert.equal(it.stats().malformed, 0);
});

test('a picture that only lost its end is not handed out', () => {
  const { pictures, push, damage } = assembler();
  push(0, aggregate(SPS, PPS, IDR), true);
  push(3000, SLICE);
  push(6000, SLICE, true, true);
  assert.deepEqual(
    pictures.map((p) => p.rtp),
    [0, 6000],
  );
  assert.equal(damage(), 1);
});

const [first, second] = fragments(
  Uint8Array.from({ length: 20 }, () => 0x41),
  10,
);
const broken: [string, Uint8Array[]][] = [
  ['an aggregate cut off', [aggregate(SLICE, SLICE).subarray(0, 12)]],
  ['an aggregate with an empty unit', [Uint8Array.of(24, 0, 0, 0, 1, 65)]],
  ['an aggregate of nothing', [Uint8Array.of(24)]],
  ['STAP-B, of another mode', [Uint8Array.of(25, 0, 0, 0, 1, 65)]],
  ['the forbidden bit', [Uint8Array.of(0xc1, 1, 2)]],
  ['type 0', [Uint8Array.of(0, 1, 2)]],
  ['a fragment without a beginning', [second!]],
  ['a fragment begun twice', [first!, first!]],
  ['a fragment without an end', [first!]],
  ['a NAL unit inside a fragmented one', [first!, SLICE, second!]],
  ['a fragment of an aggregate', [Uint8Array.of(0x5c, 0x98, 1, 2)]],
  ['a fragment without bytes', [Uint8Array.of(0x5c, 0x81)]],
  ['a broken SPS', [aggregate(Uint8Array.of(0x67, 1), PPS, IDR)]],
];

for (const [what, payloads] of broken) {
  test(`${what} is counted, and the next picture is whole again`, () => {
    const { it, pictures, push, damage } = assembler();
    push(0, aggregate(SPS, PPS, IDR), true);
    payloads.forEach((payload, i) => push(3000, payload, i === payloads.length - 1));
    assert.equal(it.stats().malformed, 1);
    assert.equal(damage(), 1);
    push(6000, aggregate(SPS, PPS, IDR), true);
    assert.deepEqual(pictures.map(bytes), [hex(SPS, PPS, IDR), hex(SPS, PPS, IDR)]);
  });
}

test('an endless picture is cut off at 8 MiB', () => {
  const { it, pictures, push } = assembler();
  const payload = new Uint8Array(60_000).fill(0x41);
  for (let i = 0; i < 300; i++) push(0, payload);
  push(0, SLICE, true);
  assert.equal(it.stats().malformed, 1);
  assert.equal(pictures.length, 0);
});
