import { createHash } from 'node:crypto';
import { playlistName, type HlsStream } from '../naming/hls-name.ts';
import { playlistText, segmentLines, type Segment } from '../segment/playlist.ts';
import type { RecordingRecord, TrackType } from '../segment/recording-folder.ts';
import { floorWallMs, toWallMs, wallUs, type WallMs } from '../units.ts';
import type { SegmentObject } from './upload-receipts.ts';
import type { RecordedFacts } from './recorded-facts.ts';
import type { BegunPlaylist } from './upload-events.ts';

/** A playlist in the bucket, with its segments. */
export interface UploadedPlaylist {
  readonly name: string;
  readonly trackType: TrackType;
  readonly startMs: WallMs;
  readonly endMs: WallMs;
  /** Of all its segments. */
  readonly sizeBytes: number;
  readonly segments: number;
  readonly streams: readonly ('h264' | 'aac')[];
  /** Pixels of the first picture; 0 without pictures. */
  readonly width: number;
  readonly height: number;
  /** Of the playlist's text, in hex digits. */
  readonly sha256: string;
}

/** STREAM-TYPE of the private tags; streams with both media have none (contract §5). */
const streamTypes: Partial<Record<HlsStream, number>> = { audio: 0, video: 1 };

const codecs = { audio: ['aac'], video: ['h264'], audio_video: ['h264', 'aac'] } as const;

/** One playlist of one folder, as it is in the bucket or shall be. */
export class BucketPlaylist {
  readonly name: string;
  readonly #stream: HlsStream;
  readonly #record: RecordingRecord;
  #lines = '';
  #first: Segment | undefined;
  #last: Segment | undefined;
  #count = 0;
  #bytes = 0;
  #gap = false;

  /** `stem` is what all names of the recording begin with. */
  constructor(record: RecordingRecord, stem: string, stream: HlsStream) {
    this.name = playlistName(stem, stream, record.epoch);
    this.#record = record;
    this.#stream = stream;
  }

  /** Segments so far. */
  get segments(): number {
    return this.#count;
  }

  /** Adds the next segment, as the object that it became in this playlist. */
  add(segment: Segment, object: SegmentObject): void {
    const discontinuity = this.#count > 0 && (segment.discontinuity || this.#gap);
    const attributes = `#EXT-X-TRTC-FILE-ATTR:${this.#startMs(segment)},${object.sizeBytes}`;
    this.#lines += segmentLines({ ...segment, name: object.name, discontinuity }, this.#record.zeroUs, [attributes]);
    this.#first ??= segment;
    this.#last = segment;
    this.#count += 1;
    this.#bytes += object.sizeBytes;
    this.#gap = false;
  }

  /** Notes that a segment has nothing for this playlist. */
  skip(): void {
    this.#gap = true;
  }

  /** The playlist so far. */
  text(ended: boolean): string {
    return playlistText(this.#lines, ended, this.#tags());
  }

  /** What is told when the first segment is there. */
  begun(): BegunPlaylist {
    const { userId, mediaId } = this.#record;
    const beginMs = this.#startMs(this.#first);
    return { name: this.name, userId, mediaId, trackType: this.#trackType(), beginMs };
  }

  /** What it is when nothing more comes; `facts` are those of the whole recording. */
  uploaded(facts: RecordedFacts): UploadedPlaylist {
    const { sound, picture } = facts;
    const { start = 0, duration = 0 } = this.#last ?? {};
    const trackType = this.#trackType();
    const { width, height } = (trackType === 'audio' ? undefined : picture) ?? { width: 0, height: 0 };
    const found = { h264: picture !== undefined, aac: sound };
    return {
      name: this.name,
      trackType,
      streams: codecs[trackType].filter((codec) => found[codec]),
      width,
      height,
      startMs: this.#startMs(this.#first),
      endMs: toWallMs(wallUs(this.#record.zeroUs + start + duration)),
      sizeBytes: this.#bytes,
      segments: this.#count,
      sha256: createHash('sha256').update(this.text(true)).digest('hex'),
    };
  }

  #trackType(): TrackType {
    if (this.#stream === 'mixed') return this.#record.trackType;
    return this.#stream === 'audiovideo' ? 'audio_video' : this.#stream;
  }

  #startMs(segment: Segment | undefined): WallMs {
    return floorWallMs(wallUs(this.#record.zeroUs + (segment?.start ?? 0)));
  }

  /** The tags of the service's own playlists that are true of ours; players pass over them (contract §5). */
  #tags(): string[] {
    const { userId, mediaId } = this.#record;
    const type = streamTypes[this.#stream];
    const whose = mediaId === 'mix' ? [] : [`MEDIA-ID:${mediaId}`, `USER-ID:${userId}`];
    const tags = [
      `START-REC-TIME:${this.#startMs(this.#first)}`,
      ...whose,
      `MIX-STREAM:${mediaId === 'mix' ? 1 : 0}`,
      ...(type === undefined ? [] : [`STREAM-TYPE:${type}`]),
    ];
    return tags.map((tag) => `#EXT-X-TRTC-${tag}`);
  }
}
