import { chmodSync, closeSync, openSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
  type SqliteDatabase,
  type SqliteStatement,
} from 'kysely';

/** Prepared statements kept per database; the program has far fewer distinct ones. */
const statementLimit = 256;
/** How long a statement outside of a transaction waits for another process's lock, such as a backup's. */
const busyTimeoutMs = 1000;
/** How long a transaction waits for it before it begins, and how long between two tries. */
const longestWaitMs = 10_000;
const tryAgainMs = 20;

const asInput = (parameters: readonly unknown[]): SQLInputValue[] => parameters as SQLInputValue[];

/** Dresses a statement of `node:sqlite` in the shape Kysely's SQLite driver expects. */
function adaptStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...asInput(parameters)),
    run: (parameters) => statement.run(...asInput(parameters)),
    iterate: (parameters) => statement.iterate(...asInput(parameters)),
  };
}

/** Keys to customers' buckets are in the store. SQLite gives the files beside it the mode that this one has. */
function keepFromOthers(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
  const { mode } = statSync(path);
  if ((mode & 0o007) !== 0) chmodSync(path, mode & 0o770);
}

/** Opens the file so that a commit that returned is on the disk: WAL with synchronous FULL. */
function openDatabase(path: string): SqliteDatabase {
  keepFromOthers(path);
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  database.exec('pragma journal_mode = wal; pragma synchronous = full;');
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql);
      if (known) return known;
      const statement = adaptStatement(database.prepare(sql));
      // Statements of schema changes are stale at once, and an unbounded list would be a leak.
      if (statements.size >= statementLimit || /^\s*(create|alter|drop)/i.test(sql)) statements.clear();
      else statements.set(sql, statement);
      return statement;
    },
  };
}

const sqliteBusy = 5;
const isBusy = (error: unknown): boolean => ((error as { errcode?: number }).errcode ?? 0) % 256 === sqliteBusy;

/**
 * Takes the write lock at `begin`, so that a transaction never fails half-way for want of it. SQLite's own wait would
 * stop the whole process, whose other duties need no lock.
 */
class ImmediateSqliteDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const run = (text: string): Promise<unknown> => connection.executeQuery(CompiledQuery.raw(text));
    await run('pragma busy_timeout = 0');
    try {
      for (let waitedMs = 0; ; waitedMs += tryAgainMs) {
        try {
          await run('begin immediate');
          return;
        } catch (error) {
          if (!isBusy(error) || waitedMs >= longestWaitMs) throw error;
        }
        await sleep(tryAgainMs);
      }
    } finally {
      await run(`pragma busy_timeout = ${busyTimeoutMs}`);
    }
  }
}

/** SQLite's schema changes are transactional, so that a migration killed half-way leaves nothing. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Kysely dialect on `node:sqlite`: one connection, transactions one after another. */
export class NodeSqliteDialect extends SqliteDialect {
  readonly #path: string;

  /** Opens (and makes) the file at the first statement. */
  constructor(path: string) {
    super({ database: async () => openDatabase(path) });
    this.#path = path;
  }

  override createDriver(): Driver {
    const path = this.#path;
    return new ImmediateSqliteDriver({ database: async () => openDatabase(path) });
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalSqliteAdapter();
  }
}
