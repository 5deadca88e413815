import type { WallMs } from '../units.ts';

/** Streams that were written into a file, so that it must have them. */
export interface ExpectedStreams {
  readonly audio: boolean;
  readonly video: boolean;
}

/** What {@link finishFile} makes a file of. */
export interface FinishRequest {
  /** Folders of one file on the spool, one per epoch, in order. */
  readonly dirs: readonly string[];
  /** Where the MP4 goes; replaced in one step. */
  readonly outputPath: string;
  /** Folder for the unfinished file, best on the same file system. */
  readonly tempDir: string;
  /**
   * Tells this try from every other one that may still be at work on the same output, so that no two write the same
   * unfinished file: epoch and number of the try, letters, digits and dashes. `once` by default.
   */
  readonly attempt?: string;
  /** Media span by the timeline: the file's zero and its end. */
  readonly startMs: WallMs;
  readonly endMs: WallMs;
}

/** A finished, probed file. */
export interface FinishedFile {
  readonly sizeBytes: number;
  readonly durationMs: number;
  /** Hex digits. */
  readonly sha256: string;
  readonly streams: readonly ('h264' | 'aac')[];
  /** Pixels of the first picture; 0 without video. */
  readonly width: number;
  readonly height: number;
  readonly startMs: WallMs;
  readonly endMs: WallMs;
}

/** Why a file could not be finished. `no-media` will not change on another try. */
export type FinishErrorCode = 'no-media' | 'probe-failed' | 'cancelled' | 'failed';

/** The one error of finishing. */
export class FinishError extends Error {
  readonly code: FinishErrorCode;

  /** Names the code and the reason. */
  constructor(code: FinishErrorCode, message: string) {
    super(message);
    this.name = 'FinishError';
    this.code = code;
  }

  /** True when the segments themselves are at fault, so that trying again is no use. */
  get permanent(): boolean {
    return this.code === 'no-media';
  }
}
