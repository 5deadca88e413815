import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { readAccessUnit } from '../../src/timeline/access-unit.ts';
import { adtsFrames } from '../../src/segment/adts.ts';
import { recoverFolder } from '../../src/segment/recover.ts';
import { readTransport, transportPacketBytes } from '../../src/segment/transport-reader.ts';
import { corpusFolder, fuzz } from '../kit/corpus.ts';

const folder = mkdtempSync(join(tmpdir(), 'roomtape-segments-'));
after(() => rmSync(folder, { recursive: true }));
const record = readFileSync(join(corpusFolder('playlist'), 'recording.txt'));
const name = '000000_20231114221320000.ts';

/** What a writer that was killed left behind: the whole part of it is kept, and keeping it again changes nothing. */
function assertRecovers(input: Buffer): void {
  writeFileSync(join(folder, 'recording.json'), record);
  rmSync(join(folder, 'index.m3u8'), { force: true });
  writeFileSync(join(folder, name), input);
  const folded = recoverFolder(folder);
  for (const { start, duration } of folded?.segments ?? [])
    assert.ok(Number.isSafeInteger(start) && Number.isSafeInteger(duration) && duration >= 0, `${start} ${duration}`);
  if (folded?.segments.length === 0) return;
  const { size } = statSync(join(folder, name));
  assert.ok(size > 0 && size + folded!.cutBytes === input.length);
  assert.deepEqual(recoverFolder(folder)?.found, 0);
}

fuzz({
  corpus: 'transport-stream',
  usual: 600,
  most: 40_000,
  words: [Uint8Array.of(0x47, 0x41, 0, 0x30), Uint8Array.of(0, 0, 1, 0xe0), Uint8Array.of(0xff, 0xf1, 0x4c, 0x80)],
  take: (input) => {
    const counts = { video: 0, audio: 0, cut: 0, lost: 0, bytes: 0 };
    for (const { kind, data, complete, afterLoss, end, pts, dts } of readTransport(input)) {
      counts[kind] += 1;
      counts.bytes += data.length;
      if (!complete) counts.cut += 1;
      if (afterLoss) counts.lost += 1;
      assert.ok(end <= input.length && pts >= 0 && pts < 2 ** 33 && dts >= 0 && dts < 2 ** 33);
      const sounds = kind === 'audio' ? [...adtsFrames(data)] : [];
      assert.ok(sounds.reduce((sum, sound) => sum + sound.data.length, 0) <= data.length);
      if (kind === 'video') readAccessUnit(data);
    }
    assert.ok(counts.bytes <= input.length);
    assert.ok(counts.video + counts.audio <= input.length / transportPacketBytes);
    assertRecovers(input);
    return (['video', 'audio', 'cut', 'lost'] as const).filter((word) => counts[word] > 0).join(' ') || 'nothing';
  },
  reaches: ['video', 'audio', 'video cut', 'audio cut', 'video cut lost', 'nothing'],
});
