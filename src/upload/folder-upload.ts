import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { DestinationError, type StoredObject } from '../deliver/object-store.ts';
import { playlistSegmentName, type HlsStream } from '../naming/hls-name.ts';
import { mediaTypes } from '../naming/media-type.ts';
import type { Segment } from '../segment/playlist.ts';
import type { RecordingRecord } from '../segment/recording-folder.ts';
import { splitSegment } from '../segment/split-segment.ts';
import type { MonoUs } from '../units.ts';
import { BucketPlaylist } from './bucket-playlist.ts';
import { nextWriteAt } from './playlist-pace.ts';
import { segmentStamps } from './segment-names.ts';
import type { UploadEvents } from './upload-events.ts';
import { noteReceipt, readReceipts, type SegmentObject, type SegmentReceipt } from './upload-receipts.ts';
import { keyOf, streamsOf, type PlaylistShape, type UploadTarget } from './upload-target.ts';
import type { UploadTurns } from './upload-turns.ts';

/** What {@link FolderUpload} is given. */
export interface FolderUploadOptions {
  /** Folder of one file and epoch on the spool. */
  readonly dir: string;
  readonly record: RecordingRecord;
  /** What all names of the recording begin with (contract §5). */
  readonly stem: string;
  readonly shape: PlaylistShape;
  readonly target: UploadTarget;
  readonly events: UploadEvents;
  readonly turns: UploadTurns;
  /** For the pace of playlists that grow. */
  readonly clock: Clock;
  /** Ends the upload; what is under way fails. */
  readonly signal: AbortSignal;
}

/** A playlist as it is in the bucket. */
interface Written {
  readonly segments: number;
  readonly ended: boolean;
  readonly at: MonoUs;
}

/** Segments of one folder that are sent at once. */
const atOnce = 3;

/**
 * One folder of the spool on its way into the bucket: its segments in order, then the playlists that name them, so that a
 * playlist never names what is not there.
 */
export class FolderUpload {
  readonly #options: FolderUploadOptions;
  readonly #playlists: ReadonlyMap<HlsStream, BucketPlaylist>;
  /** What is known to be in the bucket, by the segments' names. */
  #receipts: Map<string, SegmentReceipt> | undefined;
  #done = 0;
  /** The playlists in the bucket, by their names. */
  readonly #written = new Map<string, Written>();

  constructor(options: FolderUploadOptions) {
    const { record, stem, shape } = options;
    this.#options = options;
    this.#playlists = new Map(streamsOf[shape].map((stream) => [stream, new BucketPlaylist(record, stem, stream)]));
  }

  /** Playlists that have a segment. */
  get playlists(): BucketPlaylist[] {
    return [...this.#playlists.values()].filter(({ segments }) => segments > 0);
  }

  /** Segments in the bucket. */
  get done(): number {
    return this.#done;
  }

  /** Forgets receipts of what the bucket does not have as it was sent; `stored` are its objects by their keys. */
  async compare(stored: ReadonlyMap<string, StoredObject>): Promise<void> {
    const receipts = await this.#known();
    for (const [segment, { objects }] of receipts) {
      const same = objects.every((object) => isSame(object, stored.get(keyOf(this.#options.target, object.name))));
      if (!same) receipts.delete(segment);
    }
  }

  /**
   * Uploads what of these segments is not in the bucket yet, and the playlists; `ended` when no more will come. A long
   * playlist that grows may be left for {@link FolderUpload.catchUp}; one that ends is written when it has everything.
   * What was uploaded before a failure stays, and the next call goes on there. One call at a time.
   * @throws DestinationError, or the error of the file system.
   */
  async bring(segments: readonly Segment[], ended: boolean): Promise<void> {
    const stamps = segmentStamps(segments.map(({ name }) => name));
    while (this.#done < segments.length) {
      const next = segments.slice(this.#done, this.#done + atOnce);
      const first = this.#done;
      await this.#take(
        next,
        next.map((segment, k) => this.#upload(segment, stamps[first + k]!)),
      );
      if (this.#done < segments.length && !ended) await this.#writePlaylists(false);
    }
    await this.#writePlaylists(ended);
  }

  /** Writes the growing playlists that lack a segment and whose time has come. Not while {@link FolderUpload.bring} runs. */
  async catchUp(): Promise<void> {
    await this.#writePlaylists(false);
  }

  /** Takes over what was uploaded, as far as nothing before it is missing. @throws the first failure. */
  async #take(segments: readonly Segment[], uploads: readonly Promise<SegmentReceipt>[]): Promise<void> {
    for (const [k, outcome] of (await Promise.allSettled(uploads)).entries()) {
      if (outcome.status === 'rejected') throw this.#told(outcome.reason);
      this.#enter(segments[k]!, outcome.value);
    }
  }

  #enter(segment: Segment, { objects }: SegmentReceipt): void {
    this.#done += 1;
    this.#options.events.onSegment?.(objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    for (const [stream, playlist] of this.#playlists) {
      const object = objects.find((candidate) => candidate.stream === stream);
      if (!object) playlist.skip();
      else {
        playlist.add(segment, object);
        this.#options.events.onBegan(0);
        this.#options.events.onFile(playlist.begun());
      }
    }
  }

  /** The first failure tells that the upload did not begin; that it was ended is none. */
  #told(error: unknown): unknown {
    const cancelled = error instanceof DestinationError && error.fault === 'cancelled';
    if (!cancelled && error instanceof DestinationError) this.#options.events.onBegan(1);
    return error;
  }

  async #upload(segment: Segment, stamp: number): Promise<SegmentReceipt> {
    const receipts = await this.#known();
    const known = receipts.get(segment.name);
    if (known) return known;
    const { dir, turns } = this.#options;
    const objects = await turns.run(() => this.#send(segment, stamp));
    const receipt = { segment: segment.name, objects };
    receipts.set(segment.name, receipt);
    await noteReceipt(dir, receipt);
    return receipt;
  }

  async #send(segment: Segment, stamp: number): Promise<SegmentObject[]> {
    const { dir, shape, target, signal } = this.#options;
    const bytes = await readFile(join(dir, segment.name));
    const objects: SegmentObject[] = [];
    for (const [stream, content] of streamsIn(bytes, shape)) {
      const name = playlistSegmentName(this.#playlists.get(stream)!.name, stamp);
      const { sizeBytes, md5 } = await target.store.put(keyOf(target, name), content, mediaTypes.hlsSegment, {
        signal,
      });
      objects.push({ stream, name, sizeBytes, md5 });
    }
    return objects;
  }

  async #writePlaylists(ended: boolean): Promise<void> {
    for (const playlist of this.playlists) await this.#writePlaylist(playlist, ended);
  }

  async #writePlaylist(playlist: BucketPlaylist, ended: boolean): Promise<void> {
    if (!this.#isDue(playlist, ended)) return;
    const { target, turns, events, signal, clock } = this.#options;
    const { segments } = playlist;
    const key = keyOf(target, playlist.name);
    await turns.run(() => target.store.put(key, Buffer.from(playlist.text(ended)), mediaTypes.hls, { signal }));
    this.#written.set(playlist.name, { segments, ended, at: clock.monoUs() });
    events.onIndex({ name: playlist.name });
  }

  #isDue({ name, segments }: BucketPlaylist, ended: boolean): boolean {
    const written = this.#written.get(name);
    if (!written) return true;
    const lacks = written.segments < segments;
    if (ended) return lacks || !written.ended;
    return lacks && this.#options.clock.monoUs() >= nextWriteAt(segments, written.at);
  }

  async #known(): Promise<Map<string, SegmentReceipt>> {
    return (this.#receipts ??= await readReceipts(this.#options.dir));
  }
}

/** Whether the bucket still has an object as it was confirmed. */
const isSame = (object: SegmentObject, stored: StoredObject | undefined): boolean =>
  stored?.sizeBytes === object.sizeBytes && (stored.md5 ?? object.md5) === object.md5;

/** What a segment is made of for the bucket: itself, or its sound and its pictures. */
function streamsIn(bytes: Buffer, shape: PlaylistShape): [HlsStream, Buffer][] {
  if (shape !== 'apart') return [[streamsOf[shape][0]!, bytes]];
  const { audio, video } = splitSegment(bytes);
  return [
    ...(audio ? [['audio', audio] as [HlsStream, Buffer]] : []),
    ...(video ? [['video', video] as [HlsStream, Buffer]] : []),
  ];
}
