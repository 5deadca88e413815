import { createHash } from 'node:crypto';
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../evidence/canonical-json.ts';
import { syncPath, syncPathNow } from '../durable-folder.ts';
import type { WallUs } from '../units.ts';
import type { Segment } from './playlist.ts';
import type { RecordingIdentity, RecordingRecord } from './recording-folder.ts';

/** The file of a folder's chain: a line of JSON for its beginning and one for each ended segment. */
export const chainFile = 'chain.jsonl';

/** What the first link binds: whose segments these are, so that a folder cannot stand in for another. */
export interface ChainOrigin {
  readonly v: 1;
  /** Empty where the writer does not know it. */
  readonly taskId: string;
  readonly epoch: number;
  readonly userId: string;
  readonly mediaId: string;
  readonly zeroUs: WallUs;
}

/** An ended segment as the chain has it. */
export interface ChainedSegment {
  /** From 1. */
  readonly number: number;
  readonly name: string;
  readonly bytes: number;
  /** From the recording's zero. */
  readonly startUs: number;
  readonly durationUs: number;
  /** Of the bytes as they were written, hex digits. */
  readonly sha256: string;
  /** Its writer did not end it: it was hashed by who found it. */
  readonly recovered?: true | undefined;
}

/** A line of the chain. */
export interface ChainLink extends ChainedSegment {
  /** SHA-256 of the chain before and this segment in canonical JSON, hex digits. */
  readonly chain: string;
}

/** How far a chain goes: what somebody who keeps it can tell later changes by. */
export interface ChainHead {
  readonly segments: number;
  readonly chain: string;
}

/** A chain as read. */
export interface ReadChain {
  /** Undefined when its first line is not there or is none. */
  readonly origin: (ChainOrigin & { readonly chain: string }) | undefined;
  readonly links: readonly ChainLink[];
  /** Offset behind the last whole line. */
  readonly whole: number;
  /** Lines that are no links. */
  readonly strange: number;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The chain before the first segment. */
export const originChain = (origin: ChainOrigin): string => sha256(canonicalJson(origin));

/** The chain with one more segment. */
export const nextChain = (before: string, segment: ChainedSegment): string =>
  sha256(`${before}${canonicalJson(segment)}`);

/** The first link of a folder. */
export const chainOrigin = (
  { taskId = '', epoch, userId, mediaId }: RecordingIdentity,
  zeroUs: WallUs,
): ChainOrigin => ({ v: 1, taskId, epoch, userId, mediaId, zeroUs });

/** Reads a folder's chain, what is whole of it; empty when there is none. @throws Error of the file system. */
export function readChain(dir: string): ReadChain {
  const text = readText(join(dir, chainFile));
  const end = text.lastIndexOf('\n') + 1;
  const lines = text.slice(0, end).split('\n').filter(Boolean).map(parseLine);
  const origin = lines.find((line) => line !== undefined && 'v' in line) as ReadChain['origin'];
  const links = lines.filter((line) => line !== undefined && 'number' in line) as unknown as ChainLink[];
  const strange = lines.length - links.length - (origin ? 1 : 0);
  return { origin, links, whole: Buffer.byteLength(text.slice(0, end)), strange };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function parseLine(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Chains ended segments into a folder's `chain.jsonl`. What the disk refuses is written with the next segment; it never
 * stops a recording.
 */
export class SegmentChain {
  readonly #path: string;
  readonly #onError: (error: Error) => void;
  #chain: string;
  #segments = 0;
  #head: ChainHead;
  #waiting: string;
  /** Bytes of the file that are whole lines. */
  #written = 0;

  /** Touches no disk yet. */
  constructor(dir: string, origin: ChainOrigin, onError: (error: Error) => void) {
    this.#path = join(dir, chainFile);
    this.#onError = onError;
    this.#chain = originChain(origin);
    this.#head = { segments: 0, chain: this.#chain };
    this.#waiting = `${canonicalJson({ ...origin, chain: this.#chain })}\n`;
  }

  /** Goes on behind what is in the folder. @throws Error of the file system. */
  static resume(dir: string, origin: ChainOrigin, onError: (error: Error) => void): SegmentChain {
    const chain = new SegmentChain(dir, origin, onError);
    const found = readChain(dir);
    if (found.whole === 0) return chain;
    chain.#written = found.whole;
    chain.#segments = found.links.length;
    chain.#chain = found.links.at(-1)?.chain ?? found.origin?.chain ?? chain.#chain;
    chain.#head = { segments: chain.#segments, chain: chain.#chain };
    chain.#waiting = '';
    return chain;
  }

  /** How far it goes in the file: what the disk refused so far may be hashed by somebody else one day. */
  get head(): ChainHead {
    return this.#head;
  }

  /** Adds a segment and writes what waits. Never throws. */
  add(segment: ChainedSegment): void {
    this.#chain = nextChain(this.#chain, segment);
    this.#segments += 1;
    this.#waiting += `${canonicalJson({ ...segment, chain: this.#chain })}\n`;
    this.#attempt(() => this.#append());
  }

  /** Waits until it is on the disk. Never throws. */
  sync(): void {
    if (this.#written > 0) this.#attempt(() => syncPathNow(this.#path));
  }

  /** The same without holding up the process; resolves when it is there or could not be. */
  async syncSoon(): Promise<void> {
    if (this.#written > 0) await syncPath(this.#path).catch(this.#onError);
  }

  #append(): void {
    const bytes = Buffer.from(this.#waiting);
    const fd = openSync(this.#path, 'a');
    try {
      // Half a line of an earlier try, or of a killed process.
      ftruncateSync(fd, this.#written);
      for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
      this.#written += bytes.length;
      this.#head = { segments: this.#segments, chain: this.#chain };
      this.#waiting = '';
    } finally {
      closeSync(fd);
    }
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#onError(error as Error);
    }
  }
}

/**
 * Chains the segments of a folder that its writer did not: the one that was open when it was killed, and those whose line
 * the disk had not. Nobody may be writing to the folder. @throws Error of the file system.
 */
export function chainRecovered(dir: string, record: RecordingRecord, segments: readonly Segment[]): void {
  const known = new Set(readChain(dir).links.map(({ name }) => name));
  const missing = segments.filter(({ name }) => !known.has(name) && existsSync(join(dir, name)));
  if (missing.length === 0) return;
  const refused = (error: Error): never => {
    throw error;
  };
  const chain = SegmentChain.resume(dir, chainOrigin(record, record.zeroUs), refused);
  for (const segment of missing) chain.add(recovered(dir, segment));
  chain.sync();
}

function recovered(dir: string, { name, start, duration }: Segment): ChainedSegment {
  const bytes = readFileSync(join(dir, name));
  const number = Number.parseInt(name, 10) || 0;
  const hash = createHash('sha256').update(bytes).digest('hex');
  return { number, name, bytes: bytes.length, startUs: start, durationUs: duration, sha256: hash, recovered: true };
}
