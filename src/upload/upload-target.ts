import type { ObjectStore } from '../deliver/object-store.ts';
import { objectKey, type HlsStream } from '../naming/hls-name.ts';

/**
 * Which playlists a recording has (contract §2.2, §5): the `mix` one; an anchor's media `merged` into one (AvMerge 1) or
 * `apart`, each in its own as far as there is anything of it.
 */
export type PlaylistShape = 'mix' | 'merged' | 'apart';

/** The shape of a file: whose it is and whether its media are in one stream. */
export function playlistShape(mediaId: 'main' | 'aux' | 'mix', separateMedia: boolean): PlaylistShape {
  if (mediaId === 'mix') return 'mix';
  return separateMedia ? 'apart' : 'merged';
}

/** The streams that a shape may have. */
export const streamsOf: Readonly<Record<PlaylistShape, readonly HlsStream[]>> = {
  mix: ['mixed'],
  merged: ['audiovideo'],
  apart: ['audio', 'video'],
};

/** Where a task's objects go. */
export interface UploadTarget {
  readonly store: ObjectStore;
  /** Path segments before the TaskId. */
  readonly prefix: readonly string[];
  readonly taskId: string;
}

/** Key of one of the task's objects. */
export const keyOf = ({ prefix, taskId }: UploadTarget, name: string): string => objectKey(prefix, taskId, name);
