import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileKey } from '../../naming/file-key.ts';
import { checkChain, type ChainFault } from '../../segment/check-chain.ts';
import { readPlaylist, readRecord } from '../../segment/recording-folder.ts';
import type { ChainHead } from '../../segment/segment-chain.ts';
import { span, spanS, type Fault, type FaultKind, type Verdict } from './finding.ts';

/** Whether a folder holds segments of a recording, or folders that do. */
export const isSpoolFolder = (path: string): boolean => foldersIn(path).length > 0;

function foldersIn(path: string, depth = 3): string[] {
  if (existsSync(join(path, 'recording.json'))) return [path];
  if (depth === 0) return [];
  const folders = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = folders.map(({ name }) => name).sort();
  return names.flatMap((name) => foldersIn(join(path, name), depth - 1));
}

/** Where a chain should go to, as a manifest tells it. */
export type ToldHeads = (epoch: number, fileKey: string) => ChainHead | undefined;

/**
 * Checks the segments of a recording that is not finished, running or left by a crash, by their chains. It changes
 * nothing. @throws Error of the file system.
 */
export function verifySpool(path: string, told: ToldHeads = () => undefined): Verdict {
  const folders = foldersIn(path);
  const checks = folders.map((folder) => verifyFolder(folder, told));
  return {
    result: checks.some(({ faults }) => faults.length > 0) ? 'tampered' : 'ok',
    checked: checks.map(({ checked }) => checked),
    faults: checks.flatMap(({ faults }) => faults),
    notes: [
      ...checks.flatMap(({ notes }) => notes),
      'Segments are chained and not signed yet: who can write to the spool could write another chain.',
    ],
  };
}

interface FolderVerdict {
  readonly checked: string;
  readonly faults: Fault[];
  readonly notes: string[];
}

function verifyFolder(folder: string, told: ToldHeads): FolderVerdict {
  const record = readRecord(folder)!;
  const key = fileKey(record.userId, record.mediaId);
  const running = !readPlaylist(folder).includes('#EXT-X-ENDLIST');
  const { faults, head, recovered } = checkChain(folder, { told: told(record.epoch, key), running })!;
  const notes = recovered.map(
    (name) =>
      `${folder}: ${name} was left open by a crash and hashed by who found it; nothing tells what it was before.`,
  );
  if (running) notes.push(`${folder}: still open; segments that are not chained yet cannot be checked.`);
  return {
    checked: `${folder}: ${head.segments} segments, chain ${head.chain.slice(0, 16)}…`,
    faults: [...faults.map((fault) => chainFault(folder, fault)), ...placeFaults(folder, record, key)],
    notes,
  };
}

/** A folder lies where its record says, or it stands in for another. */
function placeFaults(
  folder: string,
  { epoch, taskId }: { epoch: number; taskId?: string | undefined },
  key: string,
): Fault[] {
  const path = resolve(folder);
  const inEpoch = /^e(\d+)$/.exec(basename(dirname(path)));
  if (!inEpoch) return [];
  const task = basename(dirname(dirname(path)));
  const isRight = Number(inEpoch[1]) === epoch && basename(path) === key && (taskId === undefined || taskId === task);
  if (isRight) return [];
  const text = `it holds ${key} of epoch ${epoch} of task ${taskId ?? '?'} and lies in the place of another`;
  return [{ kind: 'chain-foreign', file: folder, text }];
}

const kinds: Record<ChainFault['kind'], FaultKind> = {
  'no-chain': 'chain-missing',
  'foreign-chain': 'chain-foreign',
  'broken-chain': 'chain-broken',
  'short-chain': 'chain-short',
  'segment-changed': 'segment-changed',
  'segment-missing': 'segment-missing',
  'segment-swapped': 'segment-swapped',
  'segment-unknown': 'segment-unknown',
};

/** What a chain's check found, in words. */
export function chainFault(file: string, fault: ChainFault): Fault {
  const kind = kinds[fault.kind];
  if (!('startUs' in fault)) return { kind, file, text: textOf(fault) };
  const [fromMs, toMs] = [fault.startUs / 1000, (fault.startUs + fault.durationUs) / 1000];
  return { kind, file, ...spanS(fromMs, toMs), text: `${span(fromMs, toMs)}: ${textOf(fault)}` };
}

function textOf(fault: ChainFault): string {
  switch (fault.kind) {
    case 'no-chain':
      return 'there are segments and no chain of them';
    case 'foreign-chain':
      return 'the chain is that of another recording, or its beginning was changed';
    case 'broken-chain':
      return `the chain breaks at ${fault.segment}: a line was changed, or one before it is gone`;
    case 'short-chain':
      return `the chain has ${fault.segments} segments and is not the one that had ${fault.told} when it was written`;
    case 'segment-changed':
      return `${fault.segment} is not what was written`;
    case 'segment-missing':
      return `${fault.segment} is missing or was renamed`;
    case 'segment-swapped':
      return `${fault.segment} holds the bytes of ${fault.holds}`;
    default:
      return `${fault.segment} is no segment of the recording`;
  }
}
