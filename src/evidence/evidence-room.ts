import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, syncPath } from '../durable-folder.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import type { Logger } from '../process/log.ts';
import type { Store } from '../store/store.ts';
import { canonicalJson } from './canonical-json.ts';
import { compileManifest, type ManifestContent } from './compile-manifest.ts';
import { Ledger } from './ledger.ts';
import type { Manifest, SignedManifest } from './manifest.ts';
import { manifestHash, parseManifest, signManifest } from './signed-manifest.ts';
import { openSigningKey, publicKeyOf, type SigningKey } from './signing-key.ts';

/** Folder of the manifests in the data directory. */
export const evidenceFolder = (dataDir: string): string => join(dataDir, 'evidence');

/** Where the manifest of a task lies in that folder. */
export const manifestPath = (folder: string, taskId: string): string => join(folder, `${taskId}.json`);

/** A text that is a TaskId, and therefore a file name. */
export const isTaskId = (text: string): boolean => /^[A-Za-z0-9+-][A-Za-z0-9+.-]{0,199}$/.test(text);

/** What the evidence room needs. */
export interface EvidenceRoomOptions {
  readonly dataDir: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Counters, for metrics. */
export interface EvidenceStats {
  readonly written: number;
  readonly failedAttempts: number;
}

const lookEveryMs = 1_000;
const atATime = 20;

interface Due {
  readonly task_id: string;
  readonly marks: number;
}

/**
 * Writes the manifest of every task that has ended, and anew when something of it changes later: a file that arrives, one
 * that is removed, a callback that is settled. One at a time, because each names the one before.
 */
export class EvidenceRoom {
  readonly #options: EvidenceRoomOptions;
  readonly #folder: string;
  readonly #key: SigningKey;
  readonly #ledger: Ledger;
  readonly #cancel: CancelTimer;
  readonly #counts = { written: 0, failedAttempts: 0 };
  #working: Promise<void> | undefined;
  #closed = false;

  /** Use {@link openEvidenceRoom}. */
  constructor(options: EvidenceRoomOptions, key: SigningKey, ledger: Ledger) {
    this.#options = options;
    this.#folder = evidenceFolder(options.dataDir);
    this.#key = key;
    this.#ledger = ledger;
    this.#cancel = options.clock.every(lookEveryMs, () => void this.work());
  }

  /** The public key of the installation. */
  get key(): { readonly keyId: string; readonly publicKey: string } {
    return { keyId: this.#key.keyId, publicKey: this.#key.publicPem };
  }

  /** The text of a task's manifest, undefined while there is none. @throws Error of the file system. */
  async manifest(taskId: string): Promise<string | undefined> {
    if (!isTaskId(taskId)) return undefined;
    return readIfThere(manifestPath(this.#folder, taskId));
  }

  stats(): EvidenceStats {
    return { ...this.#counts };
  }

  /** Writes what is due now, or joins the round under way. Never rejects. */
  work(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#working ??= this.#round().finally(() => (this.#working = undefined));
    return this.#working;
  }

  /** Ends after the manifest under way. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#working;
  }

  async #round(): Promise<void> {
    try {
      const query = this.#options.store.db.selectFrom('evidence_due').selectAll();
      const due = await query.orderBy('task_id').limit(atATime).execute();
      for (const one of due) if (!this.#closed) await this.#attend(one);
    } catch (error) {
      this.#counts.failedAttempts += 1;
      this.#options.log.error({ err: error }, 'the evidence of tasks cannot be written; it is tried again');
    }
  }

  async #attend({ task_id: taskId, marks }: Due): Promise<void> {
    const { store, log } = this.#options;
    const compiled = await store.transaction((tx) => compileManifest(tx, taskId));
    const before = await this.#previous(taskId);
    const content = compiled && withEarlierEvents(compiled, before);
    if (content && !(before && isSame(before, content) && this.#isListed(before))) {
      await this.#write(content, (before?.edition ?? 0) + 1);
      log.info({ task: taskId, edition: (before?.edition ?? 0) + 1 }, 'evidence is written');
    }
    await store.transaction(({ db }) =>
      db.deleteFrom('evidence_due').where('task_id', '=', taskId).where('marks', '=', marks).execute(),
    );
  }

  /** A crash may have come between a manifest and its line. */
  #isListed(manifest: Manifest): boolean {
    return this.#ledger.has(manifest.taskId, manifestHash(manifest));
  }

  /** What somebody changed or damaged is written anew, and nothing of it is taken over. */
  async #previous(taskId: string): Promise<Manifest | undefined> {
    const text = await this.manifest(taskId);
    if (text === undefined) return undefined;
    try {
      const { manifest, signature } = parseManifest(text);
      const key = publicKeyOf(this.#key.publicPem);
      if (signature && key.verifies(canonicalJson(manifest), signature.value)) return manifest;
      throw new Error('it is not signed by this installation');
    } catch (error) {
      this.#options.log.warn({ task: taskId, err: error }, 'a manifest was changed; it is written anew');
      return undefined;
    }
  }

  /** The manifest first: a line of the ledger never names one that is not there. */
  async #write(content: ManifestContent, edition: number): Promise<void> {
    const { number: last, sha256: previousManifest, chain: previousChain } = this.#ledger.last;
    const number = last + 1;
    const ledger = { number, previousManifest, previousChain };
    const manifest: Manifest = { ...content, edition, writtenMs: this.#options.clock.wallMs(), ledger };
    await this.#put(content.taskId, signManifest(manifest, this.#key));
    await this.#ledger.append({ number, taskId: content.taskId, edition, sha256: manifestHash(manifest) });
    this.#counts.written += 1;
  }

  async #put(taskId: string, signed: SignedManifest): Promise<void> {
    const path = manifestPath(this.#folder, taskId);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(`${canonicalJson(signed)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    await syncPath(this.#folder);
  }
}

/** The store forgets settled events after a while; a manifest that has them keeps them. */
function withEarlierEvents(content: ManifestContent, before: Manifest | undefined): ManifestContent {
  const known = new Set(content.events.map(({ seq }) => seq));
  const earlier = before?.events.filter(({ seq }) => !known.has(seq)) ?? [];
  return { ...content, events: [...earlier, ...content.events].sort((a, b) => a.seq - b.seq) };
}

/** Whether a manifest that was written before says the same. */
function isSame(before: Manifest, content: ManifestContent): boolean {
  const { edition: _edition, writtenMs: _written, ledger: _ledger, ...said } = before;
  return canonicalJson(said) === canonicalJson(content);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Opens the evidence of an installation, making its key at the first start. @throws Error of the file system or the key. */
export async function openEvidenceRoom(options: EvidenceRoomOptions): Promise<EvidenceRoom> {
  const folder = evidenceFolder(options.dataDir);
  await makeFolder(folder);
  return new EvidenceRoom(options, openSigningKey(options.dataDir), await Ledger.open(folder));
}
