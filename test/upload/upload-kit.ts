import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openAacEncoder } from '../../src/codec/aac-encoder.ts';
import { FakeClock, systemClock } from '../../src/clock.ts';
import { openBucket } from '../../src/deliver/bucket.ts';
import { fileKey } from '../../src/naming/file-key.ts';
import { recordingStem } from '../../src/naming/file-name.ts';
import { createLogger } from '../../src/process/log.ts';
import type { MediaId } from '../../src/room-key.ts';
import { openSegmentWriter, type HlsWriter } from '../../src/segment/hls-writer.ts';
import { parsePlaylist, playlistText, segmentLines, type Segment } from '../../src/segment/playlist.ts';
import {
  claimFolder,
  segmentName,
  writePlaylist,
  writeRecord,
  type RecordingIdentity,
} from '../../src/segment/recording-folder.ts';
import { LiveUploader } from '../../src/upload/live-uploader.ts';
import type { UploadEvents } from '../../src/upload/upload-events.ts';
import type { UploadTarget } from '../../src/upload/upload-target.ts';
import { micros, toWallMs, wallUs } from '../../src/units.ts';
import { startFaultyProxy, type FaultyProxy } from '../kit/faulty-proxy.ts';
import { startS3, type S3Server } from '../kit/s3-server.ts';
import { camera } from '../single/pictures.ts';
import { tempDir, zero } from '../single/recorder-kit.ts';

/** What the upload told, in order: `began 0`, `file <name> <user> <type> <media> <begin>`, `index <name>`. */
export type Told = string[];

/** One task of one bucket, whose recordings lie on a spool of the test. */
export interface UploadBench {
  readonly server: S3Server;
  readonly proxy: FaultyProxy;
  readonly spool: string;
  readonly target: UploadTarget;
  readonly clock: FakeClock;
  readonly told: Told;
  readonly events: UploadEvents;
  /** Folder of a file of an epoch. */
  folder(epoch: number, userId: string, mediaId?: MediaId | 'mix'): string;
  /** The live upload of an epoch; closed when the test ends. */
  live(epoch: number, separateMedia: boolean): LiveUploader;
}

const room = { sdkAppId: 1400000000, kind: 'number', roomId: '10001' } as const;

/** What all names of a recording begin with. */
export const stemOf = (identity: Pick<RecordingIdentity, 'userId' | 'mediaId'>): string =>
  recordingStem(room, identity, { mode: 'documented' });

/** Writes down what is told. */
export const listener = (told: Told): UploadEvents => ({
  onBegan: (status) => told.push(`began ${status}`),
  onFile: ({ name, userId, trackType, mediaId, beginMs }) =>
    told.push(`file ${name} ${userId} ${trackType} ${mediaId} ${beginMs}`),
  onIndex: ({ name }) => told.push(`index ${name}`),
});

/** A server behind a proxy, a bucket with the prefixes a/b, and a spool. */
export async function uploadBench(t: TestContext): Promise<UploadBench> {
  const server = await startS3(t);
  const proxy = await startFaultyProxy(t, server.host);
  const destination = server.destination(proxy.host);
  const store = await openBucket({ destination, allowPrivate: true, clock: systemClock({ unref: true }) });
  t.after(() => store.close());
  const spool = join(tempDir(t), 'T');
  const target = { store, prefix: ['a', 'b'], taskId: 'T' };
  const clock = new FakeClock();
  const told: Told = [];
  const events = listener(told);
  return {
    server,
    proxy,
    spool,
    target,
    clock,
    told,
    events,
    folder: (epoch, userId, mediaId = 'main') => join(spool, `e${epoch}`, fileKey(userId, mediaId)),
    live: (epoch, separateMedia) => {
      const dir = join(spool, `e${epoch}`);
      const live = new LiveUploader({
        dir,
        target,
        separateMedia,
        stemOf,
        events,
        clock,
        log: createLogger('recorder', 'silent'),
      });
      t.after(() => live.close());
      return live;
    },
  };
}

/** Lets the bench's clock run until something holds. */
export async function until(bench: UploadBench, what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await holds()) return;
    bench.clock.advance(1000);
    await wait(20);
  }
  assert.fail(`${what} did not come: ${bench.told.join(', ')}; ${bench.proxy.seen.length} requests`);
}

const units = await camera({ from: zero, count: 50 });
const { format } = await openAacEncoder({ sampleRate: 48000, channels: 1 });
const silence = Buffer.from('01182007', 'hex');

/** A recording that the test writes, as a recorder would. */
export class TestRecording {
  readonly writer: HlsWriter;
  #frame = 0;
  #picture = 0;

  /** Begins a folder, closed at the latest when the test ends; media starts at `fromMs` behind the zero. */
  constructor(t: TestContext, dir: string, identity: RecordingIdentity, fromMs = 0) {
    mkdirSync(join(dir, '..'), { recursive: true });
    this.writer = openSegmentWriter({ dir, zeroUs: zero, identity, audio: format });
    // An open muxer keeps the process alive.
    t.after(() => this.writer.close());
    this.#frame = Math.ceil(fromMs / 21.333_33);
    this.#picture = fromMs / 40;
  }

  /** Writes silence, and pictures unless told otherwise, up to a time behind the zero. A key frame every second. */
  writeUntil(ms: number, video = true): void {
    for (; this.#picture * 40 < ms; this.#picture += 1) {
      const pts = micros(this.#picture * 40_000);
      for (; this.#frame * 21_333.33 < pts; this.#frame += 1) this.#sound();
      const { data, key } = units[this.#picture % 25]!;
      if (video) this.writer.writeVideo({ pts, dts: pts, duration: micros(40_000), key, data });
    }
  }

  #sound(): void {
    const pts = micros(Math.round(this.#frame * 21_333.33));
    this.writer.writeAudio({ pts, duration: micros(21_333), data: silence });
  }
}

/** A recording of so many segments without media of their own, for what a long one does to its playlist. */
export class LongRecording {
  readonly #dir: string;
  #lines = '';
  #count = 0;

  /** Begins a folder. */
  constructor(dir: string, identity: RecordingIdentity) {
    this.#dir = dir;
    claimFolder(dir);
    writeRecord(dir, { version: 1, ...identity, zeroUs: zero, trackType: 'audio' });
  }

  /** Adds segments of ten seconds until there are so many; `ended` when they are the last. */
  growTo(segments: number, ended = false): void {
    for (; this.#count < segments; this.#count += 1) {
      const start = micros(this.#count * 10_000_000);
      const name = segmentName(this.#count, toWallMs(wallUs(zero + start)));
      writeFileSync(join(this.#dir, name), `segment ${this.#count}`);
      this.#lines += segmentLines({ name, start, duration: micros(10_000_000), discontinuity: false }, zero);
    }
    writePlaylist(this.#dir, playlistText(this.#lines, ended));
  }
}

/** A playlist as it is in the bucket. */
export interface FetchedPlaylist {
  readonly text: string;
  readonly segments: readonly Segment[];
  readonly ended: boolean;
  /** All its segments in a row, in a file. */
  readonly path: string;
}

/** Downloads a playlist and all that it names. */
export async function fetchPlaylist(t: TestContext, { server }: UploadBench, key: string): Promise<FetchedPlaylist> {
  const text = (await server.get(key)).toString();
  const { segments, ended } = parsePlaylist(text, zero);
  const folder = key.slice(0, key.lastIndexOf('/') + 1);
  const parts = await Promise.all(segments.map(({ name }) => server.get(folder + name)));
  const path = join(tempDir(t), 'all.ts');
  writeFileSync(path, Buffer.concat(parts));
  return { text, segments, ended, path };
}
