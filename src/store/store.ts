import { Kysely, type Transaction } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Clock } from '../clock.ts';
import { wallMs, type WallMs } from '../units.ts';
import { Bell } from './bell.ts';
import { sqliteEngine, type StoreEngine } from './engine.ts';
import { storeMigrations } from './migrations.ts';
import { NodeSqliteDialect } from './sqlite-dialect.ts';
import type { Tables } from './tables.ts';

/** What a transaction may announce once it is committed. */
export type StoreNews = 'work' | 'events' | 'rooms';

/** One transaction: its connection, its time, and what it will announce. */
export interface StoreTransaction {
  readonly db: Transaction<Tables>;
  /** Wall time for stamps that outsiders see. */
  readonly wall: WallMs;
  /** The store's own time for leases and back-off (design §3.4); never steps with the wall clock while running. */
  readonly now: WallMs;
  /** Rings the bell of that name after the commit; not at all when the transaction fails. */
  announce(news: StoreNews): void;
}

/** Counters of the store, for metrics. */
export interface StoreStats {
  readonly commits: number;
  readonly rollbacks: number;
}

/** Where the embedded store lives. */
export interface StoreOptions {
  /** The database file; made when missing, its folder must exist. */
  readonly path: string;
  readonly clock: Clock;
}

/** The embedded store, owned by the `server` role alone. Transactions run one after another. */
export class Store {
  /** Rings when a task or job may be claimed, or a task was asked to stop. */
  readonly work = new Bell();
  /** Rings when the outbox has a new event. */
  readonly events = new Bell();
  /** Rings when something happened in rooms, or a rule about them has changed. */
  readonly rooms = new Bell();
  readonly db: Kysely<Tables>;
  readonly engine: StoreEngine;
  readonly #clock: Clock;
  readonly #bootOffsetMs: number;
  #closing: Promise<void> | undefined;
  #commits = 0;
  #rollbacks = 0;

  /** Use {@link openStore}, which also brings the schema up to date. */
  constructor(options: StoreOptions) {
    this.db = new Kysely<Tables>({ dialect: new NodeSqliteDialect(options.path) });
    this.engine = sqliteEngine;
    this.#clock = options.clock;
    this.#bootOffsetMs = options.clock.wallMs() - options.clock.monoUs() / 1000;
  }

  /** Runs `work` as one transaction: all of it is on the disk when the promise resolves, or none of it when it rejects. */
  async transaction<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    const news = new Set<StoreNews>();
    const announce = (name: StoreNews): void => void news.add(name);
    try {
      const result = await this.db
        .transaction()
        .execute(async (db) => work({ db, announce, wall: this.#clock.wallMs(), now: await this.#now(db) }));
      this.#commits += 1;
      for (const name of news) this[name].ring();
      return result;
    } catch (error) {
      this.#rollbacks += 1;
      throw error;
    }
  }

  /** Closes the file; later use rejects. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.db.destroy();
    return this.#closing;
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  stats(): StoreStats {
    return { commits: this.#commits, rollbacks: this.#rollbacks };
  }

  /** Wall time at boot plus monotonic time since: a step of the wall clock must not end every lease at once. */
  readonly #storeClock = (): WallMs => wallMs(Math.floor(this.#bootOffsetMs + this.#clock.monoUs() / 1000));

  async #now(db: Transaction<Tables>): Promise<WallMs> {
    return this.engine.now(db, this.#storeClock);
  }
}

/** Opens the store and applies the migrations it lacks. Rejects when the file is not ours or is newer than the program. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const store = new Store(options);
  const migrator = new Migrator({ db: store.db, provider: storeMigrations(store.engine) });
  const { error } = await migrator.migrateToLatest();
  if (!error) return store;
  await store.close();
  throw new Error(`The store ${options.path} cannot be brought up to date.`, { cause: error });
}
