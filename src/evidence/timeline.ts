import type { MediaId } from '../room-key.ts';
import type { ChainHead } from '../segment/segment-chain.ts';
import type { WallMs } from '../units.ts';

/** A user's camera with microphone, or shared screen; one kind of media of it. */
export interface TimelineTrack {
  readonly userId: string;
  readonly mediaId: MediaId;
  readonly media: 'audio' | 'video';
}

/** Where a user is seen in a mix, in pixels of its canvas, in the order in which pictures are drawn. */
export interface SeenPicture {
  /** Empty where an image stands in for somebody who is not there. */
  readonly userId: string;
  readonly mediaId: MediaId;
  /** False while the camera is off: its last picture, black or an image is seen. */
  readonly video: boolean;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Something that happened while a task was recorded. */
export type TimelineFact =
  /** A recorder took the task over, as the first (epoch 1) or after another. */
  | { readonly kind: 'epoch-began'; readonly recorder: string }
  /** It left: `stopped` with the task, `drained` with its process, `failed` by itself. A recorder that died tells nothing. */
  | {
      readonly kind: 'epoch-ended';
      readonly how: 'stopped' | 'drained' | 'failed';
      readonly leaveCode?: number | undefined;
    }
  /** The bot is in the room, for the first time or again: media comes in from now on. */
  | { readonly kind: 'room-entered' }
  /** The connection to the room is gone: nothing comes in until it is entered again. */
  | { readonly kind: 'room-lost'; readonly reason: string }
  | { readonly kind: 'anchor-entered'; readonly userId: string; readonly robot: boolean }
  | { readonly kind: 'anchor-left'; readonly userId: string }
  | ({ readonly kind: 'track-began'; readonly codec: string } & TimelineTrack)
  | ({ readonly kind: 'track-ended' } & TimelineTrack)
  /** The track is open and sends nothing: camera or microphone is muted, or the way is cut. At the last media. */
  | ({ readonly kind: 'media-paused' } & TimelineTrack)
  | ({ readonly kind: 'media-resumed' } & TimelineTrack)
  /** The lists and places allow what the track sends into the recording, or no longer. */
  | ({ readonly kind: 'recorded-from' } & TimelineTrack)
  | ({ readonly kind: 'recorded-until' } & TimelineTrack)
  /** Who is seen where in the mix from now on. */
  | { readonly kind: 'layout'; readonly pictures: readonly SeenPicture[] }
  /** The recorder goes by this revision of the parameters from now on. */
  | { readonly kind: 'plan-changed'; readonly revision: number }
  /** The disk refused media of a file; told at most every ten seconds. */
  | {
      readonly kind: 'disk-refused';
      readonly userId: string;
      readonly mediaId: MediaId | 'mix';
      readonly reason: string;
    }
  /** Overload: from now on so much is left out of a mix; 0 nothing. */
  | { readonly kind: 'effort'; readonly step: number }
  /** More happened than is kept. */
  | { readonly kind: 'entries-dropped' };

/** An entry of the timeline. Names by epoch and number: telling it again changes nothing. */
export type TimelineEntry = TimelineFact & {
  /** From 1 within the epoch. */
  readonly seq: number;
  readonly atMs: WallMs;
};

/** How far the chain of one file goes, told while it grows. */
export interface ToldHead extends ChainHead {
  readonly fileKey: string;
}
