import type { Store } from '../store/store.ts';
import type { WallMs } from '../units.ts';

/**
 * Files that lie in this library and not in a bucket or at Tencent VOD: done, and not removed yet. Those whose time is
 * over are among them until the disk is rid of them.
 */
const libraryFiles = ({ db }: Pick<Store, 'db'>) =>
  db
    .selectFrom('file')
    .innerJoin('task', 'task.id', 'file.task_id')
    .where('file.state', '=', 'done')
    .where('file.class_id', 'is not', null)
    .where('file.remote_id', 'is', null);

/** The library's files as outsiders see it: those whose time is not over. */
export const keptFiles = (store: Pick<Store, 'db'>, nowMs: WallMs) =>
  libraryFiles(store).where((eb) => eb.or([eb('file.expires_ms', 'is', null), eb('file.expires_ms', '>', nowMs)]));

/** The library's files whose time is over. */
export const expiredFiles = (store: Pick<Store, 'db'>, nowMs: WallMs) =>
  libraryFiles(store).where('file.expires_ms', '<=', nowMs);

/** Bytes of an app's files in the library; a file whose time is over counts until the disk is rid of it. */
export async function libraryBytes(store: Pick<Store, 'db'>, sdkAppId: number): Promise<number> {
  const { bytes } = await libraryFiles(store)
    .where('task.sdk_app_id', '=', sdkAppId)
    .select((eb) => eb.fn.sum<number | string | null>('file.size_bytes').as('bytes'))
    .executeTakeFirstOrThrow();
  return Number(bytes ?? 0);
}

/** What an account may see. */
export interface LibraryScope {
  /** Its apps: files of tasks of others do not exist for it. */
  readonly sdkAppIds: readonly number[];
  /** One sub-application only; all when undefined. */
  readonly subAppId: number | undefined;
}

/** The kept files that an account may see. */
export function visibleFiles(store: Pick<Store, 'db'>, { sdkAppIds, subAppId }: LibraryScope, nowMs: WallMs) {
  const files = keptFiles(store, nowMs).where('task.sdk_app_id', 'in', sdkAppIds);
  return subAppId === undefined ? files : files.where('file.sub_app_id', '=', subAppId);
}
