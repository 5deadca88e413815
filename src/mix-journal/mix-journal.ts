import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FeedAnchor, FeedTrack } from '../feed/messages.ts';
import type { LayoutPlan } from '../layout/layout-plan.ts';
import { Trouble } from '../segment/trouble.ts';
import type { AudioUnit, VideoUnit } from '../timeline/media.ts';
import { micros, wallUs, type WallUs } from '../units.ts';
import { ChunkFile } from './chunk-file.ts';
import { KeyFrames } from './key-frames.ts';
import { encodeRecord, type RoomRecord, type UnitRecord } from './records.ts';

/** What a {@link MixJournal} is made of. */
export interface MixJournalOptions {
  /** Folder of the journal; made with the first unit. It must not hold a journal. */
  readonly dir: string;
  /** The layout at first. */
  readonly layout: LayoutPlan;
  /** Up to when the mix's file holds everything. */
  readonly written: () => WallUs | undefined;
  /** Resolves when what was written before the call is on the disk; rejects when that cannot be said. */
  readonly syncWritten: () => Promise<void>;
  readonly requestKeyFrame: (track: number) => void;
  /** False from the moment somebody else may be reading the journal: nothing is written from then on. */
  readonly mayWrite?: () => boolean;
  /** Told when the disk refuses, at most every ten seconds; the mix goes on. */
  readonly onError: (error: Error) => void;
  /** How the journal is cut and bounded; for tests. */
  readonly limits?: Partial<JournalLimits>;
}

/** Microseconds and bytes. */
export interface JournalLimits {
  /** Length of a chunk. */
  readonly chunkUs: number;
  readonly chunkBytes: number;
  /** After which time another key frame is asked for, so that old chunks can go. */
  readonly keyFrameUs: number;
  /** What is older, or more than that, goes in any case. */
  readonly mostUs: number;
  readonly mostBytes: number;
}

/** Counters of a journal. */
export interface MixJournalStats {
  records: number;
  bytes: number;
  /** Of records that the disk did not take. */
  lostBytes: number;
}

const defaultLimits: JournalLimits = {
  chunkUs: 4_000_000,
  chunkBytes: 32 * 1024 * 1024,
  keyFrameUs: 20_000_000,
  mostUs: 60_000_000,
  mostBytes: 256 * 1024 * 1024,
};

const syncEvery = 500_000;
const trimEvery = 2_000_000;
/** Where the disk refuses, a chunk is begun no more often. */
const patience = 2_000_000;
/** Sound and pictures that begin so long before a moment may be heard and seen at it. */
const overlap = 1_000_000;
/** What waits for the next tick at most. */
const mostPending = 1024 * 1024;

interface Chunk {
  readonly number: number;
  readonly file: ChunkFile;
  readonly begun: WallUs;
  /** Latest time that anything in it has. */
  until: number;
  bytes: number;
  givenUp: boolean;
}

/**
 * What a running mix was given, on the disk within a tick: the next owner of the task makes from it what the mix had
 * in memory when its process died. It is a row of chunks, each of which begins with the room as it is then; chunks that
 * the mix's file has made needless go. Nothing is written before the first unit.
 */
export class MixJournal {
  readonly stats: MixJournalStats = { records: 0, bytes: 0, lostBytes: 0 };
  readonly #options: MixJournalOptions;
  readonly #limits: JournalLimits;
  readonly #anchors = new Map<string, FeedAnchor>();
  readonly #tracks = new Map<number, FeedTrack>();
  readonly #keyFrames = new KeyFrames();
  readonly #chunks: Chunk[] = [];
  readonly #trouble: Trouble;
  #layout: LayoutPlan;
  #begun = false;
  #number = 0;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #now: WallUs | undefined;
  #syncedAt = -Infinity;
  #trimmedAt = -Infinity;
  #trimming: Promise<void> = Promise.resolve();
  #closed = false;

  /** Touches no disk yet. */
  constructor(options: MixJournalOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#layout = options.layout;
    this.#trouble = new Trouble(options.onError);
  }

  anchorEntered(anchor: FeedAnchor): void {
    this.#anchors.set(anchor.userId, anchor);
    this.#append({ kind: 'anchor-entered', anchor }, anchor.enteredUs);
  }

  anchorLeft(userId: string, at: WallUs): void {
    this.#anchors.delete(userId);
    this.#append({ kind: 'anchor-left', userId, at }, at);
  }

  trackOpened(track: FeedTrack): void {
    this.#tracks.set(track.track, track);
    if (track.media === 'video') this.#keyFrames.open(track.track);
    this.#append({ kind: 'track-opened', track }, track.startedUs);
  }

  trackClosed(track: number, at: WallUs): void {
    if (!this.#tracks.delete(track)) return;
    this.#keyFrames.close(track);
    this.#append({ kind: 'track-closed', track, at }, at);
  }

  picturesForgotten(userId: string, at: WallUs): void {
    this.#append({ kind: 'pictures-forgotten', userId, at }, at);
  }

  layoutChanged(layout: LayoutPlan, at: WallUs): void {
    this.#layout = layout;
    this.#append({ kind: 'layout-changed', layout, at }, at);
  }

  video(track: number, unit: VideoUnit): void {
    this.#begun = true;
    const chunk = this.#append({ kind: 'video', track, unit }, unit.at);
    if (unit.key && chunk) this.#keyFrames.note(track, unit.at, chunk.number);
  }

  audio(track: number, unit: AudioUnit): void {
    this.#begun = true;
    this.#append({ kind: 'audio', track, unit }, unit.at);
  }

  /** Writes what has come since the last call; to be called every 100 ms. */
  tick(now: WallUs): void {
    if (this.#closed || this.#options.mayWrite?.() === false) return;
    this.#now = now;
    this.#write();
    this.#rotate(now);
    this.#syncIfDue(now);
    for (const track of this.#keyFrames.outdated(now, this.#limits.keyFrameUs)) this.#options.requestKeyFrame(track);
    if (now - this.#trimmedAt >= trimEvery) this.#trimSoon(now);
  }

  /** Resolves when what the ticks so far have written is with the kernel, and what they found needless is gone. */
  async settled(): Promise<void> {
    await Promise.all(this.#chunks.map(({ file }) => file.settled()));
    await this.#trimming;
  }

  /** Writes what there is and stays on the disk for the next owner. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#write();
    this.#closed = true;
    await this.#trimming;
    await Promise.all(this.#chunks.map(({ file }) => file.close()));
  }

  /** Everything is in the file: the journal goes. Never rejects. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.#options.dir, { recursive: true, force: true }).catch(this.#report);
  }

  #append(record: RoomRecord | UnitRecord, at: number): Chunk | undefined {
    // The room as it is stands at the beginning of the first chunk.
    if (!this.#begun || this.#closed) return undefined;
    const chunk = this.#chunk(wallUs(at));
    const pieces = encodeRecord(record);
    let bytes = 0;
    for (const piece of pieces) bytes += piece.length;
    if (!chunk) {
      this.stats.lostBytes += bytes;
      return undefined;
    }
    chunk.until = Math.max(chunk.until, at);
    this.stats.records += 1;
    this.#pending.push(...pieces);
    this.#pendingBytes += bytes;
    if (this.#pendingBytes > mostPending) this.#write();
    return chunk;
  }

  /** The chunk that is being written; a new one after an error, when some time has passed. */
  #chunk(at: WallUs): Chunk | undefined {
    const now = this.#now ?? at;
    const last = this.#chunks.at(-1);
    if (last && !last.file.error) return last;
    return last && now - last.begun < patience ? undefined : this.#open(now);
  }

  #open(now: WallUs): Chunk {
    this.#refuse();
    this.#number += 1;
    const path = join(this.#options.dir, `${String(this.#number).padStart(6, '0')}.journal`);
    const chunk: Chunk = {
      number: this.#number,
      file: new ChunkFile(path),
      begun: now,
      until: -Infinity,
      bytes: 0,
      givenUp: false,
    };
    this.#chunks.push(chunk);
    const state = { anchors: [...this.#anchors.values()], tracks: [...this.#tracks.values()], layout: this.#layout };
    this.#pending.push(...encodeRecord({ kind: 'state', ...state }));
    return chunk;
  }

  #write(): void {
    const chunk = this.#chunks.at(-1);
    if (!chunk || this.#pending.length === 0) return;
    if (chunk.file.error || this.#options.mayWrite?.() === false) return this.#refuse();
    const bytes = Buffer.concat(this.#pending);
    chunk.file.write(bytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    chunk.bytes += bytes.length;
    this.stats.bytes += bytes.length;
  }

  /** What waits was meant for a chunk that is not written any more. */
  #refuse(): void {
    this.stats.lostBytes += this.#pendingBytes;
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** Goes on in a new chunk when this one is long enough, or cannot be written. */
  #rotate(now: WallUs): void {
    const chunk = this.#chunks.at(-1);
    if (!chunk) return;
    if (chunk.file.error) return this.#giveUp(chunk, chunk.file.error);
    if (now - chunk.begun < this.#limits.chunkUs && chunk.bytes < this.#limits.chunkBytes) return;
    this.#open(now);
    void chunk.file.close();
  }

  #giveUp(chunk: Chunk, error: Error): void {
    if (chunk.givenUp) return;
    chunk.givenUp = true;
    this.stats.lostBytes += chunk.file.lostBytes;
    this.#report(error);
    void chunk.file.close();
  }

  #syncIfDue(now: WallUs): void {
    if (now - this.#syncedAt < syncEvery) return;
    this.#syncedAt = now;
    this.#chunks.at(-1)?.file.syncSoon();
  }

  #trimSoon(now: WallUs): void {
    this.#trimmedAt = now;
    this.#trimming = this.#trimming.then(() => this.#trim(now)).catch(this.#report);
  }

  readonly #report = (error: Error): void => this.#trouble.report(error, micros(this.#now ?? 0));

  async #trim(now: WallUs): Promise<void> {
    const written = this.#options.written() ?? wallUs(0);
    if (this.#firstKept(written, now) === 0) return;
    await this.#options.syncWritten();
    const needless = this.#chunks.splice(0, this.#firstKept(written, now));
    for (const { file } of needless) await file.close();
    for (const { file } of needless) await rm(file.path, { force: true });
  }

  /** Index of the first chunk that must stay; the last one always does. */
  #firstKept(durable: WallUs, now: WallUs): number {
    const needed = this.#keyFrames.firstNeeded(wallUs(durable - overlap));
    const { mostUs, mostBytes } = this.#limits;
    let bytes = this.#chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
    let index = 0;
    for (const chunk of this.#chunks.slice(0, -1)) {
      const needless = chunk.until < durable - overlap && chunk.number < needed;
      if (!needless && now - chunk.begun <= mostUs && bytes <= mostBytes) break;
      bytes -= chunk.bytes;
      index += 1;
    }
    return index;
  }
}
