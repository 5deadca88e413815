import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf, type LedgerLine } from './ledger-lines.ts';

/**
 * What a file system keeps of a new file's name. `strict`: what a synchronisation of its folder kept, as POSIX promises;
 * `journal`: also what was in the folder when the file itself was synchronised, as ext4, XFS and btrfs do.
 */
export type NameKeeping = 'strict' | 'journal';

/** What was taken away. */
export interface Taken {
  /** Files cut back, and the bytes that went. */
  readonly cut: number;
  readonly bytes: number;
  /** Names that went, relative to the data directory, and names that came back. */
  readonly names: readonly string[];
  readonly restored: number;
}

/** What the disk has for certain. */
export interface OnDisk {
  /** Length of each file by its identity. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Names of each folder by its identity. */
  readonly folders: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Identities of all that was synchronised itself. */
  readonly synced: ReadonlySet<string>;
}

/** Reads all ledgers of a folder; the last synchronisation to begin counts. */
export function readLedgers(dir: string): OnDisk {
  const lines = readdirSync(dir).flatMap((name) => linesOf(join(dir, name)));
  lines.sort((a, b) => (BigInt(a.at) < BigInt(b.at) ? -1 : 1));
  const sizes = new Map<string, number>();
  const folders = new Map<string, ReadonlyMap<string, string>>();
  for (const line of lines) {
    if (line.kind === 'file') sizes.set(line.id, line.size);
    else folders.set(line.id, new Map(line.entries));
  }
  return { sizes, folders, synced: new Set(lines.map(({ id }) => id)) };
}

/** The last line may have been cut by the kill. */
function linesOf(path: string): LedgerLine[] {
  const text = readFileSync(path, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LedgerLine);
}

/** Takes from a folder of a stopped server, and all below it, what a power cut would have taken. */
export function cutPower(folder: string, disk: OnDisk, keeping: NameKeeping): Taken {
  const taken = { cut: 0, bytes: 0, names: [] as string[], restored: 0 };
  if (existsSync(folder)) cutFolder(folder, disk, keeping, taken);
  return taken;
}

interface Taking {
  cut: number;
  bytes: number;
  names: string[];
  restored: number;
}

const idAt = (path: string): string => identityOf(lstatSync(path, { bigint: true }));

function cutFolder(folder: string, disk: OnDisk, keeping: NameKeeping, taken: Taking): void {
  const kept = disk.folders.get(idAt(folder)) ?? new Map<string, string>();
  const names = new Map([...kept].map(([name, id]) => [id, name]));
  // What was given another name since is back under its old one, when nothing kept the new one.
  const present = readdirSync(folder).map((name) => ({ name, id: idAt(join(folder, name)) }));
  for (const { name, id } of present) {
    if (kept.get(name) === id || (keeping === 'journal' && disk.synced.has(id))) continue;
    const old = names.get(id);
    if (old !== undefined && !existsSync(join(folder, old))) {
      renameSync(join(folder, name), join(folder, old));
      taken.restored += 1;
      continue;
    }
    rmSync(join(folder, name), { recursive: true });
    taken.names.push(join(folder, name));
  }
  for (const name of readdirSync(folder)) cutEntry(join(folder, name), disk, keeping, taken);
}

function cutEntry(path: string, disk: OnDisk, keeping: NameKeeping, taken: Taking): void {
  const stat = statSync(path);
  if (stat.isDirectory()) return cutFolder(path, disk, keeping, taken);
  const size = Math.min(stat.size, disk.sizes.get(idAt(path)) ?? 0);
  if (size === stat.size) return undefined;
  truncateSync(path, size);
  taken.cut += 1;
  taken.bytes += stat.size - size;
  return undefined;
}
