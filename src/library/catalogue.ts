import { sql, type Expression, type SqlBool } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import type { FileTable } from '../store/tables.ts';
import { wallMs, type WallMs } from '../units.ts';
import type { Container } from '../worker-api/messages.ts';
import { visibleFiles, type LibraryScope } from './kept-files.ts';
import { fileColumns, libraryFile, type LibraryFile } from './library-file.ts';
import type { PlayLinks } from './play-links.ts';

/** More hits than this are neither counted nor reached (contract §7.3). */
export const mostHits = 5000;

/** A span of time, `fromMs` included and `beforeMs` not; an end that is undefined is open. */
export interface TimeSpan {
  readonly fromMs: WallMs | undefined;
  readonly beforeMs: WallMs | undefined;
}

/** What to look for. A file must fit every condition; an empty list is none. */
export interface LibraryQuery {
  readonly fileIds: readonly string[];
  /** Texts of which the name has one or more in it, whatever the case. The more fit, the earlier the file is listed. */
  readonly names: readonly string[];
  readonly namePrefixes: readonly string[];
  readonly classIds: readonly number[];
  readonly trackTypes: readonly FileTable['track_type'][];
  readonly containers: readonly Container[];
  readonly sdkAppIds: readonly number[];
  readonly roomIds: readonly string[];
  /** Users whose own files they are; none where it is absent. */
  readonly userIds?: readonly string[];
  readonly created: TimeSpan;
  readonly expires: TimeSpan;
  readonly order: 'asc' | 'desc';
  readonly offset: number;
  readonly limit: number;
}

/** A page of what was found. */
export interface LibraryHits {
  /** At most {@link mostHits}. */
  readonly total: number;
  readonly files: readonly LibraryFile[];
}

/** What counts as the end of a file that never expires: the last second that an ISO date has. */
export const neverMs = wallMs(Date.UTC(9999, 11, 31, 23, 59, 59));

/** Reads of the library for those who ask which files there are. */
export class Catalogue {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #links: Pick<PlayLinks, 'urlOf'>;

  /** `links` gives the files' addresses. */
  constructor(options: { readonly store: Store; readonly clock: Clock; readonly links: Pick<PlayLinks, 'urlOf'> }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#links = options.links;
  }

  /** The files of these ids that are visible, in no order. At most a few dozen ids. */
  async files(scope: LibraryScope, fileIds: readonly string[]): Promise<LibraryFile[]> {
    if (fileIds.length === 0) return [];
    const rows = await this.#visible(scope).where('file.file_id', 'in', fileIds).select(fileColumns).execute();
    return rows.map((row) => libraryFile(row, this.#links));
  }

  /** What fits, in order of fit and then of time, page by page. */
  async search(scope: LibraryScope, query: LibraryQuery): Promise<LibraryHits> {
    const { order, offset, limit } = query;
    const hits = this.#visible(scope).where((eb) => eb.and(conditions(query)));
    const counted = await this.#store.db
      .selectFrom(hits.select('file.file_id').limit(mostHits).as('hit'))
      .select((eb) => eb.fn.countAll<number | string>().as('n'))
      .executeTakeFirstOrThrow();
    const total = Number(counted.n);
    if (limit === 0 || offset >= total) return { total, files: [] };
    let ordered = hits.select(fileColumns);
    if (query.names.length > 0) ordered = ordered.orderBy(fit(query.names), 'desc');
    const rows = await ordered
      .orderBy('file.done_ms', order)
      .orderBy('file.file_id', order)
      .offset(offset)
      .limit(limit)
      .execute();
    return { total, files: rows.map((row) => libraryFile(row, this.#links)) };
  }

  /** Whether a task of these apps has ever ended with files in this sub-application. */
  async hasSubApp(sdkAppIds: readonly number[], subAppId: number): Promise<boolean> {
    const found = await this.#store.db
      .selectFrom('file')
      .innerJoin('task', 'task.id', 'file.task_id')
      .select('file.file_id')
      .where('file.sub_app_id', '=', subAppId)
      .where('file.class_id', 'is not', null)
      .where('task.sdk_app_id', 'in', sdkAppIds)
      .limit(1)
      .executeTakeFirst();
    return found !== undefined;
  }

  readonly #visible = (scope: LibraryScope) => visibleFiles(this.#store, scope, this.#clock.wallMs());
}

/** A file's name without its extension: what VOD calls its name. */
const bareName = sql<string>`substr(file.name, 1, length(file.name) - case file.container when 'hls' then 5 else 4 end)`;
const ends = sql<number>`coalesce(file.expires_ms, ${sql.lit(neverMs)})`;

function conditions(query: LibraryQuery): Expression<SqlBool>[] {
  return [
    oneOf(sql.ref('file.file_id'), query.fileIds),
    oneOf(sql.ref('file.class_id'), query.classIds),
    oneOf(sql.ref('file.track_type'), query.trackTypes),
    oneOf(sql.ref('file.container'), query.containers),
    oneOf(sql.ref('task.sdk_app_id'), query.sdkAppIds),
    oneOf(sql.ref('task.room_id'), query.roomIds),
    oneOf(sql.ref('file.user_id'), query.userIds ?? []),
    anyOf(query.names.map(hasText)),
    anyOf(query.namePrefixes.map(beginsWith)),
    ...within(sql.ref('file.done_ms'), query.created),
    ...within(ends, query.expires),
  ].filter((condition) => condition !== undefined);
}

const oneOf = (value: Expression<unknown>, choices: readonly (string | number)[]): Expression<SqlBool> | undefined =>
  choices.length === 0 ? undefined : sql<SqlBool>`${value} in (${sql.join(choices)})`;

const anyOf = (options: readonly Expression<SqlBool>[]): Expression<SqlBool> | undefined =>
  options.length === 0 ? undefined : sql<SqlBool>`(${sql.join(options, sql` or `)})`;

function within(value: Expression<unknown>, { fromMs, beforeMs }: TimeSpan): Expression<SqlBool>[] {
  return [
    ...(fromMs === undefined ? [] : [sql<SqlBool>`${value} >= ${fromMs}`]),
    ...(beforeMs === undefined ? [] : [sql<SqlBool>`${value} < ${beforeMs}`]),
  ];
}

/** `like` minds the case in PostgreSQL and not in SQLite; both sides in lower case are alike in both. */
const hasText = (text: string): Expression<SqlBool> =>
  sql<SqlBool>`lower(${bareName}) like ${`%${literally(text.toLowerCase())}%`} escape '\\'`;

const literally = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&');

/** Names hold base64, in which the case counts. Both engines count characters by code points. */
const beginsWith = (prefix: string): Expression<SqlBool> =>
  sql<SqlBool>`substr(${bareName}, 1, ${Array.from(prefix).length}) = ${prefix}`;

/** How well a name fits: 1 for each text in it, one more for a text that it is. */
const fit = (names: readonly string[]): Expression<number> =>
  sql<number>`(${sql.join(
    names.map((name) => sql`case when ${bareName} = ${name} then 2 when ${hasText(name)} then 1 else 0 end`),
    sql` + `,
  )})`;
