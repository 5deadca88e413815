import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AudioTrackReader } from '../../src/timeline/audio-track-reader.ts';
import { SessionClock } from '../../src/timeline/session-clock.ts';
import { VideoTrackReader } from '../../src/timeline/video-track-reader.ts';
import { aggregate, IDR, PPS, randomFrom, SLICE, Source, SPS, T0 } from './streams.ts';

const HOURS = 26;
const END = HOURS * 3600 * 1e6;
const STEP = 120_000;
/** 120 ms of Opus: six CELT frames of 20 ms. */
const OPUS_120MS = Uint8Array.of(0xfb, 6, 1, 2, 3);
const KEY = aggregate(SPS, PPS, IDR);

interface DayResult {
  worstSync: number;
  worstWall: number;
  sections: number;
  units: number;
  backwards: number;
}

/** A session of 26 hours with a picture and a sound captured at the same moments. */
function day(rtpPpm: number, ntpPpm: number, reports: boolean): DayResult {
  const random = randomFrom(5);
  const ntp = { ntpPpm, ntpOffsetUs: -7_200_000_000 };
  // Both start just before their 32-bit wrap, and wrap again: 48 kHz twice a day, 90 kHz every 13.3 h.
  const sound = new Source({ ...ntp, clockRate: 48_000, rtpPpm, firstRtp: 2 ** 32 - 48_000 * 60 });
  const picture = new Source({ ...ntp, clockRate: 90_000, firstRtp: 2 ** 32 - 90_000 * 60 });
  const clock = new SessionClock();
  const at = { audio: 0, video: 0 };
  const result: DayResult = { worstSync: 0, worstWall: 0, sections: 0, units: 0, backwards: 0 };
  const note = (kind: 'audio' | 'video', us: number) => {
    if (us <= at[kind]) result.backwards++;
    at[kind] = us;
    result.units++;
  };
  const audio = new AudioTrackReader({ clock, sink: { onAudio: (unit) => note('audio', unit.at) } });
  const video = new VideoTrackReader({
    clock,
    codec: 'h264',
    sink: { onVideo: (unit) => note('video', unit.at) },
    requestKeyFrame: () => {},
  });
  for (let us = 0; us < END; us += STEP) {
    const jitter = random() * random() * 60_000;
    audio.push(sound.packet(us, OPUS_120MS, jitter));
    video.push(picture.packet(us, us % 2_400_000 === 0 ? KEY : SLICE, jitter / 2));
    if (reports && us % 4_800_000 === 2_400_000) audio.onSenderReport(sound.report(us, jitter));
    if (reports && us % 1_200_000 === 0) video.onSenderReport(picture.report(us, jitter));
    if (us < 20_000_000) continue;
    result.worstSync = Math.max(result.worstSync, Math.abs(at.audio - at.video));
    result.worstWall = Math.max(
      result.worstWall,
      Math.abs(at.video - T0 - us - 20_000),
      Math.abs(at.audio - T0 - us - 20_000),
    );
  }
  result.sections = audio.stats().sections + video.stats().sections;
  return result;
}

for (const [rtpPpm, ntpPpm] of [
  [100, 100],
  [-100, -100],
  [100, -100],
  [0, 0],
] as const) {
  test(`26 hours, sound card ${rtpPpm} ppm, sender's clock ${ntpPpm} ppm: sync and wall time within 20 ms`, () => {
    const { worstSync, worstWall, sections, units, backwards } = day(rtpPpm, ntpPpm, true);
    assert.ok(worstSync <= 5_000, `sync ${worstSync} µs`);
    assert.ok(worstWall <= 20_000, `wall ${worstWall} µs`);
    assert.equal(sections, 2);
    assert.equal(units, (2 * END) / STEP);
    assert.equal(backwards, 0);
  });
}

test('26 hours without a single sender report stay within 20 ms by arrival alone', () => {
  const { worstSync, worstWall, sections } = day(100, 100, false);
  assert.ok(worstSync <= 20_000, `sync ${worstSync} µs`);
  assert.ok(worstWall <= 20_000, `wall ${worstWall} µs`);
  assert.equal(sections, 2);
});
