import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAacEncoder } from '../../src/codec/aac-encoder.ts';
import { createSegmentWriter, openSegmentWriter, type SegmentWriterOptions } from '../../src/segment/hls-writer.ts';
import { parsePlaylist, targetDurationSeconds } from '../../src/segment/playlist.ts';
import { FolderOccupiedError, readRecord, segmentNames } from '../../src/segment/recording-folder.ts';
import type { SegmentWriter } from '../../src/segment/segment-writer.ts';
import { fromTransport, toTransport, unwrapTransport } from '../../src/segment/transport-time.ts';
import { micros } from '../../src/units.ts';
import { camera } from '../single/pictures.ts';
import { tempDir, zero } from '../single/recorder-kit.ts';
import { packetsIn, packetsOfFile } from './segment-kit.ts';

const identity = { userId: 'anchor1', mediaId: 'main', epoch: 3 } as const;
const second = 1_000_000;
const units = await camera({ from: zero, count: 50 });
const encoder = await openAacEncoder({ sampleRate: 48000, channels: 1 });
const silence = Buffer.from('01182007', 'hex');

const options = (dir: string, more: Partial<SegmentWriterOptions> = {}): SegmentWriterOptions => ({
  dir,
  zeroUs: zero,
  identity,
  ...more,
});

/** Writes picture n at 25 a second; a key frame where `key` says so. */
function picture(writer: SegmentWriter, n: number, key: boolean): void {
  const pts = micros(n * 40_000);
  writer.writeVideo({ pts, dts: pts, duration: micros(40_000), key, data: units[key ? 0 : 1]!.data });
}

/** Writes silent frames from one time to another. */
function sound(writer: SegmentWriter, fromUs: number, toUs: number): void {
  for (let k = Math.ceil(fromUs / 21_333.33); k * 21_333.33 < toUs; k += 1)
    writer.writeAudio({ pts: micros(Math.round(k * 21_333.33)), duration: micros(21_333), data: silence });
}

const segmentsIn = (dir: string): ReturnType<typeof parsePlaylist> =>
  parsePlaylist(readFileSync(join(dir, 'index.m3u8'), 'utf8'), zero);

test('cuts early where it is told to: at the next key frame, or at once where there is only sound', async (t) => {
  const starts = (dir: string): number[] => segmentsIn(dir).segments.map((s) => Math.round(s.start / 1000));
  const root = tempDir(t);
  const seen = await createSegmentWriter(options(join(root, 'seen'), { video: true }));
  seen.cutAt(micros(3 * second));
  for (let n = 0; n < 25 * 8; n += 1) picture(seen, n, n % 50 === 0);
  seen.close();
  assert.deepEqual(starts(join(root, 'seen')), [0, 4_000]);
  const heard = await createSegmentWriter(options(join(root, 'heard'), { audio: encoder.format }));
  sound(heard, 0, 2 * second);
  heard.cutAt(micros(3 * second));
  sound(heard, 2 * second, 8 * second);
  heard.close();
  assert.deepEqual(starts(join(root, 'heard')), [0, 3_008]);
});

test('cuts about every ten seconds at a key frame that it asked for', async (t) => {
  const dir = join(tempDir(t), 'e3');
  let wanted = true;
  const asked: number[] = [];
  let n = 0;
  const requestKeyFrame = (): void => {
    wanted = true;
    asked.push(n);
  };
  const writer = await createSegmentWriter(options(dir, { video: true, requestKeyFrame }));
  for (; n < 25 * 35; n += 1) {
    const key = wanted;
    wanted = false;
    picture(writer, n, key);
  }
  writer.close();
  writer.close();
  const { segments, ended } = segmentsIn(dir);
  assert.ok(ended);
  assert.deepEqual(asked, [250, 501, 752]);
  assert.deepEqual(
    segments.map((s) => s.duration / 1000),
    [10_040, 10_040, 10_040, 4880],
  );
  assert.deepEqual(
    segments.map((s) => s.start / 1000),
    [0, 10_040, 20_080, 30_120],
  );
  assert.equal(segments[1]!.name, '000002_20231114221330040.ts');
  for (const { name } of segments) {
    const bytes = readFileSync(join(dir, name));
    assert.equal(bytes.length % 188, 0);
    assert.equal(bytes.readUInt16BE(1) & 0x1fff, 0x11, 'the tables come first');
    assert.deepEqual(packetsOfFile(join(dir, name))[0]!.data, Buffer.from(units[0]!.data));
  }
  assert.equal(packetsIn(dir).length, 875);
  assert.deepEqual(readRecord(dir), { version: 1, ...identity, zeroUs: zero, trackType: 'video' });
});

test('no segment is longer than the target duration, whatever the sender does', async (t) => {
  const dir = join(tempDir(t), 'e3');
  const writer = await createSegmentWriter(options(dir, { video: true, audio: encoder.format }));
  for (let s = 0; s < 40; s += 1) {
    for (let n = s * 25; n < (s + 1) * 25; n += 1) if (s < 20 || s > 35) picture(writer, n, n === 0);
    if (s < 30) sound(writer, s * second, (s + 1) * second);
  }
  sound(writer, 100 * second, 101 * second);
  writer.close();
  const { segments } = segmentsIn(dir);
  const text = readFileSync(join(dir, 'index.m3u8'), 'utf8');
  assert.match(text, new RegExp(`#EXT-X-TARGETDURATION:${targetDurationSeconds}\n`));
  for (const s of segments) assert.ok(Math.round(s.duration / second) <= targetDurationSeconds, `${s.duration}`);
  assert.ok(Math.abs(segments.at(-1)!.start - 100 * second) < 22_000);
  assert.ok(segments.at(-1)!.discontinuity, 'a hole in time is told');
  assert.ok(writer.stats().forcedCuts >= 1);
});

test('video that comes later opens a new section with a discontinuity', async (t) => {
  const dir = join(tempDir(t), 'e3');
  const writer = openSegmentWriter(options(dir, { audio: encoder.format }));
  sound(writer, 0, 3 * second);
  assert.equal(readRecord(dir)!.trackType, 'audio');
  for (let n = 75; n < 100; n += 1) picture(writer, n, n === 75);
  sound(writer, 3 * second, 4 * second);
  writer.close();
  assert.equal(readRecord(dir)!.trackType, 'audio_video');
  const { segments } = segmentsIn(dir);
  assert.deepEqual(
    segments.map((s) => s.discontinuity),
    [false, true],
  );
  const kinds = segments.map(({ name }) => new Set(packetsOfFile(join(dir, name)).map((packet) => packet.kind)));
  assert.deepEqual(kinds, [new Set(['audio']), new Set(['video', 'audio'])]);
});

test('every picture is in the file when the call returns, sound within half a second', async (t) => {
  const dir = join(tempDir(t), 'e3');
  const writer = openSegmentWriter(options(dir, { video: true, audio: encoder.format }));
  for (let n = 0; n < 30; n += 1) {
    picture(writer, n, n === 0);
    sound(writer, n * 40_000, (n + 1) * 40_000);
    const packets = packetsOfFile(join(dir, segmentNames(dir)[0]!));
    assert.equal(packets.filter((packet) => packet.kind === 'video').length, n + 1);
    const heard = packets.filter((packet) => packet.kind === 'audio').at(-1);
    if (n > 15) assert.ok(fromTransport(heard!.pts) > (n - 20) * 40_000);
  }
  writer.close();
});

test('a folder in use is refused and not touched', async (t) => {
  const dir = tempDir(t);
  writeFileSync(join(dir, '000001_20231114221320000.ts'), 'precious');
  await assert.rejects(createSegmentWriter(options(dir)), FolderOccupiedError);
  const errors: Error[] = [];
  const writer = openSegmentWriter(options(dir, { video: true, onError: (error) => errors.push(error) }));
  picture(writer, 0, true);
  picture(writer, 1, false);
  writer.close();
  assert.equal(errors.length, 1);
  assert.ok(errors[0] instanceof FolderOccupiedError);
  assert.equal(readFileSync(join(dir, '000001_20231114221320000.ts'), 'utf8'), 'precious');
  assert.deepEqual(segmentNames(dir).length, 1);
});

test('a spool that cannot be written is told once and stops nobody', (t) => {
  const parent = tempDir(t);
  writeFileSync(join(parent, 'file'), '');
  const errors: Error[] = [];
  const writer = openSegmentWriter(
    options(join(parent, 'file', 'e1'), { video: true, onError: (e) => errors.push(e) }),
  );
  for (let n = 0; n < 10; n += 1) picture(writer, n, n === 0);
  writer.flush();
  writer.close();
  assert.equal(errors.length, 1);
});

test('transport time wraps after 26.5 hours and is unwrapped near its segment', () => {
  for (const hours of [0, 1, 26, 27, 53, 100]) {
    const time = micros(hours * 3600 * second + 123_456);
    const ticks = toTransport(time);
    assert.equal(unwrapTransport(ticks % 2 ** 33, toTransport(micros(Math.max(0, time - 20 * second)))), ticks);
    assert.ok(Math.abs(fromTransport(ticks) - time) <= 6);
  }
  assert.ok(toTransport(micros(-21_333)) > 0, 'sound may begin a frame early');
});

/** Every file of a folder with its size and contents. */
const bytesIn = (dir: string): Record<string, string> =>
  Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'latin1')]));

for (const end of ['close', 'finish', 'flush', 'pause', 'picture'] as const) {
  test(`a writer that lost its right writes nothing more, what it holds included: ${end}`, async (t) => {
    const dir = join(tempDir(t), 'mine');
    let ours = true;
    const writer = openSegmentWriter(options(dir, { audio: encoder.format, video: true, mayWrite: () => ours }));
    for (let n = 0; n < 25; n += 1) picture(writer, n, n === 0);
    sound(writer, 0, second);
    writer.flush();
    for (let n = 25; n < 30; n += 1) picture(writer, n, false);
    const before = bytesIn(dir);
    ours = false;
    if (end === 'picture') picture(writer, 30, true);
    else await writer[end]();
    await writer.finish();
    assert.deepEqual(bytesIn(dir), before);
    assert.equal(writer.closed, true);
  });
}
