import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { createSegmentWriter } from '../../src/segment/hls-writer.ts';
import { micros } from '../../src/units.ts';
import { camera } from '../single/pictures.ts';
import { zero } from '../single/recorder-kit.ts';

// Writes pictures until it is killed, and says after each how many it has handed in.
const units = await camera({ from: zero, count: 100, bitrate: 1_500_000, noise: true });
const writer = await createSegmentWriter({
  dir: process.argv[2]!,
  zeroUs: zero,
  identity: { userId: 'u', mediaId: 'main', epoch: 1 },
  video: true,
});
for (let n = 0; ; n += 1) {
  const { key, data } = units[n % units.length]!;
  const pts = micros(n * 40_000);
  writer.writeVideo({ pts, dts: pts, duration: micros(40_000), key, data });
  writeSync(1, `${n + 1}\n`);
  await wait(1);
}
