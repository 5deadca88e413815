import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import { createMixedRecording } from '../../src/mixed/mixed-recording.ts';
import { createSegmentWriter, type HlsWriter } from '../../src/segment/hls-writer.ts';
import { wallUs } from '../../src/units.ts';
import { asUnits, encodePictures, encodeVoice, red, tone } from './synthetic-media.ts';

const zero = wallUs(1_700_000_000_000_000);
const seconds = 24;

test('on the real spool the mix is cut at its key frames, every ten seconds, and nothing is missing', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'mix-'));
  t.after(() => rmSync(root, { recursive: true }));
  const dir = join(root, 'mix');
  let writer: HlsWriter | undefined;
  const recording = await createMixedRecording({
    zeroUs: zero,
    layout: gridPlan,
    fill: 'hold',
    video: { width: 160, height: 120, fps: 15, bitrate: 200_000, gopSeconds: 10 },
    audio: { sampleRate: 44_100, channels: 2, bitrate: 64_000 },
    streams: 'audio-video',
    openWriter: async ({ audio, video }) => {
      const identity = { userId: '', mediaId: 'mix' as const, epoch: 1 };
      writer = await createSegmentWriter({ dir, zeroUs: zero, identity, video: !!video, ...(audio ? { audio } : {}) });
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
  const durations = [...readFileSync(join(dir, 'index.m3u8'), 'utf8').matchAll(/#EXTINF:([\d.]+)/g)].map((m) =>
    Number(m[1]),
  );
  assert.equal(readdirSync(dir).filter((name) => name.endsWith('.ts')).length, durations.length);
  assert.deepEqual(durations.map(Math.round), [10, 10, 4]);
  assert.equal(writer?.stats().forcedCuts, 0);
  assert.equal(writer?.closed, true);
});
