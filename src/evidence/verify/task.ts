import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { evidenceFolder, manifestPath } from '../evidence-room.ts';
import { emptyLedger, ledgerChain, readLedger, type LedgerLine } from '../ledger.ts';
import type { Manifest, ManifestFile } from '../manifest.ts';
import { manifestHash, parseManifest, type ReadManifest } from '../signed-manifest.ts';
import { publicKeyFile } from '../signing-key.ts';
import { CannotCheck, type Fault, type Verdict } from './finding.ts';
import { verifyHlsFolder } from './hls-folder.ts';
import { checkSignature } from './manifest-check.ts';
import { verifyMediaFile, type MediaFindings } from './media-file.ts';
import { chainFault, isSpoolFolder, verifySpool } from './spool.ts';

/** Compares a file, of HLS a folder, with what a manifest says of it. @throws Error of the file system. */
export const verifyOne = async (
  path: string,
  file: ManifestFile,
  onBytes?: (count: number) => void,
): Promise<MediaFindings> =>
  file.container === 'hls' ? verifyHlsFolder(path, file) : verifyMediaFile(path, file, onBytes);

/** How far a verification is, and with which file. */
export interface VerifyProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly name: string;
}

/** How a task is verified. */
export interface TaskOptions {
  /** Of its files this one alone, and nothing of the spool. */
  readonly onlyFileId?: string | undefined;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/** The installation's public key, as it lies in its data directory; undefined when it does not. */
export const keyIn = async (dataDir: string): Promise<string | undefined> =>
  readFile(join(dataDir, publicKeyFile), 'utf8').catch(() => undefined);

/** Reads a manifest; what is none is a fault of its own. */
export async function loadManifest(path: string): Promise<ReadManifest | Fault> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new CannotCheck(`the manifest cannot be read: ${error.message}`);
  });
  try {
    return parseManifest(text);
  } catch (error) {
    return { kind: 'manifest-altered', file: path, text: `it is damaged: ${(error as Error).message}` };
  }
}

/**
 * Checks everything that an installation keeps of a task: the manifest and its place in the ledger, its files in the
 * library, and what is left on the spool. @throws CannotCheck when nothing is known of the task.
 */
export async function verifyTask(
  dataDir: string,
  taskId: string,
  key: string | undefined,
  options: TaskOptions = {},
): Promise<Verdict> {
  const folder = evidenceFolder(dataDir);
  const path = manifestPath(folder, taskId);
  const ledger = await verifyLedger(folder);
  if (!existsSync(path)) return withoutManifest(dataDir, taskId, ledger);
  const read = await loadManifest(path);
  if ('kind' in read) return { result: 'tampered', checked: [path], faults: [read], notes: [] };
  const known = key ?? (await keyIn(dataDir));
  const signed = checkSignature(read, path, known);
  const { manifest } = read;
  const { onlyFileId } = options;
  const wantedFiles = manifest.files.filter(({ fileId }) => onlyFileId === undefined || fileId === onlyFileId);
  if (wantedFiles.length === 0 && onlyFileId !== undefined)
    throw new CannotCheck(`the manifest has no file ${onlyFileId}`);
  const files = await verifyFiles(dataDir, wantedFiles, options);
  const spool = onlyFileId === undefined ? spoolOf(dataDir, manifest) : nothingOfSpool;
  const faults = [
    ...signed.faults,
    ...(manifest.taskId === taskId ? [] : [otherTask(path, manifest)]),
    ...ledger.faults,
    ...placeInLedger(path, manifest, ledger.lines),
    ...recordedFaults(manifest),
    ...files.flatMap((one) => one.faults),
    ...spool.faults,
  ];
  const notes = [
    ...signed.notes,
    ...(key === undefined && known !== undefined ? [dataDirNote] : []),
    ...notesOf(manifest),
    ...files.flatMap((one) => one.notes),
    ...spool.notes,
  ];
  const checked = [`manifest of task ${taskId}, edition ${manifest.edition}`, ...files.flatMap((one) => one.checked)];
  return { result: faults.length > 0 ? 'tampered' : 'ok', checked: [...checked, ...spool.checked], faults, notes };
}

const dataDirNote =
  'The key is the one in the data directory: who could change the manifest could change it too. Give the installation’s key from elsewhere by --key.';

const otherTask = (path: string, { taskId }: Manifest): Fault => ({
  kind: 'manifest-foreign',
  file: path,
  text: `it is the manifest of task ${taskId}`,
});

/** What the program itself found when it finished the files, and signed. */
export const recordedFaults = ({ chains, files }: Manifest): Fault[] => [
  ...chains.flatMap(({ fileKey, epoch, checks }) =>
    distinct(checks.flatMap(({ faults }) => faults)).map((fault): Fault => {
      const { text, ...where } = chainFault(`spool e${epoch}/${fileKey}`, fault);
      return { ...where, kind: 'spool-altered', text: `changed on the spool before it was finished: ${text}` };
    }),
  ),
  ...chains
    .filter(({ told, checks }) => told !== undefined && told.segments > 0 && checks.length === 0)
    .filter(({ fileKey }) => files.some((file) => file.fileKey === fileKey && file.state === 'done'))
    .map(({ fileKey, epoch }): Fault => {
      const text = 'its segments were not there when the file was made';
      return { kind: 'spool-altered', file: `spool e${epoch}/${fileKey}`, text };
    }),
];

/** Each output of a file was checked for itself. */
const distinct = <T>(faults: readonly T[]): T[] => [
  ...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values(),
];

/** What readers should know that nobody did wrong. */
export const notesOf = ({ chains, gaps, files }: Manifest): string[] => [
  ...(chains.some(({ checks }) => checks.some(({ recovered }) => recovered.length > 0))
    ? ['A recorder ended without closing its last segment; it was hashed by who found it.']
    : []),
  ...(gaps.length > 0 ? [`The recording has ${gaps.length} gaps of its own; the manifest names them and why.`] : []),
  ...files
    .filter(({ state }) => state === 'failed' || state === 'stuck')
    .map(({ name }) => `${name} could not be delivered.`),
];

async function withoutManifest(dataDir: string, taskId: string, ledger: LedgerVerdict): Promise<Verdict> {
  const line = ledger.lines.findLast((one) => one?.taskId === taskId);
  if (line) {
    const file = manifestPath(evidenceFolder(dataDir), taskId);
    const text = `the ledger has it (number ${line.number}), and it is not there`;
    return { result: 'tampered', checked: [file], faults: [{ kind: 'manifest-missing', file, text }], notes: [] };
  }
  const spool = join(dataDir, 'spool', taskId);
  if (existsSync(spool) && isSpoolFolder(spool)) return verifySpool(spool);
  throw new CannotCheck(`nothing is known of task ${taskId} in ${dataDir}`);
}

const nothingOfSpool: Verdict = { result: 'ok', checked: [], faults: [], notes: [] };

/** Segments of which everything was made are on their way out, and were checked when that was done. */
function spoolOf(dataDir: string, { taskId, chains, files }: Manifest): Verdict {
  const spool = join(dataDir, 'spool', taskId);
  if (!existsSync(spool)) return nothingOfSpool;
  const isLeft = (key: string): boolean =>
    !files.some((file) => file.fileKey === key) ||
    files.some(({ fileKey, state }) => fileKey === key && state !== 'done' && state !== 'removed');
  const told = (epoch: number, key: string) => chains.find((one) => one.epoch === epoch && one.fileKey === key)?.told;
  return verifySpool(spool, told, isLeft);
}

interface FileVerdict {
  readonly checked: string[];
  readonly faults: readonly Fault[];
  readonly notes: string[];
}

async function verifyFiles(
  dataDir: string,
  files: readonly ManifestFile[],
  { onProgress }: TaskOptions,
): Promise<FileVerdict[]> {
  const verdicts: FileVerdict[] = [];
  const totalBytes = files.reduce((sum, file) => sum + sizeToRead(file), 0);
  let before = 0;
  for (const file of files) {
    let doneBytes = before;
    const onBytes = (count: number): void => {
      doneBytes += count;
      onProgress?.({ doneBytes, totalBytes, name: file.name });
    };
    verdicts.push(await verifyKept(dataDir, file, onBytes));
    before += sizeToRead(file);
    onProgress?.({ doneBytes: before, totalBytes, name: file.name });
  }
  return verdicts;
}

const sizeToRead = ({ state, place, sizeBytes = 0 }: ManifestFile): number =>
  state === 'done' && place?.kind === 'library' ? sizeBytes : 0;

async function verifyKept(dataDir: string, file: ManifestFile, onBytes: (count: number) => void): Promise<FileVerdict> {
  const { name, state, place } = file;
  const nothing = { checked: [], faults: [], notes: [] };
  if (state === 'removed')
    return { ...nothing, notes: [`${name} was removed from the library; nothing is left to check.`] };
  if (state !== 'done' || !place) return nothing;
  if (place.kind !== 'library')
    return { ...nothing, notes: [`${name} is not here: fetch it and verify it with --manifest.`] };
  const path = join(dataDir, place.path);
  if (!existsSync(path)) {
    return {
      ...nothing,
      faults: [{ kind: 'file-missing', file: path, text: `${name} is not in the library any more` }],
    };
  }
  const { faults } = await verifyOne(path, file, onBytes);
  return { checked: [`${name} (${path})`], faults, notes: [] };
}

interface LedgerVerdict {
  readonly lines: readonly (LedgerLine | undefined)[];
  readonly faults: Fault[];
}

async function verifyLedger(folder: string): Promise<LedgerVerdict> {
  const { lines } = await readLedger(folder);
  let chain = emptyLedger;
  for (const [index, line] of lines.entries()) {
    const { chain: told, ...entry } = line ?? { chain: '', number: 0, taskId: '', edition: 0, sha256: '' };
    if (!line || entry.number !== index + 1 || ledgerChain(chain, entry) !== told) {
      const text = `the ledger of the manifests breaks at line ${index + 1}: it was changed, or one before it is gone`;
      return { lines, faults: [{ kind: 'ledger-broken', file: folder, text }] };
    }
    chain = told;
  }
  return { lines, faults: [] };
}

function placeInLedger(path: string, manifest: Manifest, lines: LedgerVerdict['lines']): Fault[] {
  const { number, previousChain } = manifest.ledger;
  const own = lines.findLast((line) => line?.taskId === manifest.taskId);
  const wrong = (text: string): Fault[] => [{ kind: 'ledger-broken', file: path, text }];
  if (!own) return wrong('the ledger does not have it');
  if (own.number !== number || own.edition !== manifest.edition) {
    return wrong(
      `it is edition ${manifest.edition}, and the ledger has edition ${own.edition}: an older one was put in its place`,
    );
  }
  if (own.sha256 !== manifestHash(manifest)) return wrong('it is not the one that the ledger has');
  const before = number === 1 ? emptyLedger : lines[number - 2]?.chain;
  return before === previousChain ? [] : wrong('manifests before it were changed or taken out of the ledger');
}
