import type { Micros } from '../units.ts';

/** Coded video for a segmented file, H.264 Annex B. Times are from the recording's zero, never accumulated. */
export interface VideoPacket {
  readonly pts: Micros;
  readonly dts: Micros;
  readonly duration: Micros;
  readonly key: boolean;
  readonly data: Uint8Array;
}

/** Coded sound for a segmented file: one raw AAC-LC frame of 1024 samples. */
export interface AudioPacket {
  readonly pts: Micros;
  readonly duration: Micros;
  readonly data: Uint8Array;
}

/** How the sound of a file is coded; fixed for the life of the file. */
export interface AudioFormat {
  readonly sampleRate: 48000 | 44100 | 16000;
  readonly channels: 1 | 2;
  /** AudioSpecificConfig of the encoder (extradata). */
  readonly config: Uint8Array;
}

/**
 * Writes one recording of one anchor (or of the mix) as crash-safe HLS on the spool. Every packet handed in is in the
 * segment file, or on its way through the kernel, when the call returns; a killed process loses at most about a second.
 */
export interface SegmentWriter {
  writeVideo(packet: VideoPacket): void;
  writeAudio(packet: AudioPacket): void;
  /** Begins a segment with the first packet from that time on with which one can begin, however short the one before is. */
  cutAt(at: Micros): void;
  /** Puts what the muxer still holds into the segment file. */
  flush(): void;
  /** Ends the playlist. Idempotent. */
  close(): void;
}
