import type { TaskDetailView } from '../../src/admin/task-view.ts';

type TaskFile = TaskDetailView['files'][number];

/** A file of a stream and when it was recorded, in milliseconds of wall time. */
export interface Piece {
  readonly fileId: string;
  readonly name: string;
  readonly url: string;
  readonly container: TaskFile['container'];
  readonly startMs: number;
  readonly endMs: number;
}

/** One anchor's stream: the files that it was recorded into, in order of time, none over another. */
export interface Lane {
  /** Unlike that of any other stream of the task. */
  readonly key: string;
  readonly userId: string;
  readonly mediaId: 'main' | 'aux';
  readonly hasVideo: boolean;
  readonly pieces: readonly Piece[];
}

/** Of a stream that was kept in several forms: the one that every browser plays by itself comes first. */
const preference = { mp4: 0, hls: 1, aac: 2 } as const;

/** Files that are there to be played: ready, of one anchor, in the library. */
const isPlayable = (file: TaskFile): file is TaskFile & { videoUrl: string; mediaId: 'main' | 'aux' } =>
  file.state === 'done' && file.mediaId !== 'mix' && typeof file.videoUrl === 'string' && file.endMs > file.startMs;

/** The streams of a task that can be played together, those of one anchor side by side, the camera first. */
export function lanesOf(files: readonly TaskFile[]): Lane[] {
  const groups = Map.groupBy(files.filter(isPlayable), ({ userId, mediaId }) => JSON.stringify([userId, mediaId]));
  return [...groups]
    .map(([key, own]) => ({
      key,
      userId: own[0]!.userId,
      mediaId: own[0]!.mediaId,
      hasVideo: own.some(({ trackType }) => trackType !== 'audio'),
      pieces: withoutDoubles(own.map(pieceOf)),
    }))
    .sort((a, b) => textOrder(a.userId, b.userId) || textOrder(b.mediaId, a.mediaId));
}

const textOrder = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

const pieceOf = (file: TaskFile & { videoUrl: string }): Piece => ({
  fileId: file.fileId,
  name: file.name,
  url: file.videoUrl,
  container: file.container,
  startMs: file.startMs,
  endMs: Math.min(file.endMs, file.startMs + (file.durationMs ?? Infinity)),
});

/** Neighbours may share the moment of the cut. */
const sharedMs = 100;

function withoutDoubles(pieces: readonly Piece[]): Piece[] {
  const kept: Piece[] = [];
  const chosen = [...pieces].sort(
    (a, b) => preference[a.container] - preference[b.container] || a.startMs - b.startMs || b.endMs - a.endMs,
  );
  for (const piece of chosen) {
    const covers = (one: Piece): boolean =>
      Math.min(one.endMs, piece.endMs) - Math.max(one.startMs, piece.startMs) > sharedMs;
    if (!kept.some(covers)) kept.push(piece);
  }
  return kept.sort((a, b) => a.startMs - b.startMs);
}

/** From the first moment of any to the last of any; undefined where there is none. */
export function spanOf(lanes: readonly Lane[]): { readonly startMs: number; readonly endMs: number } | undefined {
  const pieces = lanes.flatMap((lane) => lane.pieces);
  if (pieces.length === 0) return undefined;
  return {
    startMs: Math.min(...pieces.map(({ startMs }) => startMs)),
    endMs: Math.max(...pieces.map(({ endMs }) => endMs)),
  };
}
