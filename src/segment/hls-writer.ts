import { existsSync, readdirSync } from 'node:fs';
import type { Micros, WallUs } from '../units.ts';
import { decideCut, longestSegment } from './cut-rule.ts';
import type { Segment } from './playlist.ts';
import { FolderOccupiedError, segmentName, type RecordingIdentity } from './recording-folder.ts';
import { RecordingJournal } from './recording-journal.ts';
import { chainOrigin, SegmentChain, type ChainHead } from './segment-chain.ts';
import { SegmentFile } from './segment-file.ts';
import type { AudioFormat, AudioPacket, SegmentWriter, VideoPacket } from './segment-writer.ts';
import { TransportMuxer } from './transport-muxer.ts';
import { Trouble } from './trouble.ts';

/** What {@link createSegmentWriter} is given. */
export interface SegmentWriterOptions {
  /** Folder of this recording and epoch; created with the first packet. It must not hold anything. */
  readonly dir: string;
  /** Wall time of the recording's zero, the same in every epoch of a task. */
  readonly zeroUs: WallUs;
  readonly identity: RecordingIdentity;
  /** Absent when the recording shall never have sound. */
  readonly audio?: AudioFormat;
  /** Set when pictures come from the first packet on; otherwise a new section begins with the first picture. */
  readonly video?: boolean;
  /** Called when a key frame is wanted, to cut at or to go on after a loss; at most once per second of media. */
  readonly requestKeyFrame?: () => void;
  /** Told how far the chain of the segments goes, with each that ends. */
  readonly onChained?: ((head: ChainHead) => void) | undefined;
  /**
   * False from the moment the folder may be somebody else's to read: nothing is written from then on, what is held
   * included. Always true by default.
   */
  readonly mayWrite?: () => boolean;
  /** Told when the spool cannot be written, at most every 10 s of media; what the disk refuses is dropped and counted. */
  readonly onError?: (error: Error) => void;
}

/** Counters of one segment writer. */
export interface SegmentWriterStats {
  segments: number;
  bytes: number;
  /** Cuts at the longest length, because no key frame or no packet at all came in time. */
  forcedCuts: number;
  /** Bytes that the disk refused, and coded media that could not be written until the disk and a key frame were there. */
  lostBytes: number;
}

const askAgain = 1_000_000;
/** Between two beginnings of a section after a loss, so that a full disk does not get a file for every packet. */
const beginAgain = 1_000_000;

/**
 * Crash-safe HLS in one folder: transport stream segments, `index.m3u8` and `recording.json`. What the disk refuses ends
 * a section: the next one begins with a key frame, so that everything in it can be decoded.
 */
export class HlsWriter implements SegmentWriter {
  readonly #options: SegmentWriterOptions;
  readonly #stats: SegmentWriterStats = { segments: 0, bytes: 0, forcedCuts: 0, lostBytes: 0 };
  readonly #journal: RecordingJournal;
  readonly #chain: SegmentChain;
  readonly #trouble: Trouble;
  #muxer: TransportMuxer | undefined;
  #file: SegmentFile | undefined;
  /** What the disk said while the muxer was writing; until the section has ended nothing more may go into its file. */
  #fault: Error | undefined;
  #lost = false;
  #waitsForKey = false;
  #video: boolean;
  #discontinuity = false;
  #now = 0 as Micros;
  #begunAt = -Infinity;
  #lastVideo = -Infinity;
  #lastAsked = -Infinity;
  /** From here on a cut is due whatever the segment's length. */
  #cutFrom = Infinity;
  #closed = false;
  #fenced = false;
  /** The caller waits for the disk. */
  #waits = false;
  #onDisk: Promise<unknown> = Promise.resolve();

  /** Touches no disk yet; use {@link createSegmentWriter} or, where nothing may wait, {@link openSegmentWriter}. */
  constructor(options: SegmentWriterOptions) {
    const { dir, zeroUs, identity, audio, video = false } = options;
    this.#options = options;
    this.#video = video;
    this.#trouble = new Trouble(options.onError);
    this.#journal = new RecordingJournal({ dir, zeroUs, identity, hasAudio: !!audio, onError: this.#report });
    this.#chain = new SegmentChain(dir, chainOrigin(identity, zeroUs), this.#report);
  }

  /** True after {@link HlsWriter.close}. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Counters so far. */
  stats(): Readonly<SegmentWriterStats> {
    return this.#stats;
  }

  writeVideo(packet: VideoPacket): void {
    if (this.#isOver()) return;
    this.#now = packet.pts;
    if (this.#waitsForKey && !packet.key) return this.#refuse(packet);
    this.#video = true;
    this.#put(packet, packet.key, (muxer) => {
      this.#lastVideo = packet.pts;
      this.#waitsForKey = false;
      muxer.writeVideo(packet);
    });
  }

  writeAudio(packet: AudioPacket): void {
    if (!this.#options.audio || this.#isOver()) return;
    this.#now = packet.pts;
    this.#put(packet, false, (muxer) => muxer.writeAudio(packet));
  }

  cutAt(at: Micros): void {
    this.#cutFrom = at;
  }

  flush(): void {
    if (this.#isOver()) return;
    this.#attempt(() => this.#muxer?.flush());
    this.#file?.syncSoon();
  }

  /** Ends the section and closes its file; nothing stays open until the next packet begins another. */
  pause(): void {
    if (this.#isOver()) return;
    this.#attempt(() => this.#endSection());
    this.#video = this.#options.video ?? false;
    this.#waitsForKey = true;
  }

  /** Ends the playlist; everything is on the disk when the call returns. Idempotent. */
  close(): void {
    if (this.#isOver()) return;
    this.#end((file) => file.close(), true);
    this.#journal.sync();
  }

  /** The same without holding up the process; resolves when everything is on the disk or the disk refused. */
  async finish(): Promise<void> {
    if (!this.#isOver()) this.#end((file) => this.#closeSoon(file));
    await this.#onDisk;
    if (!this.#fenced) await this.#journal.syncSoon();
  }

  #isOver(): boolean {
    if (!this.#closed && this.#options.mayWrite?.() === false) this.#abandon();
    return this.#closed;
  }

  /** The muxer puts out what it holds when it is closed, and is not heard. */
  #abandon(): void {
    this.#fenced = true;
    this.#closed = true;
    if (this.#file) this.#closeSoon(this.#file);
    this.#file = undefined;
    this.#muxer?.close();
    this.#muxer = undefined;
  }

  #end(closeFile: (file: SegmentFile) => void, waits = false): void {
    this.#closed = true;
    this.#waits = waits;
    this.#attempt(() => this.#endSection(undefined, closeFile));
    this.#journal.save(true);
  }

  #put(packet: VideoPacket | AudioPacket, key: boolean, write: (muxer: TransportMuxer) => void): void {
    this.#attempt(() => {
      const muxer = this.#prepare(packet.pts, key);
      if (!muxer) return this.#miss(packet);
      write(muxer);
      this.#file?.extend(packet.pts + packet.duration);
    });
  }

  /** Counts what cannot be written now. */
  #miss(packet: VideoPacket | AudioPacket): void {
    this.#stats.lostBytes += packet.data.length;
  }

  /** A picture that leans on one that is not in the section. */
  #refuse(packet: VideoPacket): void {
    this.#miss(packet);
    this.#ask(packet.pts);
  }

  #prepare(at: Micros, key: boolean): TransportMuxer | undefined {
    if (this.#lost && Math.abs(at - this.#begunAt) < beginAgain) return undefined;
    this.#ensureSection(at);
    this.#cutIfDue(at, key);
    return this.#muxer;
  }

  /** A disk that refuses must not stop the media path. */
  #attempt(action: () => void): void {
    try {
      action();
      if (this.#fault) throw this.#fault;
    } catch (error) {
      this.#lose(error as Error);
    }
  }

  /** Whatever follows in this section would lean on what was lost. */
  #lose(error: Error): void {
    this.#report(error);
    this.#fault ??= error;
    this.#lost = true;
    this.#waitsForKey = true;
    this.#endSection();
    this.#fault = undefined;
    if (this.#video && !this.#closed) this.#ask(this.#now);
  }

  readonly #report = (error: Error): void => this.#trouble.report(error, this.#now);

  /** Video once declared stays; it is declared when it exists, since players wait for a stream that is announced. */
  #ensureSection(at: Micros): void {
    if (this.#muxer?.streams.video === this.#video) return;
    if (this.#muxer) this.#endSection(at);
    this.#begunAt = at;
    this.#journal.prepare(this.#video);
    this.#openFile(at);
    this.#muxer = new TransportMuxer({ video: this.#video, audio: this.#options.audio }, this.#write);
    this.#lost = false;
  }

  #cutIfDue(at: Micros, key: boolean): void {
    const sinceVideo = this.#muxer?.streams.video ? at - this.#lastVideo : undefined;
    const elapsed = at - (this.#file?.start ?? at);
    const wanted = at >= this.#cutFrom && elapsed > 0 && (key || sinceVideo === undefined);
    const decision = wanted ? 'cut' : decideCut({ elapsed, key, sinceVideo });
    if (decision === 'go-on') return;
    if (decision === 'ask-key-frame') return this.#ask(at);
    if (decision === 'forced-cut') this.#stats.forcedCuts += 1;
    this.#cut(at);
  }

  #ask(at: Micros): void {
    if (Math.abs(at - this.#lastAsked) < askAgain) return;
    this.#lastAsked = at;
    this.#options.requestKeyFrame?.();
  }

  #cut(at: Micros): void {
    if (at >= this.#cutFrom) this.#cutFrom = Infinity;
    this.#muxer?.flush();
    if (this.#fault) throw this.#fault;
    this.#muxer?.resendHeaders();
    this.#endFile(at);
    this.#openFile(at);
  }

  #openFile(start: Micros): void {
    const number = this.#stats.segments + 1;
    const name = segmentName(number, Math.round((this.#options.zeroUs + start) / 1000));
    const { dir } = this.#options;
    this.#file = new SegmentFile({ dir, name, start, discontinuity: this.#discontinuity, onError: this.#report });
    this.#stats.segments = number;
    this.#discontinuity = false;
    // A file that was synchronised is of no use when its folder does not list it.
    this.#onDisk = Promise.all([this.#onDisk, this.#journal.syncSoon()]);
  }

  #endSection(next?: Micros, closeFile?: (file: SegmentFile) => void): void {
    this.#muxer?.close();
    this.#muxer = undefined;
    this.#endFile(next, closeFile);
    this.#discontinuity = this.#stats.segments > 0;
  }

  /** Ends the current file. The segment lasts until the next begins, unless that leaves a hole longer than a segment. */
  #endFile(next?: Micros, closeFile = (file: SegmentFile): void => this.#closeSoon(file)): void {
    const file = this.#file;
    if (!file) return;
    this.#file = undefined;
    closeFile(file);
    const hole = next !== undefined && next - file.start > longestSegment;
    this.#discontinuity = hole;
    const segment = file.entry(next === undefined || hole ? file.end : next);
    if (!file.empty) this.#journal.add(segment);
    this.#journal.save(false);
    if (!file.empty) this.#link(file, segment);
  }

  #link({ bytes, sha256 }: SegmentFile, { name, start, duration }: Segment): void {
    const number = this.#stats.segments;
    this.#chain.add({ number, name, bytes, startUs: start, durationUs: duration, sha256 });
    this.#tellChain(this.#chain.head);
  }

  /** What is told of the chain must be on the disk, segment first: a power cut is no tampering. */
  #tellChain(head: ChainHead): void {
    const tell = (): void => this.#options.onChained?.(head);
    if (this.#waits) {
      this.#chain.sync();
      tell();
    } else this.#onDisk = this.#onDisk.then(() => this.#chain.syncSoon()).then(tell);
  }

  #closeSoon(file: SegmentFile): void {
    this.#onDisk = Promise.all([this.#onDisk, file.closeSoon()]);
  }

  /** Takes what the muxer gives. It must not throw through native code. */
  readonly #write = (bytes: Buffer): void => {
    this.#stats.lostBytes += bytes.length;
    if (this.#fault || !this.#file) return;
    try {
      this.#file.write(bytes);
      this.#stats.lostBytes -= bytes.length;
      this.#stats.bytes += bytes.length;
    } catch (error) {
      this.#fault = error as Error;
    }
  };
}

/** A writer that can be had in the middle of a media callback; the folder is checked with the first packet. */
export const openSegmentWriter = (options: SegmentWriterOptions): HlsWriter => new HlsWriter(options);

/** A writer on a fresh folder. @throws FolderOccupiedError when the folder holds anything. */
export async function createSegmentWriter(options: SegmentWriterOptions): Promise<HlsWriter> {
  if (existsSync(options.dir) && readdirSync(options.dir).length > 0) throw new FolderOccupiedError(options.dir);
  return new HlsWriter(options);
}
