import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import type { FileRow, TaskRow } from '../store/tables.ts';
import { mediaTypes } from '../naming/media-type.ts';
import { keptFiles } from './kept-files.ts';
import type { MediaItem, MediaStore } from './media-store.ts';

/** What an address of the library names, with the validators of its bytes, which never change. */
export interface ServedItem {
  /** The app that recorded it. */
  readonly sdkAppId: number;
  readonly item: MediaItem;
  readonly contentType: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: string;
}

/** `/vod/{subAppId}/{fileId}/{name}` as it came, percent-decoded. */
export interface LibraryAddress {
  readonly subAppId: string;
  readonly fileId: string;
  readonly name: string;
}

/** A segment is a plain name in the folder of its playlist: no separator, nothing hidden, no other kind of file. */
const segmentName = /^[A-Za-z0-9_+-][A-Za-z0-9_+.-]{0,250}\.ts$/;

type Row = Pick<FileRow, 'file_id' | 'sub_app_id' | 'name' | 'container' | 'size_bytes' | 'sha256' | 'done_ms'> &
  Pick<TaskRow, 'sdk_app_id'>;

/** Finds files that the store says are done and not expired, and on the disk as they were announced. */
export class Shelf {
  readonly #store: Store;
  readonly #media: MediaStore;
  readonly #clock: Clock;

  /** Looks at the store for every address anew. */
  constructor(options: { readonly store: Store; readonly clock: Clock }, media: MediaStore) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#media = media;
  }

  /** What the address names, or undefined. */
  async find({ subAppId, fileId, name }: LibraryAddress): Promise<ServedItem | undefined> {
    const row = await keptFiles(this.#store, this.#clock.wallMs())
      .selectAll('file')
      .select('task.sdk_app_id')
      .where('file.file_id', '=', fileId)
      .executeTakeFirst();
    if (!row || String(row.sub_app_id) !== subAppId) return undefined;
    if (row.name === name) return this.#file(row);
    return row.container === 'hls' && segmentName.test(name) ? this.#segment(row, name) : undefined;
  }

  async #file(row: Row): Promise<ServedItem | undefined> {
    const item = itemOf(row, undefined);
    const size = await this.#media.size(item);
    // The size of an HLS file is that of its segments and its playlist together.
    if (size === undefined || (row.container !== 'hls' && size !== row.size_bytes)) return undefined;
    const etag = (row.sha256 ?? row.file_id).slice(0, 32);
    return served(row, { item, contentType: mediaTypes[row.container], size, etag });
  }

  async #segment(row: Row, name: string): Promise<ServedItem | undefined> {
    const item = itemOf(row, name);
    const size = await this.#media.size(item);
    return size === undefined
      ? undefined
      : served(row, { item, contentType: mediaTypes.hlsSegment, size, etag: `${row.file_id}-${name}-${size}` });
  }
}

const itemOf = (row: Row, segment: string | undefined): MediaItem => ({
  subAppId: row.sub_app_id,
  fileId: row.file_id,
  container: row.container,
  segment,
});

const served = (row: Row, item: Omit<ServedItem, 'lastModified' | 'sdkAppId'>): ServedItem => ({
  ...item,
  sdkAppId: row.sdk_app_id,
  etag: `"${item.etag}"`,
  lastModified: new Date(row.done_ms ?? 0).toUTCString(),
});
