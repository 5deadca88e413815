import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { openBucket } from '../../src/deliver/bucket.ts';
import { createLogger } from '../../src/process/log.ts';
import { openSegmentWriter } from '../../src/segment/hls-writer.ts';
import { LiveUploader } from '../../src/upload/live-uploader.ts';
import { micros } from '../../src/units.ts';
import type { BucketDestination } from '../../src/worker-api/messages.ts';
import { camera } from '../single/pictures.ts';
import { zero } from '../single/recorder-kit.ts';

// A recorder in small: records and uploads, some forty times as fast as life, until it is killed.
const [epochDir, fileKey, destination] = process.argv.slice(2) as [string, string, string];
const clock = systemClock();
const units = await camera({ from: zero, count: 25 });
const identity = { userId: 'anchor1', mediaId: 'main', epoch: 1 } as const;
const writer = openSegmentWriter({ dir: join(epochDir, fileKey), zeroUs: zero, identity, video: true });
const uploader = new LiveUploader({
  dir: epochDir,
  target: {
    store: await openBucket({ destination: JSON.parse(destination) as BucketDestination, allowPrivate: true, clock }),
    prefix: ['a', 'b'],
    taskId: 'T',
  },
  separateMedia: true,
  stemOf: () => process.argv[5]!,
  events: {
    onBegan: () => undefined,
    onFile: () => undefined,
    onIndex: () => undefined,
  },
  clock,
  log: createLogger('recorder', 'silent'),
});
for (let n = 0; !uploader.closed; n += 1) {
  const { key, data } = units[n % 25]!;
  const pts = micros(n * 40_000);
  writer.writeVideo({ pts, dts: pts, duration: micros(40_000), key, data });
  if (n % 10 === 0) await wait(10);
}
