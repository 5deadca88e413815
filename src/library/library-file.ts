import type { RoomKey } from '../room-key.ts';
import type { FileTable, FileRow, TaskRow } from '../store/tables.ts';
import { destinationOf, roomOf } from '../tasks/stored-task.ts';
import { wallMs, type WallMs } from '../units.ts';
import type { Container, MediaFacts } from '../worker-api/messages.ts';
import type { PlayLinks } from './play-links.ts';

/** A file of the library as those see it who may ask for it. */
export interface LibraryFile {
  readonly fileId: string;
  readonly subAppId: number;
  /** Name by contract §5, extension included. */
  readonly name: string;
  readonly container: Container;
  readonly url: string;
  readonly classId: number;
  readonly taskId: string;
  readonly room: RoomKey;
  /** Empty for the mix. */
  readonly userId: string;
  readonly trackType: FileTable['track_type'];
  /** What the task's creator gave for the way (TencentVod.SourceContext). */
  readonly sourceContext: string | undefined;
  /** When it came into the library. */
  readonly createdMs: WallMs;
  /** Undefined for never. */
  readonly expiresMs: WallMs | undefined;
  /** Of HLS: playlist and segments together. */
  readonly sizeBytes: number;
  readonly durationMs: number;
  readonly streams: readonly string[];
  readonly width: number;
  readonly height: number;
  readonly facts: MediaFacts;
}

/** Columns of a file and its task that {@link libraryFile} reads. */
export const fileColumns = [
  'file.file_id',
  'file.sub_app_id',
  'file.class_id',
  'file.task_id',
  'file.name',
  'file.container',
  'file.user_id',
  'file.track_type',
  'file.done_ms',
  'file.expires_ms',
  'file.size_bytes',
  'file.duration_ms',
  'file.streams',
  'file.width',
  'file.height',
  'file.facts',
  'task.sdk_app_id',
  'task.room_kind',
  'task.room_id',
  'task.destination',
] as const;

type ColumnName<Column> = Column extends `${string}.${infer Name}` ? Name : never;
type Row = Pick<FileRow & TaskRow, ColumnName<(typeof fileColumns)[number]> & keyof (FileRow & TaskRow)>;

/** A row of the library as a file of it. */
export function libraryFile(row: Row, links: Pick<PlayLinks, 'urlOf'>): LibraryFile {
  const destination = destinationOf(row);
  return {
    fileId: row.file_id,
    subAppId: row.sub_app_id,
    name: row.name,
    container: row.container,
    url: links.urlOf(row.sdk_app_id, { subAppId: row.sub_app_id, fileId: row.file_id, name: row.name }),
    classId: row.class_id ?? 0,
    taskId: row.task_id,
    room: roomOf(row),
    userId: row.user_id,
    trackType: row.track_type,
    sourceContext: destination.kind === 'vod' ? destination.sourceContext : undefined,
    createdMs: wallMs(row.done_ms ?? 0),
    expiresMs: row.expires_ms === null ? undefined : wallMs(row.expires_ms),
    ...mediaOf(row),
  };
}

function mediaOf(row: Row) {
  return {
    sizeBytes: row.size_bytes ?? 0,
    durationMs: row.duration_ms ?? 0,
    streams: row.streams === null ? [] : (JSON.parse(row.streams) as string[]),
    width: row.width ?? 0,
    height: row.height ?? 0,
    facts: row.facts === null ? {} : (JSON.parse(row.facts) as MediaFacts),
  };
}
