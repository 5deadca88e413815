import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSegmentWriter } from '../../src/segment/hls-writer.ts';
import { micros } from '../../src/units.ts';
import { camera } from '../single/pictures.ts';
import { zero } from '../single/recorder-kit.ts';

/** What {@link recordLargePictures} writes. */
export interface LargePictures {
  /** 25 a second. */
  readonly count: number;
  /** Of each. */
  readonly bytes: number;
}

/** Writes segments of pictures that are large because of what a decoder skips: a user data SEI in front of each. */
export async function recordLargePictures(dir: string, { count, bytes }: LargePictures): Promise<void> {
  mkdirSync(join(dir, '..'), { recursive: true });
  const units = await camera({ from: zero, count: 25, width: 64, height: 48 });
  const identity = { userId: 'anchor1', mediaId: 'main', epoch: 1 } as const;
  const writer = openSegmentWriter({ dir, zeroUs: zero, identity, video: true });
  for (let n = 0; n < count; n += 1) {
    const { key, data } = units[n % 25]!;
    const pts = micros(n * 40_000);
    writer.writeVideo({ pts, dts: pts, duration: micros(40_000), key, data: Buffer.concat([padding(bytes), data]) });
  }
  writer.finish();
}

function padding(bytes: number): Buffer {
  const size = [...Array<number>(Math.floor(bytes / 255)).fill(255), bytes % 255];
  const noise = randomBytes(bytes).map((byte) => byte | 1);
  return Buffer.concat([Buffer.from([0, 0, 0, 1, 6, 5, ...size]), noise, Buffer.from([0x80])]);
}
