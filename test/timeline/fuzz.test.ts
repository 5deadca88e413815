import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedCodec, FeedPacket } from '../../src/feed/messages.ts';
import { SessionClock } from '../../src/timeline/session-clock.ts';
import { createTrackReader, type TrackReader } from '../../src/timeline/track-reader.ts';
import { rtpTicks, wallUs } from '../../src/units.ts';
import { aggregate, Collected, fragments, IDR, packet, PPS, randomFrom, SLICE, SPS, T0 } from './streams.ts';

const VALID: Record<FeedCodec, Uint8Array[]> = {
  h264: [aggregate(SPS, PPS, IDR), SLICE, IDR, SPS, ...fragments(new Uint8Array(60).fill(0x65), 20)],
  vp8: [
    Uint8Array.of(0x10, 0x50, 2, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0, 9),
    Uint8Array.of(0x90, 0x80, 0x81, 2, 0x51, 1, 2),
  ],
  opus: [Uint8Array.of(0xf8, 1, 2), Uint8Array.of(0xfb, 6, 1, 1), Uint8Array.of(0xfa, 1, 2, 3), Uint8Array.of(0xf8)],
};

type Random = () => number;

function payload(codec: FeedCodec, random: Random): Uint8Array {
  const pick = random();
  if (pick < 0.05) return new Uint8Array();
  if (pick < 0.3) return Uint8Array.from({ length: Math.floor(random() * 40) }, () => random() * 256);
  const valid = VALID[codec];
  const bytes = Uint8Array.from(valid[Math.floor(random() * valid.length)]!);
  if (pick < 0.7) return bytes;
  if (bytes.length > 0) bytes[Math.floor(random() * bytes.length)] = random() * 256;
  return bytes.subarray(0, Math.ceil(random() * bytes.length));
}

function* hostile(codec: FeedCodec, random: Random, count: number): Generator<FeedPacket> {
  let [seq, ts, atUs] = [65_536, 0, T0];
  for (let i = 0; i < count; i++) {
    const pick = random();
    seq += pick < 0.8 ? 1 : Math.floor(random() * (pick < 0.97 ? 8 : 10_000)) - (pick < 0.97 ? 3 : 5_000);
    ts += random() < 0.98 ? Math.floor(random() * 2) * 3000 : Math.floor(random() * 2 ** 32);
    atUs += random() < 0.99 ? 5_000 : Math.floor(random() * 5e6);
    yield packet({
      seq: Math.max(0, seq),
      ts,
      atUs: atUs + random() * 50_000,
      payload: payload(codec, random),
      marker: random() < 0.4,
    });
  }
}

function reportTo(reader: TrackReader, random: Random, arrivalUs: number): void {
  const ntpUs = wallUs(Math.floor(random() < 0.5 ? arrivalUs + random() * 1e5 : random() * 2 ** 52));
  reader.onSenderReport({ ntpUs, rtp: rtpTicks(Math.floor(random() * 2 ** 32)), arrivalUs: wallUs(arrivalUs) });
}

for (const codec of ['h264', 'vp8', 'opus'] as const) {
  test(`hostile ${codec} never throws, never runs backwards, never claims more than it was given`, () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = randomFrom(seed);
      const got = new Collected();
      const media = codec === 'opus' ? 'audio' : 'video';
      const clockRate = codec === 'opus' ? 48_000 : 90_000;
      const track = {
        track: 1,
        userId: 'u',
        mediaId: 'main',
        media,
        codec,
        clockRate,
        sessionId: 's',
        startedUs: wallUs(T0),
      } as const;
      const reader = createTrackReader(track, new SessionClock(), { video: got, audio: got }, () => {})!;
      let newest = T0;
      for (const p of hostile(codec, random, 3000)) {
        newest = Math.max(newest, p.arrivalUs);
        reader.push(p);
        if (random() < 0.02) reportTo(reader, random, p.arrivalUs);
        if (random() < 0.1) reader.advance(wallUs(newest));
      }
      reader.close();
      const { times } = got;
      assert.ok(times.length > 20, `${times.length} units of seed ${seed}`);
      times.forEach((t, i) => assert.ok(Number.isSafeInteger(t) && (i === 0 || t > times[i - 1]!)));
      assert.ok(got.video.every((unit) => unit.data.length > 0));
      assert.equal(got.video[0]?.key ?? true, true);
      assert.ok(reader.stats().malformed > 0);
    }
  });
}
