import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { libraryFolder, libraryPath } from '../library/location.ts';
import type { ChainCheck } from '../segment/check-chain.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { FileRow, Tables, TaskRow } from '../store/tables.ts';
import { destinationOf, planOf, roomOf } from '../tasks/stored-task.ts';
import type { Destination, RecordingPlan } from '../worker-api/messages.ts';
import type { FileDigests } from './file-digests.ts';
import { gapsOf } from './gaps.ts';
import type { FilePlace, Manifest, ManifestChain, ManifestFile } from './manifest.ts';
import type { TimelineEntry } from './timeline.ts';

/** What a task's manifest says, before it has its place among the others. */
export type ManifestContent = Omit<Manifest, 'edition' | 'writtenMs' | 'ledger'>;

/** Puts together what the store knows of a task; undefined when there is none of that id. */
export async function compileManifest(
  { db }: Pick<StoreTransaction, 'db'>,
  taskId: string,
): Promise<ManifestContent | undefined> {
  const task = await db.selectFrom('task').selectAll().where('id', '=', taskId).executeTakeFirst();
  if (!task) return undefined;
  const timeline = await timelineOf(db, taskId);
  const chains = await chainsOf(db, taskId);
  return {
    format: 'roomtape-evidence',
    version: 1,
    taskId,
    room: roomOf(task),
    botUserId: task.bot_user_id,
    createdMs: task.created_ms,
    startedMs: task.started_ms,
    endedMs: task.ended_ms,
    leaveCode: task.leave_code,
    result: task.result,
    destination: withoutSecrets(destinationOf(task)),
    userDefineRecordId: task.user_define_record_id,
    parameters: await parametersOf(db, task),
    timeline,
    gaps: gapsOf(timeline, chains),
    chains,
    files: await filesOf(db, task),
    events: await eventsOf(db, taskId),
  };
}

type Db = StoreTransaction['db'];

/** Tells what a destination is, never how to get in. */
function withoutSecrets(destination: Destination): Readonly<Record<string, unknown>> {
  if (destination.kind === 'vod') return { ...destination };
  const { accessKey: _access, secretKey: _secret, endpoint, ...told } = destination;
  return { ...told, ...(endpoint === undefined ? {} : { endpoint: withoutCredentials(endpoint) }) };
}

const withoutCredentials = (endpoint: string): string => endpoint.replace(/\/\/[^/@]*@/, '//');

async function parametersOf(db: Db, task: TaskRow): Promise<Manifest['parameters']> {
  const rows = await db
    .selectFrom('plan_revision')
    .selectAll()
    .where('task_id', '=', task.id)
    .orderBy('revision')
    .execute();
  // Tasks of before revisions were kept.
  if (rows.length === 0) {
    return [{ revision: task.revision, atMs: task.created_ms, plan: withoutQueries(planOf(task)) }];
  }
  return rows.map((row) => ({ revision: row.revision, atMs: row.at_ms, plan: withoutQueries(planOf(row)) }));
}

/** The address of an image may hold the key to it; of a query its hash says as much as evidence needs. */
function withoutQueries(plan: RecordingPlan): RecordingPlan {
  const hidden = (name: string, value: unknown): unknown =>
    typeof value === 'string' && /^(url|image|placeholderImage)$/.test(name)
      ? withoutCredentials(value).replace(
          /\?.*$/s,
          (query) => `?sha256=${createHash('sha256').update(query).digest('hex')}`,
        )
      : value;
  return JSON.parse(JSON.stringify(plan, hidden)) as RecordingPlan;
}

/** What recorders told of a task, by epoch and number. */
export async function timelineOf(db: Kysely<Tables>, taskId: string): Promise<Manifest['timeline']> {
  const rows = await db
    .selectFrom('timeline_entry')
    .select(['epoch', 'entry'])
    .where('task_id', '=', taskId)
    .orderBy('epoch')
    .orderBy('seq')
    .execute();
  return rows.map(({ epoch, entry }) => ({ ...(JSON.parse(entry) as TimelineEntry), epoch }));
}

/** What is known of the segments of a task. */
export async function chainsOf(db: Kysely<Tables>, taskId: string): Promise<ManifestChain[]> {
  const heads = await db.selectFrom('chain_head').selectAll().where('task_id', '=', taskId).execute();
  const checks = await db
    .selectFrom('chain_check')
    .selectAll()
    .where('task_id', '=', taskId)
    .orderBy('container')
    .execute();
  const keyOf = (row: { file_key: string; epoch: number }): string => `${row.file_key} ${row.epoch}`;
  const told = new Map(heads.map((row) => [keyOf(row), row]));
  const checked = Map.groupBy(checks, keyOf);
  const keys = [...new Set([...told.keys(), ...checked.keys()])];
  return keys.sort().map((key) => {
    const head = told.get(key);
    const rows = checked.get(key) ?? [];
    const { file_key: fileKey, epoch } = head ?? rows[0]!;
    return {
      fileKey,
      epoch,
      ...(head ? { told: { segments: head.segments, chain: head.chain, toldMs: head.told_ms } } : {}),
      checks: rows.map(({ container, checked_ms: checkedMs, result }) => ({
        ...(JSON.parse(result) as ChainCheck),
        container: container as ManifestFile['container'],
        checkedMs,
      })),
    };
  });
}

async function filesOf(db: Db, task: TaskRow): Promise<ManifestFile[]> {
  const rows = await db
    .selectFrom('file')
    .leftJoin('file_digests', 'file_digests.file_id', 'file.file_id')
    .selectAll('file')
    .select('file_digests.digests')
    .where('file.task_id', '=', task.id)
    .orderBy('file.file_key')
    .orderBy('file.container')
    .orderBy('file.part')
    .execute();
  return rows.map((row) => manifestFile(task, row, row.digests));
}

const orUndefined = <T>(value: T | null): T | undefined => value ?? undefined;

const manifestFile = (task: TaskRow, file: FileRow, digests: string | null): ManifestFile => ({
  fileId: file.file_id,
  fileKey: file.file_key,
  name: file.name,
  container: file.container,
  part: file.part,
  userId: file.user_id,
  mediaId: file.media_id,
  state: file.state,
  startMs: file.start_ms,
  endMs: file.end_ms,
  place: file.done_ms === null ? undefined : placeOf(task, file),
  sizeBytes: orUndefined(file.size_bytes),
  durationMs: orUndefined(file.duration_ms),
  sha256: orUndefined(file.sha256),
  doneMs: orUndefined(file.done_ms),
  removedMs: orUndefined(file.removed_ms),
  error: orUndefined(file.error),
  digests: digests === null ? undefined : (JSON.parse(digests) as FileDigests),
});

function placeOf(task: TaskRow, file: FileRow): FilePlace {
  if (destinationOf(task).kind === 'bucket') return { kind: 'bucket' };
  if (file.url !== null) return { kind: 'tencent-vod', fileId: file.remote_id ?? '', url: file.url };
  const place = { subAppId: file.sub_app_id, fileId: file.file_id };
  const path =
    file.container === 'hls' ? libraryFolder('library', place) : libraryPath('library', place, file.container);
  return { kind: 'library', path: join(path) };
}

async function eventsOf(db: Db, taskId: string): Promise<Manifest['events']> {
  const rows = await db
    .selectFrom('event')
    .select(['seq', 'type', 'event_ms', 'state', 'settled_ms'])
    .where('stream', '=', taskId)
    .orderBy('seq')
    .execute();
  return rows.map(({ event_ms: atMs, settled_ms: settledMs, ...row }) => ({ ...row, atMs, settledMs }));
}
