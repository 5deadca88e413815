import type { FileDigests } from '../evidence/file-digests.ts';
import type { TrackType } from '../segment/recording-folder.ts';
import type { WallMs } from '../units.ts';
import type { Container, JobFault, MediaFacts } from '../worker-api/messages.ts';

/** A finished part in the work folder of an attempt: checked, hashed, and at its destination not yet. */
export interface LocalPart {
  /** The file; of HLS the folder with `index.m3u8` and its segments. */
  readonly path: string;
  /** Name by contract §5, extension included. */
  readonly name: string;
  readonly container: Container;
  /** From 1. */
  readonly part: number;
  readonly trackType: TrackType;
  /** Of HLS the playlist and its segments together. */
  readonly sizeBytes: number;
  /** Hex digits; of HLS of the playlist's text. */
  readonly sha256: string;
  readonly durationMs: number;
  readonly streams: readonly ('h264' | 'aac')[];
  /** Pixels of the first picture; 0 without video. */
  readonly width: number;
  readonly height: number;
  readonly startMs: WallMs;
  readonly endMs: WallMs;
  readonly facts: MediaFacts;
  /** By what it is told where somebody changed it. */
  readonly digests?: FileDigests | undefined;
}

/** What a destination says of a part that it has taken over for good. */
export interface Delivered {
  /** Empty where files have none. */
  readonly fileId: string;
  /** Where it plays, when the destination says so itself. */
  readonly url?: string | undefined;
}

/**
 * Brings a part to its destination and resolves when that has confirmed it. It may be done again at any time, with the
 * same result. Rejects with a {@link DeliveryError}, with the signal's reason, or with an error of this machine.
 */
export type Deliver = (part: LocalPart, signal: AbortSignal) => Promise<Delivered>;

/** A part could not be brought to its destination. The message is fit for `Errmsg` of event 311: no secret is in it. */
export class DeliveryError extends Error {
  readonly fault: JobFault;
  /** Trying again can never help. */
  readonly permanent: boolean;

  /** Names the fault and the reason. */
  constructor(fault: JobFault, message: string, permanent = false) {
    super(message);
    this.name = 'DeliveryError';
    this.fault = fault;
    this.permanent = permanent;
  }
}
