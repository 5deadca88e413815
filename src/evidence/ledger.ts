import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from './canonical-json.ts';

/** The file of the ledger in the folder of the manifests: a line of JSON for each manifest that was ever written. */
export const ledgerFile = 'ledger.jsonl';

/** A manifest in the ledger. */
export interface LedgerEntry {
  /** From 1. */
  readonly number: number;
  readonly taskId: string;
  readonly edition: number;
  /** Of the manifest as it was signed, hex digits. */
  readonly sha256: string;
}

/** A line of the ledger. */
export interface LedgerLine extends LedgerEntry {
  /** SHA-256 of the chain before and this entry in canonical JSON, hex digits. */
  readonly chain: string;
}

/** The chain before the first line. */
export const emptyLedger = '0'.repeat(64);

/** The chain with one more entry. */
export const ledgerChain = (before: string, entry: LedgerEntry): string =>
  createHash('sha256')
    .update(`${before}${canonicalJson(entry)}`)
    .digest('hex');

/** All whole lines of a ledger, and where they end in bytes; lines that are none are undefined. */
export async function readLedger(folder: string): Promise<{ lines: (LedgerLine | undefined)[]; whole: number }> {
  const text = await readFile(join(folder, ledgerFile), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = whole.split('\n').slice(0, -1).map(parseLine);
  return { lines, whole: Buffer.byteLength(whole) };
}

function parseLine(line: string): LedgerLine | undefined {
  try {
    const { number, taskId, edition, sha256, chain } = JSON.parse(line) as LedgerLine;
    return { number, taskId, edition, sha256, chain };
  } catch {
    return undefined;
  }
}

/** Writes the ledger; one writer at a time. */
export class Ledger {
  readonly #path: string;
  #last: Pick<LedgerLine, 'number' | 'chain'> & { readonly sha256: string | null };
  #bytes: number;
  /** Hashes of the latest manifests by their tasks. */
  readonly #latest: Map<string, string>;

  private constructor(path: string, lines: readonly LedgerLine[], bytes: number) {
    this.#path = path;
    this.#latest = new Map(lines.map(({ taskId, sha256 }) => [taskId, sha256]));
    this.#last = lines.at(-1) ?? { number: 0, chain: emptyLedger, sha256: null };
    this.#bytes = bytes;
  }

  /** Goes on behind the last whole line. @throws Error of the file system. */
  static async open(folder: string): Promise<Ledger> {
    const { lines, whole } = await readLedger(folder);
    const known = lines.filter((line) => line !== undefined);
    return new Ledger(join(folder, ledgerFile), known, whole);
  }

  /** Whether that is the task's latest manifest. */
  has(taskId: string, sha256: string): boolean {
    return this.#latest.get(taskId) === sha256;
  }

  /** The line before the next. */
  get last(): Pick<LedgerLine, 'number' | 'chain'> & { readonly sha256: string | null } {
    return this.#last;
  }

  /** Adds a line; it is on the disk when this resolves. @throws Error of the file system. */
  async append(entry: LedgerEntry): Promise<void> {
    const line: LedgerLine = { ...entry, chain: ledgerChain(this.#last.chain, entry) };
    const bytes = Buffer.from(`${canonicalJson(line)}\n`);
    const file = await open(this.#path, 'a', 0o600);
    try {
      // Half a line that a crash or a full disk left.
      await file.truncate(this.#bytes);
      await file.appendFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    this.#bytes += bytes.length;
    this.#last = line;
    this.#latest.set(entry.taskId, entry.sha256);
  }
}
