import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { FeedTrack } from '../../src/feed/messages.ts';
import { createLogger } from '../../src/process/log.ts';
import { Spool } from '../../src/recorder/spool.ts';
import { wallMs } from '../../src/units.ts';
import type { LeasedJob, LeasedTask, RecordingPlan } from '../../src/worker-api/messages.ts';
import { at } from '../single/recorder-kit.ts';
import { defaultPlan } from '../../src/worker-api/default-plan.ts';

/** A log that nobody reads. */
export const silent = createLogger('test', 'silent');

/** Lets everything that waits only for promises run. */
export const settle = (): Promise<void> => new Promise((resume) => setImmediate(resume));

/** A spool on the real disk that is gone when the test ends. */
export function tempSpool(t: TestContext): Spool {
  const root = mkdtempSync(join(tmpdir(), 'roomtape-spool-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return new Spool(root);
}

/** A small plan; a minute without anchors ends it. */
export const plan = (change: Partial<RecordingPlan> = {}): RecordingPlan => ({
  ...defaultPlan,
  mode: 'single',
  maxIdleSeconds: 60,
  video: { width: 160, height: 90, fps: 10, bitrate: 100_000, gopSeconds: 2 },
  audio: { sampleRate: 48000, channels: 1, bitrate: 48_000 },
  ...change,
});

/** A task as the server leases it. */
export const leasedTask = (taskId: string, epoch = 1): LeasedTask => ({
  taskId,
  epoch,
  room: { sdkAppId: 1_400_000_000, kind: 'number', roomId: '10001' },
  botUserId: 'bot',
  plan: plan(),
  revision: 0,
  destination: { kind: 'vod', subAppId: 1_400_000_000, expireSeconds: 0, classId: 0 },
  naming: { mode: 'documented' },
  startedMs: undefined,
  stopCode: undefined,
});

/** A finishing job as the server leases it. */
export const leasedJob = (jobId: number, epoch = 1): LeasedJob => ({
  jobId,
  epoch,
  taskId: 'task',
  sdkAppId: 1_400_000_000,
  fileKey: 'alice_main',
  mediaId: 'main',
  trackType: 'audio_video',
  container: 'mp4',
  separateMedia: false,
  nameStem: 'alice',
  fileId: '5145403699454155159',
  destination: { kind: 'vod', subAppId: 1_400_000_000, expireSeconds: 0, classId: 0 },
  maxFileMinutes: 1440,
  startMs: wallMs(0),
  endMs: wallMs(1000),
  attempt: 1,
});

/** Alice's camera's pictures as track 1, with any change. */
export const feedTrack = (change: Partial<FeedTrack> = {}): FeedTrack => {
  const media = change.media ?? 'video';
  const coding =
    media === 'video' ? { codec: 'h264' as const, clockRate: 90_000 } : { codec: 'opus' as const, clockRate: 48_000 };
  return { track: 1, userId: 'alice', mediaId: 'main', media, ...coding, sessionId: 's', startedUs: at(0), ...change };
};
