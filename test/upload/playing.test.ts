import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launchChromium } from '../kit/chromium.ts';
import { playInBrowser } from './hls-player.ts';
import { TestRecording, uploadBench } from './upload-kit.ts';

const base = '1400000000_10001_UserId_s_YW5jaG9yMQ.._UserId_e_main';

test('a browser plays what is in the bucket to its end: sound alone, pictures alone, and the mix', async (t) => {
  const kit = await launchChromium();
  t.after(() => kit.close());
  const bench = await uploadBench(t);
  const live = bench.live(1, true);
  for (const [userId, mediaId] of [
    ['anchor1', 'main'],
    ['', 'mix'],
  ] as const) {
    const recording = new TestRecording(t, bench.folder(1, userId, mediaId), { userId, mediaId, epoch: 1 });
    recording.writeUntil(24_000);
    recording.writer.close();
  }
  await live.finish(10_000);
  for (const [name, width] of [
    [`${base}_audio.m3u8`, 0],
    [`${base}_video.m3u8`, 320],
    ['1400000000_10001.m3u8', 320],
  ] as const) {
    const played = await playInBrowser(t, kit, bench.server, `a/b/T/${name}`);
    assert.deepEqual(played.errors, [], name);
    assert.ok(played.ended, `${name} ended at ${played.currentTime} of ${played.duration}`);
    assert.equal(played.width, width, name);
    assert.ok(Math.abs(played.duration - 24) < 0.2, `${name} lasts ${played.duration}`);
  }
});
