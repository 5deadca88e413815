import type { Clock } from '../clock.ts';
import type { Logger } from '../process/log.ts';
import type { Store } from '../store/store.ts';
import { evidenceIsDue } from '../tasks/evidence-records.ts';
import { visibleFiles, type LibraryScope } from './kept-files.ts';
import type { MediaStore } from './media-store.ts';

/** A file that has to go. */
export interface Condemned {
  readonly file_id: string;
  readonly task_id: string;
  readonly sub_app_id: number;
  readonly size_bytes: number | null;
}

/** Columns of a {@link Condemned} file. */
export const condemnedColumns = ['file.file_id', 'file.task_id', 'file.sub_app_id', 'file.size_bytes'] as const;

/** Counters of removal, for metrics. */
export interface RemovalStats {
  /** Files that are off the disk and marked. */
  readonly removedFiles: number;
  readonly removedBytes: number;
  /** Attempts that the disk refused; each is made again. */
  readonly failedAttempts: number;
}

/** What removal needs. */
export interface RemovalOptions {
  readonly store: Store;
  readonly media: MediaStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How files leave the library: first their time is over, then the disk is rid of them, then their rows say so. */
export class Removal {
  readonly #options: RemovalOptions;
  readonly #counts = { removedFiles: 0, removedBytes: 0, failedAttempts: 0 };

  /** Does nothing by itself. */
  constructor(options: RemovalOptions) {
    this.#options = options;
  }

  stats(): RemovalStats {
    return { ...this.#counts };
  }

  /**
   * Deletes a file that the scope sees; false when it sees none. From the commit of its end on nobody sees it, and what
   * a crash or the disk prevents then is made good by the next round of the sweep.
   */
  async remove(scope: LibraryScope, fileId: string): Promise<boolean> {
    const file = await this.#condemn(scope, fileId);
    if (file) await this.discard([file]);
    return file !== undefined;
  }

  /** Takes condemned files off the disk and marks those that are. Never rejects for what the disk refuses. */
  async discard(files: readonly Condemned[]): Promise<void> {
    const gone: Condemned[] = [];
    for (const file of files) if (await this.#erase(file)) gone.push(file);
    if (gone.length > 0) await this.#mark(gone);
  }

  /** 0 and not now: a wall clock that is set back must not bring a deleted file back. */
  #condemn(scope: LibraryScope, fileId: string): Promise<Condemned | undefined> {
    return this.#options.store.transaction(async ({ db, wall }) => {
      const seen = visibleFiles({ db }, scope, wall).where('file.file_id', '=', fileId);
      const file = await seen.select(condemnedColumns).executeTakeFirst();
      if (file) await db.updateTable('file').set({ expires_ms: 0 }).where('file_id', '=', fileId).execute();
      return file;
    });
  }

  async #erase({ file_id: fileId, task_id: task, sub_app_id: subAppId }: Condemned): Promise<boolean> {
    const { media, log } = this.#options;
    try {
      await media.delete({ subAppId, fileId });
      return true;
    } catch (error) {
      this.#counts.failedAttempts += 1;
      log.warn({ err: error, task, file: fileId }, 'a library file cannot be removed; it is tried again');
      return false;
    }
  }

  async #mark(files: readonly Condemned[]): Promise<void> {
    const ids = files.map((file) => file.file_id);
    const marked = await this.#options.store.transaction(async ({ db, wall }) => {
      const rows = await db
        .updateTable('file')
        .set({ state: 'removed', removed_ms: wall })
        .where('file_id', 'in', ids)
        .where('state', '=', 'done')
        .returning(['file_id', 'task_id', 'size_bytes'])
        .execute();
      await evidenceIsDue(db, [...new Set(rows.map((row) => row.task_id))]);
      return rows;
    });
    for (const { file_id: file, task_id: task, size_bytes: bytes } of marked) {
      this.#counts.removedFiles += 1;
      this.#counts.removedBytes += bytes ?? 0;
      this.#options.log.info({ task, file }, 'removed from the library');
    }
  }
}
