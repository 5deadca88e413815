import { sql, type ColumnDefinitionBuilder, type RawBuilder, type Transaction } from 'kysely';
import type { WallMs } from '../units.ts';
import type { Tables } from './tables.ts';

/**
 * The three places where SQLite and PostgreSQL differ for us; everything else is written once. A PostgreSQL engine
 * gives `for update skip locked`, `extract(epoch from clock_timestamp())` and `generated always as identity`.
 */
export interface StoreEngine {
  /** Appended to the subquery that picks rows to claim, so that claimers do not wait for each other. */
  readonly skipLocked: RawBuilder<unknown>;
  /** Reads the store's clock, by which leases live (design §3.4); `local` is the clock of this process. */
  readonly now: (db: Transaction<Tables>, local: () => WallMs) => Promise<WallMs>;
  /** Makes an integer key that the store numbers itself. */
  readonly identity: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;
}

/** SQLite has one writer, lives in our process and so shares its clock. */
export const sqliteEngine: StoreEngine = {
  skipLocked: sql``,
  now: async (_db, local) => local(),
  identity: (column) => column.primaryKey().autoIncrement(),
};
