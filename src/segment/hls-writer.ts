import { existsSync, readdirSync } from 'node:fs';
import type { Micros, WallUs } from '../units.ts';
import { decideCut, longestSegment } from './cut-rule.ts';
import { playlistText, segmentLines } from './playlist.ts';
import {
  claimFolder,
  FolderOccupiedError,
  segmentName,
  syncFolder,
  writePlaylist,
  writeRecord,
  type RecordingIdentity,
  type TrackType,
} from './recording-folder.ts';
import { SegmentFile } from './segment-file.ts';
import type { AudioFormat, AudioPacket, SegmentWriter, VideoPacket } from './segment-writer.ts';
import { TransportMuxer } from './transport-muxer.ts';

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
  /** Called when a key frame is wanted to cut at; at most once per second of media. */
  readonly requestKeyFrame?: () => void;
  /** Told once when the spool cannot be written; what the disk refuses is dropped and counted. */
  readonly onError?: (error: Error) => void;
}

/** Counters of one segment writer. */
export interface SegmentWriterStats {
  segments: number;
  bytes: number;
  /** Cuts at the longest length, because no key frame or no packet at all came in time. */
  forcedCuts: number;
  /** Bytes that the disk refused. */
  lostBytes: number;
}

const askAgain = 1_000_000;

/** Crash-safe HLS in one folder: transport stream segments, `index.m3u8` and `recording.json`. */
export class HlsWriter implements SegmentWriter {
  readonly #options: SegmentWriterOptions;
  readonly #stats: SegmentWriterStats = { segments: 0, bytes: 0, forcedCuts: 0, lostBytes: 0 };
  #muxer: TransportMuxer | undefined;
  #file: SegmentFile | undefined;
  #lines = '';
  #discontinuity = false;
  #lastVideo = -Infinity;
  #lastAsked = -Infinity;
  #claimed = false;
  #closed = false;
  #error: Error | undefined;

  /** Touches no disk yet; use {@link createSegmentWriter} or, where nothing may wait, {@link openSegmentWriter}. */
  constructor(options: SegmentWriterOptions) {
    this.#options = options;
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
    if (this.#closed) return;
    this.#attempt(() => {
      this.#prepare(true, packet.pts, packet.key);
      this.#lastVideo = packet.pts;
      this.#muxer?.writeVideo(packet);
      this.#file?.extend(packet.pts + packet.duration);
    });
  }

  writeAudio(packet: AudioPacket): void {
    if (this.#closed || !this.#options.audio) return;
    this.#attempt(() => {
      this.#prepare(this.#options.video ?? false, packet.pts, false);
      this.#muxer?.writeAudio(packet);
      this.#file?.extend(packet.pts + packet.duration);
    });
  }

  flush(): void {
    this.#attempt(() => this.#muxer?.flush());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#attempt(() => {
      this.#endSection(true);
      if (!this.#claimed) return;
      this.#savePlaylist();
      syncFolder(this.#options.dir);
    });
  }

  #prepare(video: boolean, at: Micros, key: boolean): void {
    this.#ensureSection(video, at);
    this.#cutIfDue(at, key);
  }

  /** A disk that refuses must not stop the media path: the next cut tries again. */
  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** Video once declared stays; it is declared when it exists, since players wait for a stream that is announced. */
  #ensureSection(video: boolean, at: Micros): void {
    if (this.#muxer && (this.#muxer.streams.video || !video)) return;
    const before = this.#muxer;
    if (!this.#claimed) this.#claim(video);
    else if (before) this.#endSection(false, at);
    this.#muxer = new TransportMuxer({ video, audio: this.#options.audio }, (bytes) => this.#write(bytes));
    this.#discontinuity = before !== undefined;
    this.#openFile(at);
    if (before) this.#saveRecord(video);
  }

  #claim(video: boolean): void {
    claimFolder(this.#options.dir);
    this.#claimed = true;
    this.#saveRecord(video);
    this.#savePlaylist();
  }

  #cutIfDue(at: Micros, key: boolean): void {
    const file = this.#file;
    if (!file) return this.#openFile(at);
    const elapsed = at - file.start;
    const sinceVideo = this.#muxer?.streams.video ? at - this.#lastVideo : undefined;
    const decision = decideCut({ elapsed, key, sinceVideo });
    if (decision === 'go-on') return;
    if (decision === 'ask-key-frame') return this.#ask(at);
    if (decision === 'forced-cut') this.#stats.forcedCuts += 1;
    this.#cut(at);
  }

  #ask(at: Micros): void {
    if (at - this.#lastAsked < askAgain) return;
    this.#lastAsked = at;
    this.#options.requestKeyFrame?.();
  }

  #cut(at: Micros): void {
    this.#muxer?.flush();
    this.#muxer?.resendHeaders();
    this.#endFile(false, at);
    this.#openFile(at);
  }

  #openFile(start: Micros): void {
    this.#stats.segments += 1;
    const name = segmentName(this.#stats.segments, Math.round((this.#options.zeroUs + start) / 1000));
    const discontinuity = this.#discontinuity;
    this.#discontinuity = false;
    this.#file = new SegmentFile({ dir: this.#options.dir, name, start, discontinuity });
  }

  #endSection(wait: boolean, at?: Micros): void {
    this.#muxer?.close();
    this.#muxer = undefined;
    this.#endFile(wait, at);
  }

  /** Ends the current file. The segment lasts until the next begins, unless that leaves a hole longer than a segment. */
  #endFile(wait: boolean, next?: Micros): void {
    const file = this.#file;
    if (!file) return;
    this.#file = undefined;
    file.close(wait);
    const hole = next !== undefined && next - file.start > longestSegment;
    this.#discontinuity = hole;
    this.#lines += segmentLines(file.entry(next === undefined || hole ? file.end : next), this.#options.zeroUs);
    if (!wait) this.#savePlaylist();
  }

  #write(bytes: Buffer): void {
    this.#stats.lostBytes += bytes.length;
    this.#attempt(() => {
      if (!this.#file) return;
      this.#file.write(bytes);
      this.#stats.lostBytes -= bytes.length;
      this.#stats.bytes += bytes.length;
    });
  }

  #fail(error: Error): void {
    if (this.#error) return;
    this.#error = error;
    this.#options.onError?.(error);
  }

  #saveRecord(video: boolean): void {
    const trackType: TrackType = video ? (this.#options.audio ? 'audio_video' : 'video') : 'audio';
    const { identity, zeroUs, dir } = this.#options;
    writeRecord(dir, { version: 1, ...identity, zeroUs, trackType });
  }

  #savePlaylist(): void {
    writePlaylist(this.#options.dir, playlistText(this.#lines, this.#closed));
  }
}

/** A writer that can be had in the middle of a media callback; the folder is checked with the first packet. */
export const openSegmentWriter = (options: SegmentWriterOptions): HlsWriter => new HlsWriter(options);

/** A writer on a fresh folder. @throws FolderOccupiedError when the folder holds anything. */
export async function createSegmentWriter(options: SegmentWriterOptions): Promise<HlsWriter> {
  if (existsSync(options.dir) && readdirSync(options.dir).length > 0) throw new FolderOccupiedError(options.dir);
  return new HlsWriter(options);
}
