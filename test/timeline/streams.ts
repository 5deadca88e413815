import type { FeedPacket } from '../../src/feed/messages.ts';
import type { AudioUnit, VideoUnit } from '../../src/timeline/media.ts';
import { rtpTicks, wallUs, type WallUs } from '../../src/units.ts';

/** The wall time that every test starts at. */
export const T0 = 1_700_000_000_000_000;

/** A packet with what a test does not care about filled in. */
export function packet(fields: {
  seq: number;
  ts: number;
  atUs: number;
  payload: Uint8Array;
  marker?: boolean;
  level?: number;
}): FeedPacket {
  return {
    track: 1,
    seq: fields.seq,
    timestamp: rtpTicks(((fields.ts % 2 ** 32) + 2 ** 32) % 2 ** 32),
    marker: fields.marker ?? false,
    level: fields.level ?? 255,
    arrivalUs: wallUs(Math.round(fields.atUs)),
    payload: fields.payload,
  };
}

/** Collects units; `times` are microseconds after T0. */
export class Collected {
  readonly video: VideoUnit[] = [];
  readonly audio: AudioUnit[] = [];

  onVideo(unit: VideoUnit): void {
    this.video.push(unit);
  }

  onAudio(unit: AudioUnit): void {
    this.audio.push(unit);
  }

  get times(): number[] {
    return [...this.video, ...this.audio].map((unit) => unit.at - T0);
  }
}

/** 20 ms of Opus: CELT, one frame, with some bytes. */
export const OPUS_20MS = Uint8Array.of(0xf8, 1, 2, 3, 4);

/** What one source sends: its clocks against ours, its delay. Times in microseconds after T0. */
export interface SourceOptions {
  clockRate: number;
  /** RTP clock against the sender's NTP clock. */
  rtpPpm?: number;
  /** The sender's NTP clock against ours. */
  ntpPpm?: number;
  ntpOffsetUs?: number;
  firstRtp?: number;
  delayUs?: number;
  /** Capture to first packet. */
  codingUs?: number;
}

/** A sender with clocks of its own: what it stamps on media captured at a wall time. */
export class Source {
  readonly options: Required<SourceOptions>;
  seq = 70_000;
  /** Added to every RTP time from now on, in seconds. */
  rtpShiftSeconds = 0;

  constructor(options: SourceOptions) {
    this.options = { rtpPpm: 0, ntpPpm: 0, ntpOffsetUs: 0, firstRtp: 0, delayUs: 20_000, codingUs: 0, ...options };
  }

  /** Sender's NTP time at a wall time. */
  ntp(us: number): WallUs {
    const { ntpPpm, ntpOffsetUs } = this.options;
    return wallUs(Math.round(T0 + us * (1 + ntpPpm / 1e6) + ntpOffsetUs));
  }

  /** RTP time at a wall time, unwrapped. */
  rtp(us: number): number {
    const { ntpPpm, rtpPpm, clockRate, firstRtp } = this.options;
    const seconds = (us / 1e6) * (1 + ntpPpm / 1e6) * (1 + rtpPpm / 1e6) + this.rtpShiftSeconds;
    return Math.round(seconds * clockRate) + firstRtp;
  }

  /** Media captured at `us`, arriving after coding, delay and `extraUs`. */
  packet(us: number, payload: Uint8Array, extraUs = 0, level = 255): FeedPacket {
    const atUs = T0 + us + this.options.codingUs + this.options.delayUs + extraUs;
    return packet({ seq: this.seq++, ts: this.rtp(us), atUs, payload, marker: true, level });
  }

  /** A sender report sent at `us`. */
  report(us: number, extraUs = 0): { ntpUs: WallUs; rtp: ReturnType<typeof rtpTicks>; arrivalUs: WallUs } {
    const rtp = ((this.rtp(us) % 2 ** 32) + 2 ** 32) % 2 ** 32;
    return {
      ntpUs: this.ntp(us),
      rtp: rtpTicks(rtp),
      arrivalUs: wallUs(Math.round(T0 + us + this.options.delayUs + extraUs)),
    };
  }
}

/** Small repeatable random numbers (mulberry32), 0 ≤ x < 1. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const START = Uint8Array.of(0, 0, 0, 1);

/** Joins NAL units as Annex B with start codes of four bytes. */
export const annexB = (...nals: Uint8Array[]): Uint8Array =>
  new Uint8Array(Buffer.concat(nals.flatMap((nal) => [START, nal])));

/** Splits Annex B with start codes of three or four bytes. */
export function splitAnnexB(data: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(data);
  const nals: Uint8Array[] = [];
  let from = bytes.indexOf('000001', 0, 'hex');
  while (from >= 0) {
    const next = bytes.indexOf('000001', from + 3, 'hex');
    let end = next < 0 ? bytes.length : next;
    if (next > 0 && bytes[next - 1] === 0) end--;
    nals.push(new Uint8Array(bytes.subarray(from + 3, end)));
    from = next;
  }
  return nals;
}

/** One NAL unit as FU-A payloads of at most `size` bytes of it each (RFC 6184 §5.8). */
export function fragments(nal: Uint8Array, size: number): Uint8Array[] {
  const header = nal[0]!;
  const out: Uint8Array[] = [];
  for (let at = 1; at < nal.length; at += size) {
    const piece = nal.subarray(at, at + size);
    const flags = (at === 1 ? 0x80 : 0) | (at + size >= nal.length ? 0x40 : 0);
    out.push(Uint8Array.of((header & 0x60) | 28, flags | (header & 0x1f), ...piece));
  }
  return out;
}

/** NAL units as one STAP-A payload (RFC 6184 §5.7.1). */
export const aggregate = (...nals: Uint8Array[]): Uint8Array =>
  Uint8Array.of(24, ...nals.flatMap((nal) => [nal.length >> 8, nal.length & 0xff, ...nal]));

/** High profile, level 3.1, 1280×720, as x264 writes it. */
export const SPS = new Uint8Array(Buffer.from('6764001facd9405005bb011000000300100000030320f1831960', 'hex'));
/** Matches SPS. */
export const PPS = new Uint8Array(Buffer.from('68ebecb22c', 'hex'));
/** An IDR slice of some bytes. */
export const IDR = Uint8Array.of(0x65, 0x88, 0x84, 0x21, 0xa0, 7, 7);
/** A P slice of some bytes. */
export const SLICE = Uint8Array.of(0x41, 0x9a, 0x21, 0x6c, 1, 2);
