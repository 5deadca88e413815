import type { Logger } from '../process/log.ts';
import type { Store } from '../store/store.ts';

/** Applies a bound that the configuration has got since: files that would stay longer expire at it. */
export async function boundExpiry(store: Store, keepMs: number, log: Logger): Promise<void> {
  const bounded = await store.transaction(({ db }) =>
    db
      .updateTable('file')
      .set((eb) => ({ expires_ms: eb('done_ms', '+', keepMs) }))
      .where('state', '=', 'done')
      .where('class_id', 'is not', null)
      .where('remote_id', 'is', null)
      .where('done_ms', 'is not', null)
      .where((eb) => eb.or([eb('expires_ms', 'is', null), eb('expires_ms', '>', eb('done_ms', '+', keepMs))]))
      .returning('file_id')
      .execute(),
  );
  if (bounded.length > 0) log.info({ files: bounded.length }, 'files of the library expire by library.keep_days');
}
