import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AudioTrackReader } from '../../src/timeline/audio-track-reader.ts';
import type { TrackReader } from '../../src/timeline/reader.ts';
import { SessionClock } from '../../src/timeline/session-clock.ts';
import { VideoTrackReader } from '../../src/timeline/video-track-reader.ts';
import { wallUs, type WallUs } from '../../src/units.ts';
import { aggregate, IDR, PPS, randomFrom, SLICE, Source, type SourceOptions, SPS, T0 } from './streams.ts';

const MS = 1000;
const S = 1_000_000;
const HOUR = 3600 * S;
/** Every camera and every microphone captures at the same multiples of this, so that all can be compared. */
const STEP = 200 * MS;
const HOURS = 24;
const PER_HOUR = HOUR / STEP;
const MOMENTS = HOURS * PER_HOUR;
/**
 * What begins anew is placed by its first arrival until a report comes, so one anchor may stand apart from another by
 * this, coding (15 ms) and what their ways differ in (20 ms), and by nothing else: 75 ms.
 */
const JITTER = 40 * MS;
/** A new section is placed by arrival; reports have put it right after this. */
const SETTLED = (30 * S) / STEP;

/** What a sender does, one thing each hour: 2100 moments are seven minutes, 42 ms of drift at 100 ppm. */
const EVENTS = [
  { name: 'replaceTrack(null)', pauseMoments: 2100, shiftSeconds: 0, anew: false },
  { name: 'a pause that RTP time sleeps through', pauseMoments: 2100, shiftSeconds: -420, anew: false },
  { name: 'another SSRC', pauseMoments: 5, shiftSeconds: 31_234, anew: true },
  { name: 'timestamps jump forward', pauseMoments: 0, shiftSeconds: 3600, anew: false },
  { name: 'timestamps jump backward', pauseMoments: 0, shiftSeconds: -1800, anew: false },
] as const;

/** The moment's number in four bytes without zeros, fit for the end of a NAL unit. */
const named = (payload: Uint8Array, moment: number): Uint8Array =>
  Uint8Array.of(...payload, ...[0, 7, 14, 21].map((shift) => ((moment >> shift) & 0x7f) | 0x80));
const nameIn = (data: Uint8Array): number =>
  data.subarray(-4).reduce((name, byte, i) => name | ((byte & 0x7f) << (7 * i)), 0);

/** Where the tracks' units came to stand, less when they were captured, by moment. */
class Places {
  /** NaN where nothing came out. */
  readonly off = new Float64Array(MOMENTS).fill(Number.NaN);
  backwards = 0;
  twice = 0;
  #last = 0;

  note(data: Uint8Array, at: WallUs): void {
    const moment = nameIn(data);
    if (!Number.isNaN(this.off[moment]!)) this.twice++;
    this.off[moment] = at - T0 - moment * STEP;
    if (at <= this.#last) this.backwards++;
    this.#last = at;
  }
}

/** A track with a sender that does all of EVENTS, `turn` hours before the others. */
interface Track {
  readonly source: Source;
  readonly reader: TrackReader;
  readonly places: Places;
  readonly every: number;
  readonly payload: (moment: number, fresh: boolean) => Uint8Array;
  readonly turn: number;
  fresh: boolean;
  sent: number;
}

const payloads = {
  sound: (moment: number) => named(Uint8Array.of(0xf8, 1, 2), moment),
  picture: (moment: number, fresh: boolean) =>
    fresh || moment % 50 === 0 ? aggregate(SPS, PPS, named(IDR, moment)) : named(SLICE, moment),
};

function soundTrack(clock: SessionClock, options: Partial<SourceOptions>, turn: number): Track {
  const places = new Places();
  const source = new Source({ clockRate: 48_000, firstRtp: 2 ** 32 - 48_000 * 60, ...options });
  const reader = new AudioTrackReader({ clock, sink: { onAudio: (unit) => places.note(unit.data, unit.at) } });
  return { source, reader, places, every: 1, payload: payloads.sound, turn, fresh: true, sent: 0 };
}

function pictureTrack(clock: SessionClock, options: Partial<SourceOptions>, turn: number, every: number): Track {
  const places = new Places();
  const source = new Source({ clockRate: 90_000, firstRtp: 2 ** 32 - 90_000 * 3600, ...options });
  const sink = { onVideo: (unit: { data: Uint8Array; at: WallUs }) => places.note(unit.data, unit.at) };
  const reader = new VideoTrackReader({ clock, codec: 'h264', sink, requestKeyFrame: () => {} });
  return { source, reader, places, every, payload: payloads.picture, turn, fresh: true, sent: 0 };
}

/** Sound, camera and a screen of one to five pictures a second, with clocks and a way of their own. */
function anchor(turn: number, rtpPpm: number, ntpPpm: number, delayUs: number, screenEvery: number): Track[] {
  const clock = new SessionClock();
  const options = { ntpPpm, ntpOffsetUs: (turn - 1) * 3600 * S, delayUs };
  return [
    soundTrack(clock, { ...options, rtpPpm }, turn),
    pictureTrack(clock, { ...options, codingUs: 15 * MS }, turn + 1, 1),
    pictureTrack(clock, options, turn + 2, screenEvery),
  ];
}

/** True while the sender has nothing to send; what changes with an hour's event changes here, in its 30th minute. */
function pauses(track: Track, moment: number): boolean {
  const since = (moment % PER_HOUR) - PER_HOUR / 2;
  const event = EVENTS[(Math.floor(moment / PER_HOUR) + track.turn) % EVENTS.length]!;
  if (since === 0) {
    track.source.rtpShiftSeconds += event.shiftSeconds;
    if (event.anew) track.source.seq += 3_000_000;
    track.fresh = true;
  }
  return since >= 0 && since < event.pauseMoments;
}

function step(track: Track, moment: number, jitterUs: number): void {
  const us = moment * STEP;
  track.reader.advance(wallUs(T0 + us));
  if (pauses(track, moment) || moment % track.every !== 0) return;
  track.reader.push(track.source.packet(us, track.payload(moment, track.fresh), jitterUs));
  track.fresh = false;
  track.sent++;
  if (moment % 25 === 0) track.reader.onSenderReport(track.source.report(us, jitterUs));
}

/** Distance between the first and the last of what was captured at one moment; NaN where there are not two. */
function spread(tracks: readonly Track[], moment: number): number {
  const off = tracks.map(({ places }) => places.off[moment]!).filter((each) => !Number.isNaN(each));
  return off.length < 2 ? Number.NaN : Math.max(...off) - Math.min(...off);
}

function spreads(tracks: readonly Track[]): { settled: number[]; moving: number[] } {
  const result = { settled: [] as number[], moving: [] as number[] };
  for (let moment = 0; moment < MOMENTS; moment++) {
    const us = spread(tracks, moment);
    if (Number.isNaN(us)) continue;
    const since = (moment % PER_HOUR) - PER_HOUR / 2;
    // An event and its pause, until reports have come; the very beginning too.
    const moves = moment < SETTLED || (since >= 0 && since < 2100 + SETTLED);
    result[moves ? 'moving' : 'settled'].push(us);
  }
  return result;
}

const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

test('a day of three anchors with clocks of ±100 ppm who pause, jump and begin anew: all of one moment stay together', () => {
  const random = randomFrom(9);
  const anchors = [anchor(0, 100, -100, 10 * MS, 1), anchor(1, -100, 100, 20 * MS, 2), anchor(2, 100, 100, 30 * MS, 5)];
  const tracks = anchors.flat();
  for (let moment = 0; moment < MOMENTS; moment++) {
    for (const track of tracks) step(track, moment, random() * random() * JITTER);
  }
  for (const { reader } of tracks) reader.close();
  for (const { reader, places, sent } of tracks) {
    assert.equal(reader.stats().units, sent, 'nothing is left out');
    assert.deepEqual([places.backwards, places.twice, reader.stats().lost], [0, 0, 0]);
  }
  for (const group of [...anchors, tracks]) {
    const { settled, moving } = spreads(group);
    assert.ok(median(settled) <= 40 * MS && median(moving) <= 40 * MS, 'median');
    assert.ok(most(settled) <= 80 * MS && most(moving) <= 80 * MS, `${most(settled)}, ${most(moving)} µs`);
  }
  for (const group of anchors) assert.ok(most(spreads(group).settled) <= 20 * MS, 'drift within an anchor');
});
