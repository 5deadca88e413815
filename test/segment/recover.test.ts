import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createSegmentWriter } from '../../src/segment/hls-writer.ts';
import { recoverFolder } from '../../src/segment/recover.ts';
import { segmentNames } from '../../src/segment/recording-folder.ts';
import { micros, wallUs } from '../../src/units.ts';
import { decodeVideo } from '../kit/video-frames.ts';
import { camera } from '../single/pictures.ts';
import { finish, tempDir, zero } from '../single/recorder-kit.ts';
import { packetsIn, packetsOfFile } from './segment-kit.ts';

const child = fileURLToPath(new URL('./writing-child.ts', import.meta.url));

/** Lets a child write until it has handed in `pictures`, kills it, and says how many it had handed in by then. */
async function writeAndKill(dir: string, pictures: number): Promise<number> {
  const writer = spawn(process.execPath, [child, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  writer.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    if (text.split('\n').length > pictures) writer.kill('SIGKILL');
  });
  const [, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    writer.once('close', (code, reason) => resolve([code, reason]));
  });
  assert.equal(signal, 'SIGKILL');
  return Number(text.split('\n').at(-2));
}

test('a writer killed at any moment loses no picture that it had handed in, and the MP4 plays', async (t) => {
  for (const pictures of [3, 40, 300]) {
    const dir = join(tempDir(t), 'e1');
    const written = await writeAndKill(dir, pictures);
    const folder = recoverFolder(dir)!;
    assert.ok(folder.found >= 1);
    const packets = packetsIn(dir);
    assert.ok(packets.length >= written, `${packets.length} of ${written}`);
    assert.ok(packets.every((packet) => packet.complete));
    assert.match(readFileSync(join(dir, 'index.m3u8'), 'utf8'), /#EXT-X-ENDLIST\n$/);
    const file = await finish(t, [dir], { startUs: zero, endUs: wallUs(zero + packets.length * 40_000) });
    assert.equal((await decodeVideo(file.path)).frames.length, packets.length);
  }
});

test('a segment cut anywhere keeps every whole picture and nothing else; recovering again changes nothing', async (t) => {
  const dir = join(tempDir(t), 'whole');
  const units = await camera({
    from: zero,
    count: 12,
    width: 640,
    height: 360,
    noise: true,
    gop: 6,
    bitrate: 8_000_000,
  });
  const writer = await createSegmentWriter({ dir, zeroUs: zero, identity: { userId: 'u', mediaId: 'main', epoch: 1 } });
  for (const { at: time, key, data } of units) {
    const pts = micros(time - zero);
    writer.writeVideo({ pts, dts: pts, duration: micros(40_000), key, data });
  }
  writer.close();
  assert.ok(units[0]!.data.length > 65_536, 'the key frame has no length in its header');
  const name = segmentNames(dir)[0]!;
  const full = readFileSync(join(dir, name)).length;
  const ends = packetsOfFile(join(dir, name)).map((packet) => packet.end);
  const pictures = units.map((unit) => Buffer.from(unit.data));
  for (let length = full - 1; length > 0; length -= 18_851) {
    const copy = join(tempDir(t), 'cut');
    cpSync(dir, copy, { recursive: true });
    truncateSync(join(copy, name), length);
    rmSync(join(copy, 'index.m3u8'));
    const found = packetsIn(copy).map((packet) => packet.data);
    const same = found.filter((data, k) => pictures[k]?.equals(data)).length;
    assert.equal(same, found.length, `cut at ${length} of ${full}: ${found.map((data) => data.length).join()}`);
    assert.equal(found.length, ends.filter((end) => end <= length).length, `cut at ${length} of ${full}`);
    const playlist = readFileSync(join(copy, 'index.m3u8'), 'utf8');
    assert.equal(recoverFolder(copy)!.found, 0);
    assert.equal(readFileSync(join(copy, 'index.m3u8'), 'utf8'), playlist);
  }
});

test('folders without media: absent, empty, with a segment of garbage', (t) => {
  const dir = tempDir(t);
  assert.equal(recoverFolder(join(dir, 'absent')), undefined);
  assert.equal(recoverFolder(dir), undefined);
  const record = { version: 1, userId: 'u', mediaId: 'main', epoch: 1, zeroUs: zero, trackType: 'video' };
  writeFileSync(join(dir, 'recording.json'), JSON.stringify(record));
  writeFileSync(join(dir, '000001_20231114221320000.ts'), Buffer.alloc(1000, 0x47));
  assert.deepEqual(recoverFolder(dir)!.segments, []);
  assert.deepEqual(segmentNames(dir), []);
});
