import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Vp8Transcoder } from '../../src/single/vp8-transcoder.ts';
import { micros, wallUs } from '../../src/units.ts';

/** A VP8 key frame (RFC 6386 §9.1) of that size whose partitions are empty: one colour. */
function keyFrame(width: number, height: number): Uint8Array {
  const first = 64;
  const tag = (first << 5) | (1 << 4);
  const head = [
    tag & 255,
    (tag >> 8) & 255,
    tag >> 16,
    0x9d,
    1,
    0x2a,
    width & 255,
    width >> 8,
    height & 255,
    height >> 8,
  ];
  return Uint8Array.from([...head, ...Array.from({ length: first + 4096 }, () => 0)]);
}

/** What comes of those sizes, a picture every `stepMs`. */
async function transcoded(sizes: readonly (readonly [number, number])[], stepMs: number) {
  const out = { pictures: 0, errors: 0, asked: 0 };
  const transcoder = new Vp8Transcoder({
    sink: () => (out.pictures += 1),
    requestKeyFrame: () => (out.asked += 1),
    onError: () => (out.errors += 1),
  });
  for (const [index, [width, height]] of sizes.entries()) {
    const data = keyFrame(width, height);
    transcoder.push(micros(index * stepMs * 1000), { codec: 'vp8', at: wallUs(0), key: true, data });
    await sleep(5);
  }
  const settled = (): number => out.pictures + transcoder.stats().dropped;
  for (let waits = 0; settled() < sizes.length && waits < 500; waits += 1) await sleep(20);
  transcoder.close();
  return { ...out, ...transcoder.stats() };
}

test('a key frame that names more than UHD is refused, takes no memory, and those after it are transcoded', async () => {
  const before = process.memoryUsage().rss;
  const got = await transcoded(
    [
      [4096, 2304],
      [64, 64],
      [64, 64],
    ],
    40,
  );
  assert.ok(process.memoryUsage().rss - before < 200e6);
  assert.deepEqual([got.dropped, got.asked, got.errors], [1, 1, 0]);
  assert.equal(got.pictures, 2);
});

test('a sender that changes its size with every picture opens an encoder now and then, not for each', async () => {
  const sizes = Array.from({ length: 60 }, (_, index) => [32 + 2 * index, 32] as const);
  const got = await transcoded(sizes, 40);
  assert.ok(got.dropped >= 45 && got.pictures >= 10, JSON.stringify(got));
  assert.equal(got.errors, 0);
});

test('pictures of one pixel and of odd sizes end nothing', async () => {
  const got = await transcoded(
    [
      [1, 1],
      [33, 35],
      [1, 3],
      [64, 64],
    ],
    1000,
  );
  assert.ok(got.pictures >= 2 && got.pictures + got.dropped === 4, JSON.stringify(got));
});
