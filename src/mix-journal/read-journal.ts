import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LayoutPlan } from '../layout/layout-plan.ts';
import { samplesToMicros } from '../timeline/audio-placer.ts';
import { wallUs, type WallUs } from '../units.ts';
import { chunkHeader, decodeRecords, isForeignChunk, type JournalRecord, type UnitRecord } from './records.ts';

/** What a journal holds, as far as it can be read. */
export interface JournalSpan {
  /** Time of the first unit that was written. */
  readonly first: WallUs;
  /** Where its media ends. */
  readonly end: WallUs;
  /** The layout at its beginning. */
  readonly layout: LayoutPlan;
}

/** A chunk is cut long before; more is not ours. */
const longestChunk = 128 * 1024 * 1024;
/** Records between two turns of the event loop. */
const recordsPerTurn = 500;

async function chunkPaths(dir: string): Promise<string[]> {
  const names = (await readdir(dir).catch(() => [])).filter((name) => /^\d{6,}\.journal$/.test(name));
  return names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).map((name) => join(dir, name));
}

/** True when the folder has a chunk that another version of this program wrote. */
export async function isForeign(dir: string): Promise<boolean> {
  for (const path of await chunkPaths(dir)) {
    if (isForeignChunk(await headOf(path))) return true;
  }
  return false;
}

/** The first bytes of a file; fewer where it has no more. */
async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(chunkHeader.length), 0, chunkHeader.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Every record of a journal that is whole, chunk by chunk in order; the process is not held up. */
export async function* journalRecords(dir: string): AsyncGenerator<JournalRecord, void, undefined> {
  let count = 0;
  for (const path of await chunkPaths(dir)) {
    const { size } = await stat(path);
    if (size > longestChunk) continue;
    for (const record of decodeRecords(await readFile(path))) {
      yield record;
      count += 1;
      if (count % recordsPerTurn === 0) await nextTurn();
    }
  }
}

/** When a unit ends, as far as it says. */
export const endOfUnit = (record: UnitRecord): WallUs =>
  record.kind === 'audio' ? wallUs(record.unit.at + Math.round(samplesToMicros(record.unit.samples))) : record.unit.at;

/** Looks a journal over; undefined when there is no media in it. */
export async function spanOfJournal(dir: string): Promise<JournalSpan | undefined> {
  let first: WallUs | undefined;
  let end = -Infinity;
  let layout: LayoutPlan | undefined;
  for await (const record of journalRecords(dir)) {
    if (record.kind === 'state') layout ??= record.layout;
    if (record.kind !== 'video' && record.kind !== 'audio') continue;
    first ??= record.unit.at;
    end = Math.max(end, endOfUnit(record));
  }
  return first === undefined || layout === undefined ? undefined : { first, end: wallUs(end), layout };
}
