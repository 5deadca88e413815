import type { Store } from '../store/store.ts';

/** An app as far as the protection of its files goes. */
export interface PlayProtection {
  readonly sdkAppId: number;
  /** Whether it has a `play_key`. */
  readonly isSigned: boolean;
}

/**
 * Notes which of the configured apps have signed addresses, and gives all that were last seen with them. Who takes an
 * app out of the configuration takes its key away too, and must not open its files to everybody by that; who takes the
 * key away alone means to.
 */
export async function rememberProtectedApps(
  store: Store,
  configured: readonly PlayProtection[],
): Promise<ReadonlySet<number>> {
  const idsOf = (isSigned: boolean): number[] =>
    configured.filter((app) => app.isSigned === isSigned).map(({ sdkAppId }) => sdkAppId);
  return store.transaction(async ({ db }) => {
    await db.deleteFrom('protected_app').where('sdk_app_id', 'in', idsOf(false)).execute();
    for (const sdk_app_id of idsOf(true))
      await db
        .insertInto('protected_app')
        .values({ sdk_app_id })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    const rows = await db.selectFrom('protected_app').select('sdk_app_id').execute();
    return new Set(rows.map((row) => row.sdk_app_id));
  });
}
