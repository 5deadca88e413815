import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import type { FeedTrack } from '../../src/feed/messages.ts';
import type { SubscribedRecording } from '../../src/recorder/room-recording.ts';
import { Witness } from '../../src/recorder/witness.ts';
import { WitnessedRecording } from '../../src/recorder/witnessed-recording.ts';
import { witnessedRoom } from '../../src/recorder/witnessed-room.ts';
import { micros, wallUs } from '../../src/units.ts';
import { taskReport } from '../../src/worker-api/schemas.ts';
import type { TaskReport } from '../../src/worker-api/messages.ts';

type Timeline = Extract<TaskReport, { kind: 'timeline' }>;

/** A witness whose server answers when it is told to. */
function witnessing() {
  const clock = new FakeClock();
  const reports: Timeline[] = [];
  const answers: (() => void)[] = [];
  const report = (one: TaskReport): Promise<void> => {
    assert.deepEqual(taskReport.parse(JSON.parse(JSON.stringify(one))), one, 'as it comes through the wire');
    reports.push(one as Timeline);
    return new Promise((resume) => answers.push(resume));
  };
  const witness = new Witness({ epoch: 2, recorderId: 'r', report, clock });
  const answer = async (): Promise<void> => {
    for (const resume of answers.splice(0)) resume();
    await new Promise(setImmediate);
  };
  const kinds = (): string[] => reports.flatMap(({ entries }) => entries.map(({ kind }) => kind));
  return { clock, reports, witness, answer, kinds };
}

const head = (segments: number) => ({ segments, chain: 'ab'.repeat(32) });

test('what happens is told every few seconds, numbered, each entry once, and held while the server is away', async () => {
  const { clock, reports, witness, answer } = witnessing();
  witness.note({ kind: 'anchor-entered', userId: 'alice', robot: false });
  assert.equal(reports.length, 0);
  clock.advance(3_000);
  assert.deepEqual(
    reports[0]?.entries.map(({ seq, kind }) => [seq, kind]),
    [
      [1, 'epoch-began'],
      [2, 'anchor-entered'],
    ],
  );
  for (let n = 0; n < 1200; n += 1) witness.note({ kind: 'anchor-left', userId: `user ${n}` });
  clock.advance(60_000);
  assert.equal(reports.length, 1, 'one report is on its way');
  await answer();
  clock.advance(3_000);
  assert.deepEqual(
    reports.slice(1).map(({ entries }) => [entries.length, entries[0]?.seq]),
    [
      [500, 3],
      [500, 503],
      [200, 1003],
    ],
  );
});

test('heads of chains are told twice a minute and at the end, before the task’s last report', async () => {
  const { clock, reports, witness, answer, kinds } = witnessing();
  clock.advance(3_000);
  await answer();
  witness.onChained('alice_main', head(1));
  clock.advance(20_000);
  assert.equal(reports.length, 1);
  witness.onChained('alice_main', head(2));
  clock.advance(15_000);
  assert.deepEqual(reports[1]?.heads, [{ fileKey: 'alice_main', ...head(2) }]);
  await answer();
  witness.onChained('alice_main', head(3));
  const stopped: TaskReport = { kind: 'stopped', epoch: 2, leaveCode: 99, atMs: clock.wallMs(), files: [] };
  assert.equal(witness.before(stopped), stopped);
  assert.deepEqual(reports[2]?.heads, [{ fileKey: 'alice_main', ...head(3) }]);
  assert.deepEqual(
    reports[2]?.entries.map((entry) => entry.kind === 'epoch-ended' && [entry.how, entry.leaveCode]),
    [['stopped', 99]],
  );
  witness.end('failed');
  witness.note({ kind: 'room-entered' });
  clock.advance(60_000);
  assert.equal(kinds().filter((kind) => kind === 'epoch-ended').length, 1);
  assert.equal(reports.length, 3);
});

test('a room that is away, a layout and an effort are told when they change', () => {
  const { clock, witness, kinds } = witnessing();
  const room = witnessedRoom({ onEvent: () => {}, onPacket: () => {}, onClosed: () => {} }, witness);
  room.onEvent({ kind: 'joined', anchors: [], tracks: [] });
  for (let n = 0; n < 3; n += 1) room.onClosed('gone');
  room.onEvent({ kind: 'joined', anchors: [], tracks: [] });
  const picture = { userId: 'a', mediaId: 'main', video: true, left: 0, top: 0, width: 2, height: 2 } as const;
  for (const video of [true, true, false]) witness.arranged([{ ...picture, video }], clock.wallUs());
  for (const step of [0, 1, 1, 0]) witness.effort(step);
  clock.advance(3_000);
  assert.deepEqual(kinds(), [
    'epoch-began',
    'room-entered',
    'room-lost',
    'room-entered',
    'layout',
    'layout',
    'effort',
    'effort',
  ]);
});

test('more than is kept of an epoch is said to have been', async () => {
  const { clock, witness, answer, kinds } = witnessing();
  for (let n = 0; n < 80_000; n += 1) witness.note({ kind: 'anchor-left', userId: 'u' });
  clock.advance(3_000);
  await answer();
  assert.equal(kinds().length, 75_001);
  assert.equal(kinds().at(-1), 'entries-dropped');
});

test('a track pauses when it sends nothing or silence, at its last media, and goes on with the next', () => {
  const { clock, reports, witness } = witnessing();
  const sink = { onVideo: () => {}, onAudio: () => {} };
  const inner = {
    openTrack: () => sink,
    anchorEntered: () => {},
    closeTrack: () => {},
    advance: () => false,
    lag: () => micros(0),
  } as unknown as SubscribedRecording;
  const recording = new WitnessedRecording(inner, witness);
  const begun = clock.wallUs();
  const track = (id: number, media: 'audio' | 'video'): FeedTrack => ({
    track: id,
    userId: 'alice',
    mediaId: 'main',
    media,
    codec: media === 'audio' ? 'opus' : 'h264',
    clockRate: 48_000,
    sessionId: 's',
    startedUs: begun,
  });
  recording.anchorEntered({ userId: 'alice', order: 1, enteredUs: begun });
  const camera = recording.openTrack(track(1, 'video'))!;
  const microphone = recording.openTrack(track(2, 'audio'))!;
  const start = clock.wallUs();
  const at = (ms: number) => wallUs(start + ms * 1000);
  for (let ms = 0; ms < 20_000; ms += 100) {
    clock.advance(100);
    if (ms < 5_000 || ms >= 12_000) {
      camera.onVideo({ at: at(ms), key: true, codec: 'h264', data: Buffer.alloc(1) });
    }
    const level = ms >= 6_000 && ms < 11_000 ? 127 : 40;
    microphone.onAudio({ at: at(ms), samples: 960, data: Buffer.alloc(1), level });
    recording.advance(clock.wallUs());
  }
  recording.closeTrack(track(1, 'video'), clock.wallUs());
  witness.end('drained');
  const pauses = reports
    .flatMap(({ entries }) => entries)
    .flatMap((entry) =>
      entry.kind === 'media-paused' || entry.kind === 'media-resumed'
        ? [[entry.kind, entry.media, entry.atMs - Math.floor(start / 1000)]]
        : [],
    );
  assert.deepEqual(pauses, [
    ['media-paused', 'video', 4_900],
    ['media-paused', 'audio', 5_900],
    ['media-resumed', 'audio', 11_000],
    ['media-resumed', 'video', 12_000],
  ]);
});
