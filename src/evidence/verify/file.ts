import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { hlsPlaylistName } from '../../naming/hls-name.ts';
import { hashFile } from '../../finish/publish.ts';
import { evidenceFolder } from '../evidence-room.ts';
import type { Manifest, ManifestFile } from '../manifest.ts';
import type { ReadManifest } from '../signed-manifest.ts';
import { CannotCheck, type Fault, type Verdict } from './finding.ts';
import { checkSignature } from './manifest-check.ts';
import type { MediaFindings } from './media-file.ts';
import { isSpoolFolder, verifySpool } from './spool.ts';
import { keyIn, loadManifest, notesOf, recordedFaults, verifyOne } from './task.ts';

/** By what a file is verified. */
export interface FileOptions {
  /** The manifest; without it the one in the data directory is looked for that knows the file. */
  readonly manifest?: string | undefined;
  /** PEM of the installation's public key. */
  readonly key?: string | undefined;
  readonly dataDir: string;
}

/**
 * Verifies a media file, an HLS folder or its playlist, or a folder of the spool.
 * @throws CannotCheck when there is no manifest for it.
 */
export async function verifyPath(given: string, options: FileOptions): Promise<Verdict> {
  const path = basename(given) === hlsPlaylistName ? dirname(given) : given;
  const isFolder = statSync(path).isDirectory();
  if (isFolder && isSpoolFolder(path)) return verifySpool(path);
  if (isFolder && !existsSync(join(path, hlsPlaylistName))) throw new CannotCheck(`there is no playlist in ${path}`);
  const sha256 = await hashFile(isFolder ? join(path, hlsPlaylistName) : path);
  const found = await manifestFor(path, sha256, options);
  if ('kind' in found) return { result: 'tampered', checked: [path], faults: [found], notes: [] };
  return verifyBy(path, sha256, found, options);
}

interface Found {
  readonly path: string;
  readonly read: ReadManifest;
}

async function verifyBy(
  path: string,
  sha256: string,
  { path: source, read }: Found,
  options: FileOptions,
): Promise<Verdict> {
  const { manifest } = read;
  const key = options.key ?? (options.manifest === undefined ? await keyIn(options.dataDir) : undefined);
  const signed = checkSignature(read, source, key);
  const { file, findings } = await bestOf(path, sha256, manifest);
  const origin = findings.found === 0 && !findings.identical ? await originOf(sha256, manifest, options.dataDir) : [];
  const faults = [...signed.faults, ...findings.faults, ...(file ? chainFaultsOf(manifest, file) : [])];
  const name = file ? `, ${file.name} of task ${manifest.taskId}` : `, against task ${manifest.taskId}`;
  return {
    result: faults.length > 0 ? 'tampered' : 'ok',
    checked: [`${path}${name}`, `manifest ${source}, edition ${manifest.edition}`],
    faults,
    notes: [...signed.notes, ...notesOf(manifest), ...origin],
  };
}

const chainFaultsOf = (manifest: Manifest, { fileKey }: ManifestFile): Fault[] =>
  recordedFaults({ ...manifest, chains: manifest.chains.filter((chain) => chain.fileKey === fileKey) });

/** Which file of the manifest it is: the same bytes, else the same name, else the one of which most is in it. */
async function bestOf(
  path: string,
  sha256: string,
  { files }: Manifest,
): Promise<{ file: ManifestFile | undefined; findings: MediaFindings }> {
  const isFolder = statSync(path).isDirectory();
  const done = files.filter((file) => file.sha256 !== undefined && (file.container === 'hls') === isFolder);
  const same = done.find((file) => file.sha256 === sha256);
  if (same) return { file: same, findings: await verifyOne(path, same) };
  const named = done.filter(({ name, fileId }) => [name, fileId].some((text) => resolve(path).includes(text)));
  let best: { file: ManifestFile; findings: MediaFindings } | undefined;
  const alike = done.filter((one) => !named.includes(one)).sort((a, b) => rank(path, a) - rank(path, b));
  for (const file of [...named, ...alike]) {
    const findings = await verifyOne(path, file);
    if (!best || findings.found > best.findings.found) best = { file, findings };
    if (best.findings.found > 0) break;
  }
  if (best) return best;
  const fault: Fault = { kind: 'foreign-file', file: path, text: 'the task has no file of this kind' };
  return { file: undefined, findings: { identical: false, found: 0, faults: [fault] } };
}

/** Files of the same kind come first: it is theirs what is said of a file that is like none. */
const rank = (path: string, { container }: ManifestFile): number => (path.endsWith(`.${container}`) ? 0 : 1);

async function manifestFor(path: string, sha256: string, options: FileOptions): Promise<Found | Fault> {
  if (options.manifest !== undefined) {
    const read = await loadManifest(options.manifest);
    return 'kind' in read ? read : { path: options.manifest, read };
  }
  const all = await manifestsIn(options.dataDir);
  const knows = (file: ManifestFile): boolean => file.sha256 === sha256 || resolve(path).includes(file.fileId);
  const known = all.find(({ read }) => read.manifest.files.some(knows));
  const named = known ?? all.find(({ read }) => read.manifest.files.some(({ name }) => name === basename(path)));
  if (!named) throw new CannotCheck(`no manifest in ${options.dataDir} knows ${path}: name one by --manifest`);
  return named;
}

async function manifestsIn(dataDir: string): Promise<Found[]> {
  const folder = evidenceFolder(dataDir);
  const names = await readdir(folder).catch(() => []);
  const found: Found[] = [];
  for (const name of names.filter((one) => one.endsWith('.json'))) {
    const path = join(folder, name);
    const read = await loadManifest(path);
    if (!('kind' in read)) found.push({ path, read });
  }
  return found;
}

/** Where a foreign file comes from, if this installation made it. */
async function originOf(sha256: string, { taskId }: Manifest, dataDir: string): Promise<string[]> {
  const all = await manifestsIn(dataDir);
  return all
    .filter(({ read }) => read.manifest.taskId !== taskId)
    .flatMap(({ read: { manifest } }) =>
      manifest.files
        .filter((file) => file.sha256 === sha256)
        .map(({ name }) => `The file is ${name} of task ${manifest.taskId} of this installation.`),
    );
}
