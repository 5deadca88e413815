import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecord, segmentNames } from './recording-folder.ts';
import { chainOrigin, nextChain, originChain, readChain, type ChainHead, type ChainLink } from './segment-chain.ts';

/** What does not agree with a folder's chain. Times in microseconds from the recording's zero. */
export type ChainFault =
  /** There are segments and no chain. */
  | { readonly kind: 'no-chain' }
  /** The chain is of another recording: task, epoch, user or zero differ. */
  | { readonly kind: 'foreign-chain' }
  /** A line of the chain was changed, or one before it is gone. */
  | { readonly kind: 'broken-chain'; readonly segment: string }
  /** The chain ends, or goes on in another way, before what was told of it while it was written. */
  | { readonly kind: 'short-chain'; readonly segments: number; readonly told: number }
  | {
      readonly kind: 'segment-changed';
      readonly segment: string;
      readonly startUs: number;
      readonly durationUs: number;
    }
  | {
      readonly kind: 'segment-missing';
      readonly segment: string;
      readonly startUs: number;
      readonly durationUs: number;
    }
  /** Its bytes are those of another segment of the chain. */
  | {
      readonly kind: 'segment-swapped';
      readonly segment: string;
      readonly holds: string;
      readonly startUs: number;
      readonly durationUs: number;
    }
  /** A segment that the chain does not know. */
  | { readonly kind: 'segment-unknown'; readonly segment: string };

/** How far the chain of an epoch went. */
export interface EpochHead extends ChainHead {
  readonly epoch: number;
}

/** What a folder's chain says, and what does not agree with it. */
export interface ChainCheck {
  readonly epoch: number;
  readonly head: ChainHead;
  /** Segments that were hashed by who found them after a crash. */
  readonly recovered: readonly string[];
  /** Span of the chained segments in microseconds of wall time; 0 without any. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly faults: readonly ChainFault[];
}

/**
 * Checks the segments of a folder against its chain, and the chain against what was told of it while it was written.
 * Reads every segment. `running`: its last segments may not be chained yet. Undefined when the folder has no record.
 * @throws Error of the file system.
 */
export function checkChain(
  dir: string,
  options: { readonly told?: ChainHead | undefined; readonly running?: boolean } = {},
): ChainCheck | undefined {
  const record = readRecord(dir);
  if (!record) return undefined;
  const { origin, links, strange } = readChain(dir);
  const names = segmentNames(dir);
  const expected = originChain(chainOrigin(record, record.zeroUs));
  const faults: ChainFault[] = [];
  if (!origin && links.length === 0 && names.length > 0 && !options.running) faults.push({ kind: 'no-chain' });
  else if (names.length > 0 && (origin || links.length > 0) && origin?.chain !== expected) {
    faults.push({ kind: 'foreign-chain' });
  }
  faults.push(...brokenLinks(origin?.chain ?? expected, links, strange), ...toldFaults(links, options.told));
  faults.push(...segmentFaults(dir, links, names, options.running ?? false));
  const last = links.at(-1);
  return {
    epoch: record.epoch,
    head: { segments: links.length, chain: last?.chain ?? expected },
    recovered: links.filter((link) => link.recovered).map(({ name }) => name),
    fromUs: links[0] ? record.zeroUs + links[0].startUs : 0,
    toUs: last ? record.zeroUs + last.startUs + last.durationUs : 0,
    faults,
  };
}

function brokenLinks(origin: string, links: readonly ChainLink[], strange: number): ChainFault[] {
  const faults: ChainFault[] = [];
  let before = origin;
  for (const { chain, ...segment } of links) {
    if (nextChain(before, segment) !== chain) faults.push({ kind: 'broken-chain', segment: segment.name });
    before = chain;
  }
  if (strange > 0 && faults.length === 0) faults.push({ kind: 'broken-chain', segment: links.at(-1)?.name ?? '' });
  return faults;
}

function toldFaults(links: readonly ChainLink[], told: ChainHead | undefined): ChainFault[] {
  if (!told || told.segments === 0 || links[told.segments - 1]?.chain === told.chain) return [];
  return [{ kind: 'short-chain', segments: links.length, told: told.segments }];
}

function segmentFaults(
  dir: string,
  links: readonly ChainLink[],
  names: readonly string[],
  running: boolean,
): ChainFault[] {
  const there = new Set(names);
  const linkOf = new Map(links.map((link) => [link.sha256, link]));
  const faults: ChainFault[] = [];
  for (const { name: segment, sha256, startUs, durationUs } of links) {
    const at = { segment, startUs, durationUs };
    if (!there.delete(segment)) {
      faults.push({ kind: 'segment-missing', ...at });
      continue;
    }
    const found = createHash('sha256')
      .update(readFileSync(join(dir, segment)))
      .digest('hex');
    if (found === sha256) continue;
    const other = linkOf.get(found);
    faults.push(other ? { kind: 'segment-swapped', ...at, holds: other.name } : { kind: 'segment-changed', ...at });
  }
  const last = links.at(-1)?.name ?? '';
  const open = (name: string): boolean => running && name > last;
  // Without a chain one fault says it all.
  if (links.length === 0) return faults;
  for (const segment of there) if (!open(segment)) faults.push({ kind: 'segment-unknown', segment });
  return faults;
}
