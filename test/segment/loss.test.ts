import assert from 'node:assert/strict';
import { fstatSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openAacEncoder } from '../../src/codec/aac-encoder.ts';
import { openSegmentWriter, type HlsWriter, type SegmentWriterOptions } from '../../src/segment/hls-writer.ts';
import { readRecord, segmentNames } from '../../src/segment/recording-folder.ts';
import { readTransport } from '../../src/segment/transport-reader.ts';
import { fromTransport } from '../../src/segment/transport-time.ts';
import { micros, wallUs } from '../../src/units.ts';
import { decodeVideo } from '../kit/video-frames.ts';
import { camera } from '../single/pictures.ts';
import { finish, tempDir, zero } from '../single/recorder-kit.ts';
import { diskFull, fillDisk, intercept } from './failing-disk.ts';
import { packetsIn } from './segment-kit.ts';

const units = await camera({ from: zero, count: 100, gop: 1000 });
// Some kilobytes each, so that they have a middle.
const keys = await camera({ from: zero, count: 100, gop: 1, noise: true });
const encoder = await openAacEncoder({ sampleRate: 48000, channels: 1 });
const silence = Buffer.from('01182007', 'hex');

interface Scene {
  readonly dir: string;
  readonly writer: HlsWriter;
  readonly errors: Error[];
  /** Times of the key frames asked for, in pictures. */
  readonly asked: number[];
  /** Writes picture n, a key frame where `key` says so. */
  readonly picture: (n: number, key?: boolean) => void;
  readonly sound: (ms: number) => void;
}

function scene(t: TestContext, more: Partial<SegmentWriterOptions> = {}): Scene {
  const dir = join(tempDir(t), 'task', 'e1', 'file');
  const errors: Error[] = [];
  const asked: number[] = [];
  let now = 0;
  const writer = openSegmentWriter({
    dir,
    zeroUs: zero,
    identity: { userId: 'u', mediaId: 'main', epoch: 1 },
    onError: (error) => errors.push(error),
    requestKeyFrame: () => asked.push(now),
    ...more,
  });
  t.after(() => writer.close());
  const picture = (n: number, key = n === 0): void => {
    now = n;
    const pts = micros(n * 40_000);
    const { data } = key && n > 0 ? keys[n % 100]! : units[n % 100]!;
    writer.writeVideo({ pts, dts: pts, duration: micros(40_000), key, data });
  };
  const sound = (ms: number): void =>
    writer.writeAudio({ pts: micros(ms * 1000), duration: micros(21_333), data: silence });
  return { dir, writer, errors, asked, picture, sound };
}

test('a record that could not be written is tried again, and no media is written before it', (t) => {
  const { dir, writer, errors, picture } = scene(t, { video: true });
  const empty = fillDisk(t, 'writeFileSync');
  for (let n = 0; n < 60; n += 1) picture(n, n % 25 === 0);
  assert.deepEqual(segmentNames(dir), [], 'media without a record is lost');
  assert.equal(errors.length, 1);
  empty();
  for (let n = 60; n < 100; n += 1) picture(n, n % 25 === 0);
  writer.close();
  assert.equal(readRecord(dir)!.trackType, 'video');
  assert.deepEqual(
    packetsIn(dir).map((packet) => packet.data.length),
    Array.from({ length: 25 }, (_, k) => (k === 0 ? keys[75]! : units[75 + k]!).data.length),
  );
});

test('a record that could not be raised to one with pictures holds no picture back for good', (t) => {
  const { dir, writer, picture, sound } = scene(t, { audio: encoder.format });
  for (let ms = 0; ms < 500; ms += 20) sound(ms);
  const empty = fillDisk(t, 'writeFileSync');
  picture(13, true);
  empty();
  assert.equal(readRecord(dir)!.trackType, 'audio');
  for (let n = 14; n < 80; n += 1) {
    sound(n * 40);
    picture(n, n === 50);
  }
  writer.close();
  assert.equal(readRecord(dir)!.trackType, 'audio_video');
  assert.equal(packetsIn(dir).filter((packet) => packet.kind === 'video').length, 30);
});

test('after lost bytes the section ends, a key frame is asked for and waited for; the file decodes', async (t) => {
  const { dir, writer, errors, asked, picture, sound } = scene(t, { video: true, audio: encoder.format });
  for (let n = 0; n < 30; n += 1) picture(n);
  const empty = fillDisk(t, 'writeSync');
  picture(30);
  assert.deepEqual(asked, [30]);
  empty();
  for (let n = 31; n < 58; n += 1) {
    picture(n);
    sound(n * 40);
  }
  assert.deepEqual(asked, [30, 55], 'asked again after a second');
  for (let n = 58; n < 100; n += 1) picture(n, n === 58);
  writer.close();
  assert.equal(errors.length, 1);
  assert.ok(writer.stats().lostBytes > 0);
  assert.match(readFileSync(join(dir, 'index.m3u8'), 'utf8'), /#EXT-X-DISCONTINUITY\n/);
  const packets = packetsIn(dir);
  assert.ok(packets.every((packet) => packet.complete));
  assert.equal(packets.filter((packet) => packet.kind === 'video').length, 30 + 42);
  const heard = packets.find((packet) => packet.kind === 'audio')!;
  assert.ok(fromTransport(heard.pts) < 1_300_000, 'sound does not wait for a key frame');
  const file = await finish(t, [dir], { startUs: zero, endUs: wallUs(zero + 4_000_000) });
  assert.equal((await decodeVideo(file.path)).frames.length, 72);
});

test('a disk that goes on refusing is told every ten seconds and gets no file for every packet', (t) => {
  const { dir, errors, picture } = scene(t, { video: true });
  for (let n = 0; n < 25; n += 1) picture(n);
  fillDisk(t, 'writeSync');
  for (let n = 25; n < 26 * 25; n += 1) picture(n, true);
  assert.equal(errors.length, 3);
  const files = segmentNames(dir).length;
  assert.ok(files > 10 && files <= 27, `${files} files`);
});

test('a file that does not reach the disk after its end is told', async (t) => {
  const { writer, errors, picture } = scene(t, { video: true });
  intercept(t, 'fsync', () => (_fd: never, done: (error: Error) => void) => done(diskFull()));
  picture(0);
  await writer.finish();
  assert.deepEqual(
    errors.map((error) => error.message),
    [diskFull().message],
  );
});

test('a pause leaves no file open; what comes later is a section of its own, from a key frame', (t) => {
  const { dir, writer, asked, picture } = scene(t);
  const open: number[] = [];
  for (let n = 0; n < 10; n += 1) picture(n);
  writer.pause();
  writer.pause();
  open.push(segmentNames(dir).length);
  picture(2000);
  assert.deepEqual([segmentNames(dir).length, asked], [1, [2000]]);
  picture(2001, true);
  picture(2002);
  writer.close();
  assert.equal(packetsIn(dir).length, 12);
  assert.equal(readFileSync(join(dir, 'index.m3u8'), 'utf8').match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1);
});

test('new folders are in their parents’ lists on the disk, once', (t) => {
  const synced: string[] = [];
  intercept(t, 'fsyncSync', (original) => (fd) => {
    synced.push(readlinkSync(`/proc/self/fd/${String(fd)}`));
    return original(fd);
  });
  const { dir, writer, picture } = scene(t, { video: true });
  for (let n = 0; n < 2000; n += 1) picture(n, n % 250 === 0);
  const parents = [dirname(dir), dirname(dirname(dir)), dirname(dirname(dirname(dir)))];
  assert.ok(writer.stats().segments > 5);
  for (const parent of parents) assert.equal(synced.filter((path) => path === parent).length, 1, parent);
  assert.equal(synced.filter((path) => path === dir).length, 1, 'the record');
});

test('a picture with a transport packet missing inside is not whole, and the next one comes after a loss', (t) => {
  const { dir, writer, picture } = scene(t, { video: true });
  for (let n = 1; n < 6; n += 1) picture(n, true);
  writer.close();
  const path = join(dir, segmentNames(dir)[0]!);
  const bytes = readFileSync(path);
  const ends = Array.from(readTransport(bytes), (packet) => packet.end);
  const drop = (from: number, to: number): [boolean, boolean][] => {
    writeFileSync(path, Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]));
    return Array.from(readTransport(readFileSync(path)), (packet) => [packet.complete, packet.afterLoss]);
  };
  const whole: [boolean, boolean] = [true, false];
  assert.deepEqual(drop(0, 0), [whole, whole, whole, whole, whole]);
  const middle = ends[2]! - 3 * 188;
  assert.deepEqual(drop(middle, middle + 188), [whole, whole, [false, false], whole, whole]);
  const last = ends[2]! - 188;
  assert.deepEqual(drop(last, last + 188), [whole, whole, [false, false], [true, true], whole]);
  assert.deepEqual(drop(ends[1]!, ends[2]!), [whole, whole, [true, true], whole]);
});

/** Holds every synchronisation of data back until the test lets it go on; gives the sizes of the files it was asked for. */
function heldSyncs(t: TestContext): { readonly sizes: number[]; readonly release: () => void } {
  const sizes: number[] = [];
  const waiting: (() => void)[] = [];
  intercept(t, 'fdatasync', () => (fd: number, done: (error: Error | null) => void): void => {
    sizes.push(fstatSync(fd).size);
    waiting.push(() => done(null));
  });
  return { sizes, release: () => waiting.splice(0).forEach((go) => go()) };
}

test('with every flush what was written goes onto the disk, one at a time, and nothing is asked for twice', async (t) => {
  const { sizes, release } = heldSyncs(t);
  const { writer, picture, errors } = scene(t);
  for (let n = 0; n < 12; n += 1) picture(n);
  writer.flush();
  assert.equal(sizes.length, 1);
  assert.ok(sizes[0]! > 0);
  writer.flush();
  for (let n = 12; n < 24; n += 1) picture(n);
  writer.flush();
  assert.equal(sizes.length, 1, 'the disk is slow: the next one waits');
  release();
  writer.flush();
  assert.equal(sizes.length, 2);
  assert.ok(sizes[1]! > sizes[0]!);
  release();
  writer.flush();
  assert.equal(sizes.length, 2, 'nothing is new');
  for (let n = 24; n < 30; n += 1) picture(n);
  writer.flush();
  const ended = writer.finish();
  let over = false;
  void ended.then(() => (over = true));
  await new Promise(setImmediate);
  assert.equal(over, false, 'a file is not closed under a disk that is at work on it');
  release();
  await ended;
  assert.deepEqual(errors, []);
});
