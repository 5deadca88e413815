import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { AV_CODEC_ID_H264, AV_LOG_ERROR, AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Codec, CodecContext, Frame, Log, Packet, Rational } from 'node-av/lib';
import type { FeedPacket, FeedTrack } from '../../src/feed/messages.ts';
import { SessionClock } from '../../src/timeline/session-clock.ts';
import { createTrackReader } from '../../src/timeline/track-reader.ts';
import { VideoTrackReader } from '../../src/timeline/video-track-reader.ts';
import { wallUs } from '../../src/units.ts';
import { aggregate, Collected, fragments, OPUS_20MS, packet, randomFrom, Source, splitAnnexB, T0 } from './streams.ts';

const track = (fields: Partial<FeedTrack>): FeedTrack => ({
  track: 1,
  userId: 'u',
  mediaId: 'main',
  media: 'video',
  codec: 'h264',
  clockRate: 90_000,
  sessionId: 's',
  startedUs: wallUs(T0),
  ...fields,
});

Log.setLevel(AV_LOG_ERROR);

/** Pictures of 322×182 as x264 makes them. */
async function encode(count: number): Promise<Uint8Array[]> {
  const codec = Codec.findEncoder(AV_CODEC_ID_H264)!;
  const context = new CodecContext();
  context.allocContext3(codec);
  Object.assign(context, {
    width: 322,
    height: 182,
    pixelFormat: AV_PIX_FMT_YUV420P,
    gopSize: 10,
    maxBFrames: 0,
    threadCount: 1,
  });
  context.timeBase = new Rational(1, 25);
  assert.equal(await context.open2(codec), 0);
  const out: Uint8Array[] = [];
  const unit = new Packet();
  unit.alloc();
  const drain = () => {
    while (context.receivePacketSync(unit) >= 0) {
      out.push(new Uint8Array(unit.data!));
      unit.unref();
    }
  };
  const random = randomFrom(4);
  const noise = Uint8Array.from({ length: 4096 }, () => 60 + random() * 120);
  for (let i = 0; i < count; i++) {
    const frame = new Frame();
    frame.alloc();
    Object.assign(frame, { width: 322, height: 182, format: AV_PIX_FMT_YUV420P, pts: BigInt(i) });
    assert.equal(frame.allocBuffer(), 0);
    for (const plane of frame.data!)
      for (let at = 0; at < plane.length; at++) plane[at] = noise[(at + i) % noise.length]!;
    assert.ok(context.sendFrameSync(frame) >= 0);
    frame.free();
    drain();
  }
  context.sendFrameSync(null);
  drain();
  unit.free();
  context.freeContext();
  return out;
}

/** The NAL units of every picture as digests: a difference stays readable. */
const digests = (pictures: readonly Uint8Array[]): string[][] =>
  pictures.map((data) => splitAnnexB(data).map((nal) => createHash('sha1').update(nal).digest('hex')));

/** Packets as Chromium makes them: parameter sets aggregated, large NAL units in fragments of 1100 bytes. */
function packetise(pictures: readonly Uint8Array[]): FeedPacket[] {
  let seq = 65_600;
  return pictures.flatMap((picture, i) => {
    const nals = splitAnnexB(picture);
    const small = nals.filter((nal) => (nal[0]! & 0x1f) > 5);
    const slices = nals.filter((nal) => (nal[0]! & 0x1f) <= 5);
    const payloads = [
      ...(small.length > 0 ? [aggregate(...small)] : []),
      ...slices.flatMap((nal) => (nal.length > 1100 ? fragments(nal, 1100) : [nal])),
    ];
    return payloads.map((payload, k) =>
      packet({ seq: seq++, ts: i * 3600, atUs: T0 + i * 40_000 + k, payload, marker: k === payloads.length - 1 }),
    );
  });
}

test("an encoder's pictures come out with every NAL unit byte for byte, whatever order their packets took", async () => {
  const pictures = await encode(30);
  const packets = packetise(pictures);
  assert.ok(packets.length > 100);
  const random = randomFrom(6);
  for (const disorder of [0, 100_000]) {
    const got = new Collected();
    const reader = new VideoTrackReader({
      clock: new SessionClock(),
      codec: 'h264',
      sink: got,
      requestKeyFrame: () => assert.fail(),
    });
    const arrivals = packets.map((p, i) => ({
      ...p,
      arrivalUs: wallUs(p.arrivalUs + (i > 0 ? Math.floor(random() * disorder) : 0)),
    }));
    const shared = Buffer.alloc(2000);
    for (const p of arrivals.toSorted((a, b) => a.arrivalUs - b.arrivalUs)) {
      shared.fill(0xee);
      shared.set(p.payload);
      reader.push({ ...p, payload: shared.subarray(0, p.payload.length) });
    }
    shared.fill(0xee);
    reader.close();
    assert.deepEqual(digests(got.video.map((unit) => unit.data)), digests(pictures));
    assert.deepEqual(
      got.video.map((unit) => unit.key),
      pictures.map((_, i) => i % 10 === 0),
    );
    assert.deepEqual([reader.stats().width, reader.stats().height], [322, 182]);
  }
});

test('with packets lost, what comes out is whole groups from their key picture on', async () => {
  const pictures = await encode(60);
  const random = randomFrom(8);
  const got = new Collected();
  let asked = 0;
  const reader = new VideoTrackReader({
    clock: new SessionClock(),
    codec: 'h264',
    sink: got,
    requestKeyFrame: () => asked++,
    maxWaitUs: 50_000,
  });
  const lostPictures = new Set<number>();
  for (const p of packetise(pictures)) {
    if (random() < 0.01 && p.timestamp > 0) lostPictures.add(p.timestamp / 3600);
    else reader.push(p);
  }
  reader.advance(wallUs(T0 + 10_000_000));
  let whole = true;
  const expected = pictures.filter((_, i) => (whole = !lostPictures.has(i) && (i % 10 === 0 || whole)));
  assert.ok(lostPictures.size >= 2 && expected.length > 10 && expected.length < 55);
  assert.deepEqual(digests(got.video.map((unit) => unit.data)), digests(expected));
  assert.ok(asked >= 1);
});

test('packets without payload close gaps and are no part of a picture', () => {
  const got = new Collected();
  const reader = createTrackReader(
    track({ media: 'audio', codec: 'opus', clockRate: 48_000 }),
    new SessionClock(),
    { audio: got },
    () => {},
  )!;
  const source = new Source({ clockRate: 48_000 });
  reader.push(source.packet(0, OPUS_20MS));
  const padding = source.packet(20_000, new Uint8Array());
  reader.push(source.packet(20_000, OPUS_20MS));
  assert.equal(got.audio.length, 1);
  reader.push(padding);
  assert.equal(got.audio.length, 2);
  assert.equal(reader.stats().malformed, 0);
});

test('sound keeps its bytes, its level and its length; what is malformed counts as lost', () => {
  const got = new Collected();
  const reader = createTrackReader(
    track({ media: 'audio', codec: 'opus', clockRate: 48_000 }),
    new SessionClock(),
    { audio: got },
    () => {},
  )!;
  const source = new Source({ clockRate: 48_000 });
  const shared = Buffer.from(OPUS_20MS);
  reader.push(source.packet(0, shared, 0, 33));
  shared.fill(0);
  reader.push(source.packet(20_000, Uint8Array.of(0xfb, 7)));
  reader.push(source.packet(40_000, Uint8Array.of(0xfb, 3, 9)));
  assert.deepEqual(got.audio, [
    { at: wallUs(T0 + 20_000), samples: 960, data: OPUS_20MS, level: 33 },
    { at: wallUs(T0 + 60_000), samples: 2880, data: Uint8Array.of(0xfb, 3, 9), level: 255, lost: 1 },
  ]);
  assert.equal(reader.stats().malformed, 1);
});

test('VP8 goes the same way', () => {
  const got = new Collected();
  let asked = 0;
  const reader = createTrackReader(track({ codec: 'vp8' }), new SessionClock(), { video: got }, () => asked++)!;
  const source = new Source({ clockRate: 90_000 });
  reader.push(source.packet(0, Uint8Array.of(0x10, 0x51, 2, 0, 7)));
  assert.equal(asked, 1);
  const key = Uint8Array.of(0x50, 2, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0, 9);
  reader.push(source.packet(40_000, Uint8Array.of(0x10, ...key)));
  assert.deepEqual(got.video, [{ at: wallUs(T0 + 60_000), key: true, codec: 'vp8', data: key }]);
});

test('a closed reader has handed out everything and takes nothing more', () => {
  const got = new Collected();
  const reader = createTrackReader(
    track({ media: 'audio', codec: 'opus', clockRate: 48_000 }),
    new SessionClock(),
    { audio: got },
    () => {},
  )!;
  const source = new Source({ clockRate: 48_000 });
  reader.push(source.packet(0, OPUS_20MS));
  source.seq++;
  reader.push(source.packet(40_000, OPUS_20MS));
  assert.equal(reader.closed, false);
  reader.close();
  reader.close();
  reader.push(source.packet(60_000, OPUS_20MS));
  assert.equal(reader.closed, true);
  assert.equal(got.audio.length, 2);
  assert.equal(reader.stats().lost, 1);
});

test('tracks nobody wants, or that make no sense, get no reader', () => {
  const clock = new SessionClock();
  const sinks = { video: new Collected(), audio: new Collected() };
  assert.equal(
    createTrackReader(track({}), clock, { audio: sinks.audio }, () => {}),
    undefined,
  );
  assert.equal(
    createTrackReader(track({ media: 'audio' }), clock, sinks, () => {}),
    undefined,
  );
  assert.equal(
    createTrackReader(track({ codec: 'opus' }), clock, sinks, () => {}),
    undefined,
  );
  assert.equal(
    createTrackReader(track({ clockRate: 0 }), clock, sinks, () => {}),
    undefined,
  );
  assert.ok(createTrackReader(track({}), clock, sinks, () => {}, 100_000));
});
