import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AudioTrackReader } from '../../src/timeline/audio-track-reader.ts';
import { SessionClock } from '../../src/timeline/session-clock.ts';
import { VideoTrackReader } from '../../src/timeline/video-track-reader.ts';
import { wallUs } from '../../src/units.ts';
import {
  aggregate,
  Collected,
  IDR,
  OPUS_20MS,
  PPS,
  randomFrom,
  SLICE,
  Source,
  type SourceOptions,
  SPS,
  T0,
} from './streams.ts';

const MS = 1000;
const S = 1_000_000;
const DELAY = 20 * MS;

/** A talking anchor: 20 ms packets, one report every 4.8 s unless told otherwise. */
class Talker {
  readonly got = new Collected();
  readonly source: Source;
  readonly reader: AudioTrackReader;
  readonly captured: number[] = [];
  reportEveryUs = 4_800 * MS;
  #reportedUs: number;

  constructor(options: Partial<SourceOptions> = {}, clock = new SessionClock()) {
    this.source = new Source({ clockRate: 48_000, ...options });
    this.reader = new AudioTrackReader({ clock, sink: this.got });
    this.#reportedUs = 0;
  }

  /** Sends what is captured from `from` to `to`; `extra` is additional delay at a moment. */
  talk(from: number, to: number, extra: (us: number) => number = () => 0): this {
    for (let us = from; us < to; us += 20 * MS) this.#step(us, extra(us));
    return this;
  }

  /** Error of every unit against the wall time it was captured at, plus the network's delay. */
  errors(): number[] {
    return this.got.times.map((t, i) => t - this.captured[i]! - DELAY);
  }

  #step(us: number, extraUs: number): void {
    this.captured.push(us);
    this.reader.push(this.source.packet(us, OPUS_20MS, extraUs));
    if (us - this.#reportedUs < this.reportEveryUs) return;
    this.#reportedUs = us;
    this.reader.onSenderReport(this.source.report(us, extraUs));
  }
}

const worst = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const rises = (values: readonly number[]) => values.every((value, i) => i === 0 || value > values[i - 1]!);

test('A/V drifts (livekit/server-sdk-go #341, jibri #388): see day.test.ts; two hours of 300 ppm stay in step too', () => {
  const talker = new Talker({ rtpPpm: 300 }).talk(0, 7200 * S);
  assert.ok(worst(talker.errors()) <= 5 * MS, `${worst(talker.errors())} µs`);
});

test('audio and video that start at different times are in sync (egress #847), late tracks begin late (SRS #4230)', () => {
  const clock = new SessionClock();
  const talker = new Talker({ ntpOffsetUs: 3600 * S, firstRtp: 123_456 }, clock).talk(0, 10 * S);
  const late = new Talker({ ntpOffsetUs: 3600 * S, firstRtp: 4_000_000_000, codingUs: 80 * MS }, clock).talk(
    7 * S,
    60 * S,
  );
  assert.ok(Math.abs(late.got.times[0]! - 7 * S - DELAY) <= 100 * MS);
  assert.ok(worst(talker.errors().slice(300)) <= MS);
  assert.ok(worst(late.errors().slice(1500)) <= MS, 'coding time is taken off by the sender report');
});

for (const seconds of [3, 30]) {
  test(`a pause of ${seconds} s without a timestamp gap (Janus #2292) is a gap of wall time`, () => {
    const back = (10 + seconds) * S;
    const talker = new Talker().talk(0, 10 * S);
    talker.source.rtpShiftSeconds -= seconds;
    talker.talk(back, back + 300 * MS);
    assert.equal(talker.got.audio.length, 515, 'held no longer than it takes to tell a pause from a stall');
    talker.talk(back + 300 * MS, back + 20 * S);
    assert.equal(talker.reader.stats().sections, 2);
    assert.ok(worst(talker.errors()) <= MS, `${worst(talker.errors())}`);
  });
}

test('a pause of 600 ms without a timestamp gap is put right by the sender reports', () => {
  const talker = new Talker();
  talker.reportEveryUs = S;
  talker.talk(0, 10 * S);
  talker.source.rtpShiftSeconds -= 0.6;
  talker.talk(10.6 * S, 40 * S);
  assert.ok(worst(talker.errors().slice(-1000)) <= MS);
  assert.ok(rises(talker.got.times));
});

test('a gap in timestamps without a pause (Janus #2573) leaves no gap', () => {
  const talker = new Talker().talk(0, 10 * S);
  talker.source.rtpShiftSeconds += 30;
  talker.talk(10 * S, 20 * S);
  assert.equal(talker.reader.stats().sections, 2);
  assert.ok(worst(talker.errors()) <= MS);
});

test('replaceTrack(null): numbers go on, timestamps jump with the wall clock, the gap stays a gap', () => {
  const talker = new Talker().talk(0, 10 * S).talk(3600 * S, 3610 * S);
  assert.equal(talker.reader.stats().sections, 1);
  assert.equal(talker.reader.stats().lost, 0);
  assert.ok(worst(talker.errors()) <= MS);
});

for (const rtpPpm of [100, -100]) {
  test(`an hour of replaceTrack(null) at ${rtpPpm} ppm: drift nobody reported is taken off at once`, () => {
    const talker = new Talker({ rtpPpm }).talk(0, 10 * S);
    talker.reportEveryUs = 3605 * S;
    talker.talk(3600 * S, 3620 * S);
    assert.equal(talker.reader.stats().sections, 1);
    assert.ok(worst(talker.errors()) <= 5 * MS, `${worst(talker.errors())} µs`);
  });
}

test('one crazy timestamp (MediaMTX #4711) moves only its own packet, to when it arrived', () => {
  for (const jump of [3600, -3600, 20, -20, 3]) {
    const talker = new Talker().talk(0, 10 * S);
    talker.source.rtpShiftSeconds = jump;
    talker.talk(10 * S, 10.02 * S);
    talker.source.rtpShiftSeconds = 0;
    talker.talk(10.02 * S, 20 * S);
    assert.equal(talker.reader.stats().sections, 1, `${jump} s`);
    assert.ok(worst(talker.errors()) <= MS, `${jump} s: ${worst(talker.errors())} µs`);
    assert.ok(rises(talker.got.times));
  }
});

test('timestamps that are nothing but noise (MediaMTX #5984) are placed by arrival', () => {
  const random = randomFrom(2);
  const talker = new Talker().talk(0, S);
  for (let us = S; us < 4 * S; us += 20 * MS) {
    talker.source.rtpShiftSeconds = random() * 40_000 - 20_000;
    talker.talk(us, us + 20 * MS);
  }
  talker.reader.close();
  assert.equal(talker.got.audio.length, 200);
  assert.ok(worst(talker.errors()) <= 500 * MS, `${worst(talker.errors())}`);
  assert.ok(rises(talker.got.times));
});

test('the sender begins anew: other numbers, other timestamps, same track', () => {
  const talker = new Talker({ firstRtp: 1000 }).talk(0, 10 * S);
  talker.source.rtpShiftSeconds = 31_234;
  talker.source.seq = 4_000_000;
  talker.talk(10 * S, 30 * S);
  assert.equal(talker.reader.stats().sections, 2);
  assert.equal(talker.reader.stats().lost, 0);
  assert.equal(talker.got.audio.length, 1500);
  assert.ok(worst(talker.errors()) <= MS);
});

test('a network that stalls for three seconds moves nothing', () => {
  const talker = new Talker();
  const stalled = (us: number) => (us >= 10 * S && us < 13 * S ? 13 * S - us : 0);
  talker.talk(0, 20 * S, stalled);
  assert.equal(talker.reader.stats().sections, 1);
  assert.ok(worst(talker.errors()) <= MS);
});

test('a session that starts in a stall is put right by the packets that follow', () => {
  const talker = new Talker().talk(0, 30 * S, (us) => Math.max(0, 2 * S - us * 4));
  assert.ok(worst(talker.errors().slice(100)) <= MS, `${worst(talker.errors().slice(100))}`);
});

test("the first audio report comes 4 s late: sound starts on arrival, then slews gently to the sender's time", () => {
  const talker = new Talker({ codingUs: 60 * MS }).talk(0, 60 * S);
  const errors = talker.errors();
  assert.equal(errors[0], 60 * MS);
  assert.ok(worst(errors.slice(1500)) <= MS);
  const steps = errors.slice(1).map((error, i) => error - errors[i]!);
  assert.ok(worst(steps) <= 101, 'no faster than 5 ms a second');
});

test('an offset of more than 100 ms is stepped at the next gap', () => {
  const talker = new Talker({ codingUs: 250 * MS }).talk(0, 5 * S).talk(6 * S, 10 * S);
  assert.ok(worst(talker.errors().slice(250)) <= MS);
  assert.ok(Math.min(...talker.errors().slice(0, 240)) >= 245 * MS);
});

test('an offset of more than 100 ms is stepped after two seconds when no gap comes', () => {
  const talker = new Talker({ codingUs: 250 * MS }).talk(0, 20 * S);
  assert.ok(worst(talker.errors().slice(400)) <= MS);
  assert.ok(rises(talker.got.times));
});

test('reports that cannot be true are refused', () => {
  const talker = new Talker().talk(0, 10 * S);
  const good = talker.source.report(10 * S);
  const bad = [
    { ...good, ntpUs: wallUs(2_085_978_496_000_000) },
    { ...good, ntpUs: wallUs(Number.NaN) },
    { ...good, ntpUs: wallUs(good.ntpUs + 3600 * S) },
    { ...good, ntpUs: wallUs(good.ntpUs - 300 * S) },
    { ...talker.source.report(50 * S), arrivalUs: good.arrivalUs },
  ];
  for (const report of bad) talker.reader.onSenderReport(report);
  assert.equal(talker.reader.stats().rejectedReports, bad.length);
  talker.talk(10 * S, 20 * S);
  assert.ok(worst(talker.errors()) <= MS);
});

test('a sender whose NTP clock is set anew is believed at its second report, and nothing moves', () => {
  const clock = new SessionClock();
  const talker = new Talker({ ntpOffsetUs: 5 * S }, clock).talk(0, 20 * S);
  Object.assign(talker.source.options, { ntpOffsetUs: -3600 * S });
  talker.talk(20 * S, 60 * S);
  assert.equal(clock.generation, 1);
  assert.equal(talker.reader.stats().rejectedReports, 1);
  assert.ok(worst(talker.errors()) <= MS);
});

test('jitter of half a second never makes time run backwards', () => {
  const random = randomFrom(9);
  const talker = new Talker();
  let last = 0;
  // Arrival keeps the order of sending, as after the reorder buffer.
  talker.talk(0, 120 * S, (us) => {
    last = Math.max(last - 20 * MS, random() < 0.05 ? random() * 500 * MS : random() * 30 * MS);
    return us === 0 ? 0 : last;
  });
  assert.ok(rises(talker.got.times));
  assert.ok(worst(talker.errors()) <= 15 * MS, `${worst(talker.errors())}`);
});

test('black or frozen after a lost key frame (egress #823, BigBlueButton #14202): asked for at once, again while it does not come', () => {
  let asked = 0;
  const got = new Collected();
  const source = new Source({ clockRate: 90_000 });
  const reader = new VideoTrackReader({
    clock: new SessionClock(),
    codec: 'h264',
    sink: got,
    requestKeyFrame: () => asked++,
  });
  const send = (from: number, to: number, payload: Uint8Array) => {
    for (let us = from; us < to; us += 40 * MS) reader.push(source.packet(us, payload));
  };
  send(0, 400 * MS, SLICE);
  assert.equal(asked, 1, 'the first packet is no key frame');
  send(400 * MS, 440 * MS, aggregate(SPS, PPS, IDR));
  send(440 * MS, S, SLICE);
  assert.equal(got.video.length, 15);
  source.seq++;
  send(S, 1.6 * S, SLICE);
  assert.deepEqual([asked, got.video.length], [1, 15], 'a retransmission may still come');
  reader.advance(wallUs(T0 + 1.64 * S));
  assert.deepEqual([asked, got.video.length], [2, 15], 'given up: nothing undecodable is handed out');
  send(1.64 * S, 4 * S, SLICE);
  assert.equal(asked, 4, 'once a second while pictures come that cannot be used');
  send(4 * S, 4.04 * S, aggregate(SPS, PPS, IDR));
  send(4.04 * S, 5 * S, SLICE);
  assert.equal(asked, 4);
  assert.equal(got.video[15]!.at - T0, 4 * S + DELAY);
  assert.ok(got.video[15]!.key);
});

test('first seconds are not lost (SRS #4418): the first sound and the first key frame come out as they are pushed', () => {
  const talker = new Talker().talk(0, 20 * MS);
  assert.equal(talker.got.audio.length, 1);
  const got = new Collected();
  const source = new Source({ clockRate: 90_000 });
  const reader = new VideoTrackReader({
    clock: new SessionClock(),
    codec: 'h264',
    sink: got,
    requestKeyFrame: () => assert.fail(),
  });
  reader.push(source.packet(0, aggregate(SPS, PPS, IDR)));
  assert.equal(got.video.length, 1);
});

test("video's reports may come before its first key frame, and coding time is taken off without crowding pictures", () => {
  for (const reportAt of [0, 2 * S]) {
    const got = new Collected();
    const source = new Source({ clockRate: 90_000, codingUs: 150 * MS, ntpOffsetUs: 77 * S });
    const reader = new VideoTrackReader({
      clock: new SessionClock(),
      codec: 'h264',
      sink: got,
      requestKeyFrame: () => {},
    });
    for (let us = 0; us < 4 * S; us += 40 * MS) {
      if (us === reportAt) reader.onSenderReport(source.report(us));
      reader.push(source.packet(us, us === 400 * MS ? aggregate(SPS, PPS, IDR) : SLICE));
    }
    assert.equal(reader.stats().rejectedReports, 0);
    const steps = got.times.slice(1).map((t, i) => t - got.times[i]!);
    assert.ok(Math.min(...steps) >= 20 * MS, 'at least half their distance');
    assert.equal(got.times.at(-1)! - DELAY, 4 * S - 40 * MS);
  }
});
