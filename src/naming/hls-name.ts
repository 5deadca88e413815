/**
 * What one playlist of a recording carries: the mix, one medium of an anchor, or both media of an anchor (AvMerge 1,
 * contract §2.2).
 */
export type HlsStream = 'mixed' | 'audio' | 'video' | 'audiovideo';

/** Name of the playlist in the folder of a finished HLS file, in a library. */
export const hlsPlaylistName = 'index.m3u8';

/** `ha1_`, `ha2_`, …: how often the task was taken over before. */
const takeoverPrefix = (epoch: number): string => (epoch > 1 ? `ha${epoch - 1}_` : '');

/**
 * Name of a playlist by contract §5, extension included. `stem` is what all names of the recording begin with; `epoch`,
 * from 1, is that of the task under which it is recorded: every takeover begins playlists of its own.
 */
export function playlistName(stem: string, stream: HlsStream, epoch: number): string {
  const medium = stream === 'mixed' ? '' : `_${stream}`;
  return `${takeoverPrefix(epoch)}${stem}${medium}.m3u8`;
}

/** A moment (milliseconds since the epoch) as it stands in names of segments: UTC, `yyyyMMddHHmmssSSS`. */
export const utcStamp = (ms: number): string => new Date(ms).toISOString().replaceAll(/\D/g, '');

/** Name of a segment that begins at `startMs` (milliseconds since the epoch): the playlist's with a UTC stamp. */
export const playlistSegmentName = (playlist: string, startMs: number): string =>
  `${playlist.slice(0, -'.m3u8'.length)}_${utcStamp(startMs)}.ts`;

/** Key of an object in the bucket: `<prefix1>/<prefix2>/<TaskId>/<name>` (contract §5). */
export const objectKey = (prefixes: readonly string[], taskId: string, name: string): string =>
  [...prefixes, taskId, name].join('/');
