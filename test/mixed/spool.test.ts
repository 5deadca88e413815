import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { readAccessUnit } from '../../src/timeline/access-unit.ts';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import { createMixedRecording } from '../../src/mixed/mixed-recording.ts';
import { createSegmentWriter, type HlsWriter } from '../../src/segment/hls-writer.ts';
import { readTransport } from '../../src/segment/transport-reader.ts';
import { wallUs } from '../../src/units.ts';
import { asUnits, encodePictures, encodeVoice, red, tone } from './synthetic-media.ts';

const zero = wallUs(1_700_000_000_000_000);
const seconds = 24;

/** Records a still picture and a tone onto a spool. */
async function recordStill(t: TestContext, gopSeconds: number): Promise<{ dir: string; writer: HlsWriter }> {
  const root = mkdtempSync(join(tmpdir(), 'mix-'));
  t.after(() => rmSync(root, { recursive: true }));
  const dir = join(root, 'mix');
  let writer: HlsWriter | undefined;
  const recording = await createMixedRecording({
    zeroUs: zero,
    layout: gridPlan,
    fill: 'hold',
    video: { width: 160, height: 120, fps: 15, bitrate: 200_000, gopSeconds },
    audio: { sampleRate: 44_100, channels: 2, bitrate: 64_000 },
    streams: 'audio-video',
    openWriter: async ({ audio, video }, requestKeyFrame) => {
      const identity = { userId: '', mediaId: 'mix' as const, epoch: 1 };
      const formats = { video: !!video, ...(audio ? { audio } : {}) };
      writer = await createSegmentWriter({ dir, zeroUs: zero, identity, requestKeyFrame, ...formats });
      return writer;
    },
  });
  recording.addAnchor('a', 0, zero);
  const pictures = recording.addPicture('a', 'main', zero);
  const sounds = recording.addSound('a', 'main', zero);
  const coded = await encodePictures({ width: 160, height: 120, count: seconds * 15, colour: () => red });
  const voice = await encodeVoice(tone(440, 0.3), seconds, zero);
  for (const unit of asUnits(coded, zero, 15)) {
    pictures.onVideo(unit);
    while (voice[0] && voice[0].at <= unit.at) sounds.onAudio(voice.shift()!);
    recording.advance(unit.at);
  }
  recording.finish(wallUs(zero + seconds * 1_000_000));
  return { dir, writer: writer! };
}

const durationsIn = (dir: string): number[] =>
  [...readFileSync(join(dir, 'index.m3u8'), 'utf8').matchAll(/#EXTINF:([\d.]+)/g)].map((m) => Number(m[1]));

/** Which pictures of a segment, in decoding order, are key frames. */
function keyFramesIn(path: string): number[] {
  const keys: number[] = [];
  let count = 0;
  for (const { kind, data } of readTransport(readFileSync(path))) {
    if (kind !== 'video') continue;
    if (readAccessUnit(data).key) keys.push(count);
    count += 1;
  }
  return keys;
}

test('on the real spool the mix is cut at its key frames, every ten seconds, and nothing is missing', async (t) => {
  const { dir, writer } = await recordStill(t, 10);
  const durations = durationsIn(dir);
  assert.equal(readdirSync(dir).filter((name) => name.endsWith('.ts')).length, durations.length);
  assert.deepEqual(durations.map(Math.round), [10, 10, 4]);
  assert.equal(writer.stats().forcedCuts, 0);
  assert.equal(writer.closed, true);
});

test('segments begin with key frames also where a Gop is longer than they are', async (t) => {
  const { dir, writer } = await recordStill(t, 60);
  const segments = readdirSync(dir).filter((name) => name.endsWith('.ts'));
  for (const name of segments.sort()) assert.deepEqual(keyFramesIn(join(dir, name)), [0], name);
  assert.ok(
    durationsIn(dir).every((seconds) => seconds < 12),
    durationsIn(dir).join(),
  );
  assert.equal(writer.stats().forcedCuts, 0);
});
