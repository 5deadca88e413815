import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Frame } from 'node-av/lib';
import { FakeClock } from '../../src/clock.ts';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import { isDamaged, PictureDecoder } from '../../src/mixed/picture-decoder.ts';
import { createReceiverSession } from '../../src/rtp/receiver.ts';
import { SessionClock } from '../../src/timeline/session-clock.ts';
import { VideoTrackReader } from '../../src/timeline/video-track-reader.ts';
import { wallUs, type WallUs } from '../../src/units.ts';
import { eachFrame } from '../kit/media-file.ts';
import { MixFile } from '../mixed/mix-file.ts';
import { createMixedRecording } from '../../src/mixed/mixed-recording.ts';
import { LossyLink } from '../rtp/lossy-link.ts';
import { seededRandom } from '../rtp/seeded-random.ts';
import { finish, record, tempDir } from '../single/recorder-kit.ts';
import { CameraSender, extensions, videoMedia } from './camera-sender.ts';
import { LiveCamera, lookOf, numberIn, rate, size } from './live-camera.ts';

/** A path of 60 ms round trip. */
interface Path {
  readonly loss: number;
  /** Nothing arrives for half a second, every so many seconds. */
  readonly outageEverySeconds?: number;
  /** Whether lost packets can be asked for. */
  readonly repair?: boolean;
  readonly seconds: number;
  readonly seed: number;
}

interface Shown {
  readonly number: number;
  /** In the file, microseconds. */
  readonly at: number;
}

interface Outcome {
  readonly sender: CameraSender;
  readonly camera: LiveCamera;
  /** Pictures of the single file, every one of which looks as it did at the camera. */
  readonly single: readonly Shown[];
  readonly mix: readonly Shown[];
  readonly zero: WallUs;
  readonly keyRequests: number;
}

const delayMs = 30;
const outageMs = 500;

/** Sends, loses, repairs, and records the same room as a file of its own and as a mix. */
async function call(t: TestContext, path: Path): Promise<Outcome> {
  const clock = new FakeClock();
  const random = seededRandom(path.seed);
  const camera = await LiveCamera.open();
  const dir = join(tempDir(t), 'e1');
  const zero = clock.wallUs();
  const session = createReceiverSession([videoMedia(path.repair ?? true)], extensions, {
    onPacket: (packet) => reader.push({ ...packet, track: 1 }),
    onSenderReport: (report) => reader.onSenderReport(report),
    onBye: () => assert.fail('nobody said BYE'),
    sendRtcp: (bytes) => back.send(bytes),
  });
  let keyRequests = 0;
  const requestKeyFrame = (): void => {
    keyRequests += 1;
    session.requestKeyFrame(0, clock.monoUs());
  };
  const single = await record(dir, { zeroUs: zero, streams: 'video', requestKeyFrame });
  const mixFile = new MixFile();
  const mixed = await createMixedRecording({
    zeroUs: zero,
    layout: gridPlan,
    fill: 'hold',
    video: { ...size, fps: rate, bitrate: 900_000, gopSeconds: 2 },
    audio: { sampleRate: 48_000, channels: 1, bitrate: 64_000 },
    streams: 'video',
    openWriter: mixFile.open,
    requestKeyFrame,
  });
  mixed.addAnchor('a', 0, zero);
  const picture = mixed.addPicture('a', 'main', zero);
  const reader = new VideoTrackReader({
    codec: 'h264',
    clock: new SessionClock(),
    requestKeyFrame,
    sink: {
      onVideo: (unit) => {
        single.onVideo(unit);
        picture.onVideo(unit);
      },
    },
  });
  const isOut = (): boolean => {
    const every = path.outageEverySeconds;
    return every !== undefined && (clock.monoUs() / 1000 + outageMs) % (every * 1000) < outageMs;
  };
  const link = { loss: path.loss, delayMs };
  const back = new LossyLink(clock, random, link, (bytes) => sender.receive(bytes));
  const there = new LossyLink(clock, random, link, (bytes) => session.receive(bytes, clock.wallUs(), clock.monoUs()));
  const sender = new CameraSender(clock, camera, (bytes) => void (isOut() || there.send(bytes)));
  clock.every(10, () => session.tick(clock.monoUs()));
  clock.every(100, () => {
    reader.advance(clock.wallUs());
    single.advance(clock.wallUs());
    mixed.advance(clock.wallUs());
  });
  clock.advance(path.seconds * 1000);
  sender.close();
  clock.advance(2000);
  reader.close();
  const endUs = wallUs(zero + path.seconds * 1_000_000);
  const end = await single.finish(endUs);
  mixed.finish(endUs);
  const part = await finish(t, [dir], end!);
  // The file begins with the first picture that arrived.
  const late = end!.startUs - zero;
  return {
    sender,
    camera,
    single: (await shownIn(part.path, camera)).map(({ number, at }) => ({ number, at: at + late })),
    mix: shownInMix(mixFile),
    zero,
    keyRequests,
  };
}

/** Decodes the file; a picture that is damaged, or looks other than it did at the camera, ends the test. */
async function shownIn(path: string, { looks }: LiveCamera): Promise<Shown[]> {
  const shown: Shown[] = [];
  await eachFrame(path, 'video', (frame, at) => {
    const number = numberIn(frame);
    assert.ok(!isDamaged(frame) && number !== undefined, `damaged at ${at / 1e6} s`);
    assert.equal(lookOf(frame), looks[number], `picture ${number} does not look as it was sent`);
    shown.push({ number, at });
  });
  return shown;
}

/** Pictures of the mix are coded anew; every one must show a number that can be read. */
function shownInMix({ videos }: MixFile): Shown[] {
  const decoder = new PictureDecoder('h264');
  const frame = new Frame();
  frame.alloc();
  const shown: Shown[] = [];
  for (const { data, pts } of videos) {
    assert.ok(decoder.send(data, wallUs(pts)));
    for (let at = decoder.receive(frame); at !== undefined; at = decoder.receive(frame)) {
      // Before the first picture there is the background, and it has no number.
      const number = numberIn(frame);
      if (shown.length > 0) assert.ok(number !== undefined, `no number at ${at / 1e6} s`);
      if (number !== undefined) shown.push({ number, at });
    }
  }
  decoder.close();
  return shown;
}

/** Every picture stands where it was taken, in order, none twice. */
function assertInPlace({ single, sender, zero }: Outcome): void {
  single.forEach(({ number, at }, i) => {
    const wanted = sender.takenUs[number]! - zero;
    assert.ok(Math.abs(at - wanted - delayMs * 1000) <= 40_000, `picture ${number} at ${at} µs, not ${wanted}`);
    assert.ok(i === 0 || number > single[i - 1]!.number, `picture ${number} after ${single[i - 1]?.number}`);
  });
}

/** The mix never goes back, and is never further behind than `mostSeconds`. */
function assertMixFollows({ mix, sender }: Outcome, mostSeconds: number): void {
  const sent = mix.filter(({ at }) => at <= (sender.takenUs.length * 1e6) / rate);
  sent.forEach(({ number, at }, i) => {
    assert.ok(i === 0 || number >= sent[i - 1]!.number, `the mix goes back to ${number} at ${at / 1e6} s`);
    const behind = at / 1e6 - number / rate;
    assert.ok(behind < mostSeconds, `the mix shows ${number} at ${at / 1e6} s`);
  });
}

const share = ({ single, sender }: Outcome): number => single.length / sender.takenUs.length;

/** The longest time for which one picture stands in the file, in seconds. */
const longestHold = ({ single }: Outcome): number =>
  Math.max(...single.slice(1).map(({ at }, i) => (at - single[i]!.at) / 1e6));

for (const [loss, least] of [
  [0.02, 0.999],
  [0.05, 0.999],
  [0.1, 0.995],
] as const) {
  test(`${loss * 100} % loss: ${least * 100} % of the pictures are in the file, each as it was sent and in its place`, async (t) => {
    const outcome = await call(t, { loss, seconds: 40, seed: 11 });
    assert.ok(share(outcome) >= least, `${share(outcome)}`);
    assertInPlace(outcome);
    assertMixFollows(outcome, 0.5);
  });
}

test('outages of half a second, with 2 % loss between them: held pictures, then all goes on, nothing is damaged', async (t) => {
  const outcome = await call(t, { loss: 0.02, outageEverySeconds: 6, seconds: 40, seed: 12 });
  assert.ok(share(outcome) >= 0.99, `${share(outcome)}`);
  assert.ok(longestHold(outcome) < 1.2, `${longestHold(outcome)} s`);
  assertInPlace(outcome);
  assertMixFollows(outcome, 1.7);
});

test('5 % loss that cannot be repaired: the last good picture is held, a key frame is asked for at once, nothing is damaged', async (t) => {
  const outcome = await call(t, { loss: 0.05, repair: false, seconds: 40, seed: 13 });
  assert.ok(share(outcome) < 0.9, 'something is lost');
  assert.ok(outcome.keyRequests >= 5 && outcome.sender.keyPictures >= 5);
  assertInPlace(outcome);
  assertMixFollows(outcome, 6);
});
