import type { WallUs } from '../units.ts';

/**
 * What the timeline makes of a track's packets and hands to recordings: whole coded pictures and sounds,
 * in order, each placed on *our* wall clock. Gaps in `at` are real gaps.
 */

/** One decodable picture. The timeline never emits one whose references were lost: it waits for the next key frame. */
export interface VideoUnit {
  readonly at: WallUs;
  readonly key: boolean;
  readonly codec: 'h264' | 'vp8';
  /** H.264: Annex B, start codes of 4 bytes, key frames carry SPS and PPS. VP8: the frame. Owned by the receiver. */
  readonly data: Uint8Array;
}

/** One Opus packet (RFC 6716), usually 20 ms. */
export interface AudioUnit {
  readonly at: WallUs;
  /** Decoded length in samples at 48 kHz, read from the packet's TOC. */
  readonly samples: number;
  readonly data: Uint8Array;
  /** RFC 6464 level, 0 loud … 127 silent, 255 unknown. */
  readonly level: number;
  /**
   * Packets before this one that are missing for good, by their numbers. Absent or 0 when none is: a gap in `at` is then
   * a pause that the sender meant.
   */
  readonly lost?: number;
}

/** Where a track's units go. Calls come in order of `at` per sink, except where a sender's clock jumped. */
export interface VideoSink {
  onVideo(unit: VideoUnit): void;
}

/** Where a track's sound goes. */
export interface AudioSink {
  onAudio(unit: AudioUnit): void;
}
