import type { Store } from '../store/store.ts';
import type { WallMs } from '../units.ts';
import { visibleFiles, type LibraryScope } from './kept-files.ts';

/** Sets when a file's time is over, undefined for never; false when the scope sees none of that id. */
export function setExpiry(
  store: Store,
  scope: LibraryScope,
  fileId: string,
  expiresMs: WallMs | undefined,
): Promise<boolean> {
  return store.transaction(async ({ db, wall }) => {
    const seen = await visibleFiles({ db }, scope, wall)
      .where('file.file_id', '=', fileId)
      .select('file.file_id')
      .executeTakeFirst();
    if (!seen) return false;
    await db
      .updateTable('file')
      .set({ expires_ms: expiresMs ?? null })
      .where('file_id', '=', fileId)
      .execute();
    return true;
  });
}
