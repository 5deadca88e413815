import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { finishFile } from '../../src/finish/finish-file.ts';
import type { FinishRequest } from '../../src/finish/finish-request.ts';
import { parsePlaylist } from '../../src/segment/playlist.ts';
import { toWallMs } from '../../src/units.ts';
import { tone } from '../codec/sound.ts';
import { withFile, packetsOf } from '../kit/media-file.ts';
import { camera } from '../single/pictures.ts';
import { at, noLimits, play, record, tempDir, voice, zero } from '../single/recorder-kit.ts';

async function epoch(dir: string, fromMs: number, toMs: number): Promise<string> {
  const recording = await record(dir);
  const count = (toMs - fromMs) / 40;
  const units = [...(await camera({ from: at(fromMs), count })), ...(await voice(tone(500), fromMs, count * 2))];
  await play(recording, units, toMs + 100, fromMs);
  recording.close();
  return dir;
}

const request = (dir: string, dirs: string[], endMs: number): FinishRequest => ({
  dirs,
  container: 'hls',
  // Shorter than the recording: HLS is not split.
  limits: { ...noLimits, durationMs: 10_000 },
  nameStem: 'stem',
  fileId: '51',
  target: { kind: 'library', root: join(dir, 'library'), subAppId: 7 },
  tempDir: join(dir, 'library', 'unfinished'),
  attempt: 'e1-1',
  mediaId: 'main',
  separateMedia: false,
  startMs: toWallMs(at(0)),
  endMs: toWallMs(at(endMs)),
});

/** Two epochs with a gap between them, finished. */
async function finished(t: TestContext) {
  const dir = tempDir(t);
  const dirs = [await epoch(join(dir, 'e1'), 0, 24_000), await epoch(join(dir, 'e2'), 60_000, 72_000)];
  const asked = request(dir, dirs, 72_000);
  const [part, ...others] = await finishFile(asked);
  assert.ok(part && others.length === 0);
  return { dir, asked, part, folder: join(dir, 'library', '7', '51') };
}

test('an HLS file is a folder with one ended playlist over the segments of all epochs', async (t) => {
  const { part, folder, dir, asked } = await finished(t);
  assert.deepEqual([part.name, part.fileId, part.trackType], ['stem.m3u8', '51', 'audio_video']);
  assert.deepEqual([part.streams, part.width, part.height], [['h264', 'aac'], 320, 180]);
  const text = readFileSync(join(folder, 'index.m3u8'), 'utf8');
  assert.equal(part.sha256, createHash('sha256').update(text).digest('hex'));
  assert.match(text, /#EXT-X-PLAYLIST-TYPE:VOD\n/);
  assert.match(text, /#EXT-X-ENDLIST\n$/);
  const { segments } = parsePlaylist(text, zero);
  assert.ok(segments.length >= 4, `${segments.length}`);
  assert.deepEqual(readdirSync(folder).sort(), [...segments.map(({ name }) => name), 'index.m3u8'].sort());
  const size = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  assert.equal(part.sizeBytes, size);
  assert.deepEqual(
    segments.filter(({ discontinuity }) => discontinuity).map(({ start }) => Math.round(start / 1e6)),
    [60],
  );
  assert.ok(Math.abs(part.durationMs - 36_000) < 200, `${part.durationMs}`);
  assert.deepEqual([part.startMs, part.endMs], [toWallMs(at(0)), toWallMs(at(72_000))]);
  assert.deepEqual(readdirSync(join(dir, 'library', 'unfinished')), []);
  await demuxes(folder);

  // Done again it replaces the folder by the same; the segments of the spool stay.
  const names = readdirSync(folder);
  assert.deepEqual(await finishFile({ ...asked, attempt: 'e1-2' }), [part]);
  assert.deepEqual(readdirSync(folder), names);
  assert.ok(readdirSync(join(dir, 'e1')).some((name) => name.endsWith('.ts')));
  assert.deepEqual(readdirSync(join(dir, 'library', '7')), ['51']);
});

/** A demuxer of HLS finds every picture in it, and the sound. */
async function demuxes(folder: string): Promise<void> {
  await withFile(join(folder, 'index.m3u8'), (format) => {
    const packets = [...packetsOf(format)];
    const streams = [...new Set(packets.map(({ stream }) => stream))];
    const counts = streams.map((stream) => packets.filter((one) => one.stream === stream).length);
    assert.ok(counts.includes(900), counts.join());
    assert.ok(
      counts.some((count) => Math.abs(count - (36 * 48_000) / 1024) < 40),
      counts.join(),
    );
  });
}

test('sound that leads the pictures by a moment, in a segment of its own, is no fault', async (t) => {
  for (const leadMs of [60, 80, 120, 160]) {
    const dir = tempDir(t);
    const recording = await record(join(dir, 'e1'));
    const units = [...(await camera({ from: at(leadMs), count: 50 })), ...(await voice(tone(500), 0, 100))];
    await play(recording, units, 2_100);
    recording.close();
    const [part] = await finishFile(request(dir, [join(dir, 'e1')], 2_000));
    const { segments } = parsePlaylist(readFileSync(join(dir, 'library', '7', '51', 'index.m3u8'), 'utf8'), zero);
    assert.equal(segments.length, 2);
    assert.deepEqual([part!.streams, part!.width, part!.height], [['h264', 'aac'], 320, 180], `${leadMs} ms`);
  }
});

test('a first segment of so few packets that nobody could guess what they are is no fault', async (t) => {
  for (let packets = 1; packets <= 12; packets += 1) {
    const dir = tempDir(t);
    const recording = await record(join(dir, 'e1'));
    const leadMs = 20 * packets;
    const units = [...(await camera({ from: at(leadMs), count: 15 })), ...(await voice(() => 0, 0, 30 + packets))];
    await play(recording, units, 600 + leadMs + 100, 0);
    recording.close();
    const [part] = await finishFile(request(dir, [join(dir, 'e1')], 600 + leadMs));
    assert.deepEqual(part!.streams, ['h264', 'aac'], `${packets} packets`);
  }
});

test('the first moments of a recorder that was killed are no fault, however little there is of them', async (t) => {
  const whole = readFileSync(join(await epoch(join(tempDir(t), 'e1'), 0, 1_000), '000001_20231114221320000.ts'));
  for (let packets = 4; packets <= 16; packets += 1) {
    const dir = tempDir(t);
    const first = await epoch(join(dir, 'e1'), 0, 1_000);
    for (const name of readdirSync(first).filter((one) => one !== 'recording.json')) rmSync(join(first, name));
    writeFileSync(join(first, '000001_20231114221320000.ts'), whole.subarray(0, packets * 188));
    const [part] = await finishFile(request(dir, [first, await epoch(join(dir, 'e2'), 3_000, 5_000)], 5_000));
    assert.deepEqual(part!.streams, ['h264', 'aac'], `${packets} packets`);
  }
});

test('segments outside the span, and those that an earlier epoch covers, are left out', async (t) => {
  const dir = tempDir(t);
  const dirs = [
    await epoch(join(dir, 'e1'), 0, 24_000),
    await epoch(join(dir, 'e2'), 2000, 12_000),
    await epoch(join(dir, 'e3'), 30_000, 52_000),
  ];
  const [part] = await finishFile(request(dir, dirs, 38_000));
  const text = readFileSync(join(dir, 'library', '7', '51', 'index.m3u8'), 'utf8');
  const starts = parsePlaylist(text, zero).segments.map(({ start }) => Math.round(start / 1e6));
  assert.deepEqual(starts, [0, 9, 18, 30]);
  assert.ok(part!.durationMs > 32_000 && part!.durationMs < 36_000, `${part!.durationMs}`);
  assert.ok(existsSync(join(dir, 'library', '7', '51')));
});
