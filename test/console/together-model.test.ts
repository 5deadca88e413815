import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommonClock } from '../../console/together/common-clock.ts';
import { lanesOf, spanOf } from '../../console/together/lanes.ts';
import { moved, placesOf, resized } from '../../console/together/places.ts';
import type { TaskDetailView } from '../../src/admin/task-view.ts';

type TaskFile = TaskDetailView['files'][number];

const file = (more: Partial<TaskFile>): TaskFile => ({
  fileId: `${more.userId}-${more.mediaId ?? 'main'}-${more.startMs}-${more.container ?? 'mp4'}`,
  userId: 'alice',
  mediaId: 'main',
  trackType: 'audio_video',
  name: 'a name',
  container: 'mp4',
  part: 1,
  state: 'done',
  startMs: 1000,
  endMs: 9000,
  sizeBytes: 1,
  durationMs: null,
  sha256: null,
  streams: [],
  width: null,
  height: null,
  videoUrl: 'http://media.example/vod/1/2/a.mp4',
  progress: null,
  error: null,
  ...more,
});

test('files become streams: in order, without doubles of another form, without what cannot be played', () => {
  const lanes = lanesOf([
    file({ userId: 'bob', startMs: 3000 }),
    file({ userId: 'alice', mediaId: 'aux' }),
    file({ userId: 'alice', container: 'hls' }),
    file({ userId: 'alice', startMs: 9000, endMs: 12_000, container: 'hls' }),
    file({ userId: 'alice', endMs: 9020 }),
    file({ userId: 'alice', startMs: 20_000, endMs: 25_000, durationMs: 4000 }),
    file({ userId: 'carol', state: 'failed' }),
    file({ userId: 'dave', videoUrl: null }),
    file({ userId: '', mediaId: 'mix' }),
    file({ userId: 'erin', trackType: 'audio', container: 'aac', startMs: 500 }),
  ]);
  assert.deepEqual(
    lanes.map(({ userId, mediaId, hasVideo }) => [userId, mediaId, hasVideo]),
    [
      ['alice', 'main', true],
      ['alice', 'aux', true],
      ['bob', 'main', true],
      ['erin', 'main', false],
    ],
  );
  assert.deepEqual(
    lanes[0]!.pieces.map(({ container, startMs, endMs }) => [container, startMs, endMs]),
    [
      ['mp4', 1000, 9020],
      ['hls', 9000, 12_000],
      ['mp4', 20_000, 24_000],
    ],
  );
  assert.deepEqual(spanOf(lanes), { startMs: 500, endMs: 24_000 });
  assert.equal(spanOf([]), undefined);
});

test('places are those of the compositor, and never leave the stage', () => {
  const lanes = lanesOf([file({ userId: 'a' }), file({ userId: 'b' }), file({ userId: 'b', mediaId: 'aux' })]);
  for (const mode of ['grid', 'share', 'floating'] as const) {
    const places = placesOf(mode, lanes);
    assert.equal(places.size, 3, mode);
    for (const { left, top, width, height } of places.values()) {
      assert.ok(left >= 0 && top >= 0 && left + width <= 1.001 && top + height <= 1.001, mode);
    }
  }
  const share = placesOf('share', lanes);
  assert.ok(lanes.every(({ key }) => share.get(key)!.width <= share.get(lanes[2]!.key)!.width));
  const place = { left: 0.5, top: 0.5, width: 0.4, height: 0.4 };
  assert.deepEqual(moved(place, 0.5, -0.9), { left: 0.6, top: 0, width: 0.4, height: 0.4 });
  const large = resized(place, 10);
  assert.deepEqual([large.width, large.height, large.left, large.top], [1, 1, 0, 0]);
  assert.ok(resized(place, 0.01).width >= 0.099);
});

test('the common clock runs at its speed, stands, and is moved', () => {
  let now = 500;
  const clock = new CommonClock(() => now, 10_000);
  now += 1000;
  assert.equal(clock.positionMs, 10_000);
  clock.run(true);
  now += 1000;
  assert.equal(clock.positionMs, 11_000);
  clock.setSpeed(2);
  now += 1000;
  assert.equal(clock.positionMs, 13_000);
  clock.run(false);
  now += 1000;
  assert.equal(clock.positionMs, 13_000);
  clock.moveTo(20_000);
  clock.run(true);
  now += 500;
  assert.equal(clock.positionMs, 21_000);
});
