/**
 * Loaded before everything else in each process of a server (`NODE_OPTIONS=--import=…`): notes outside the data
 * directory what each fsync and fdatasync that succeeded had in front of it when it began. What is in no ledger would be
 * lost in a power cut. Sees what goes through Node; the media library writes no file of the data directory for good by itself.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { identityOf, LEDGER_DIR, LEDGER_OF, type LedgerLine } from './ledger-lines.ts';

const { fstatSync, lstatSync, readdirSync, readlinkSync, writeSync } = fs;
const dir = process.env[LEDGER_DIR];
const top = process.env[LEDGER_OF];
type Done = (error: NodeJS.ErrnoException | null) => void;

/** What a synchronisation of this descriptor that begins now will bring onto the disk. */
function before(fd: number): LedgerLine | undefined {
  try {
    const path = readlinkSync(`/proc/self/fd/${fd}`);
    if (top === undefined || !path.startsWith(top)) return undefined;
    const at = String(process.hrtime.bigint());
    const stat = fstatSync(fd, { bigint: true });
    const id = identityOf(stat);
    if (!stat.isDirectory()) return { kind: 'file', at, id, path, size: Number(stat.size) };
    return { kind: 'folder', at, id, path, entries: entriesOf(path) };
  } catch {
    // What cannot be looked at counts as not synchronised.
    return undefined;
  }
}

function entriesOf(path: string): (readonly [string, string])[] {
  return readdirSync(path).flatMap((name) => {
    const stat = lstatSync(join(path, name), { bigint: true, throwIfNoEntry: false });
    return stat ? [[name, identityOf(stat)] as const] : [];
  });
}

function keep(ledger: number, line: LedgerLine | undefined): void {
  if (line) writeSync(ledger, `${JSON.stringify(line)}\n`);
}

function watchSync(ledger: number, name: 'fsyncSync' | 'fdatasyncSync'): void {
  const original = fs[name];
  fs[name] = (fd) => {
    const line = before(fd);
    original(fd);
    keep(ledger, line);
  };
}

function watchCallback(ledger: number, name: 'fsync' | 'fdatasync'): void {
  const original = fs[name];
  const watched = (fd: number, done: Done): void => {
    const line = before(fd);
    original(fd, (error) => {
      if (!error) keep(ledger, line);
      done(error);
    });
  };
  fs[name] = Object.assign(watched, { __promisify__: original.__promisify__ });
}

/** The class of file handles is not exported; any handle leads to it. */
async function watchHandles(ledger: number): Promise<void> {
  const handle = await fs.promises.open('/dev/null', 'r');
  const shape = Object.getPrototypeOf(handle) as fs.promises.FileHandle;
  await handle.close();
  for (const name of ['sync', 'datasync'] as const) {
    const original = shape[name];
    shape[name] = async function watched(this: fs.promises.FileHandle) {
      const line = before(this.fd);
      await original.call(this);
      keep(ledger, line);
    };
  }
}

if (dir !== undefined && top !== undefined) {
  const ledger = fs.openSync(join(dir, `${process.pid}-${Date.now()}.jsonl`), 'a');
  for (const name of ['fsyncSync', 'fdatasyncSync'] as const) watchSync(ledger, name);
  for (const name of ['fsync', 'fdatasync'] as const) watchCallback(ledger, name);
  await watchHandles(ledger);
  syncBuiltinESMExports();
}
