import { openAacEncoder } from '../codec/aac-encoder.ts';
import { openOpusDecoder } from '../codec/opus-decoder.ts';
import { openSegmentWriter, type HlsWriter } from '../segment/hls-writer.ts';
import type { RecordingIdentity, TrackType } from '../segment/recording-folder.ts';
import type { AudioSink, AudioUnit, VideoSink, VideoUnit } from '../timeline/media.ts';
import { wallUs, type WallUs } from '../units.ts';
import type { RecordingPlan } from '../worker-api/messages.ts';
import { PictureTrack } from './picture-track.ts';
import { SoundInput } from './sound-input.ts';
import { SoundTrack } from './sound-track.ts';

/** What a recording says of itself; a pino logger fits. */
export interface SingleLog {
  warn(fields: object, message: string): void;
}

/** What {@link createSingleRecording} is given. */
export interface SingleRecordingOptions {
  /** Folder of this file and epoch; created with the first media, must not hold anything. */
  readonly dir: string;
  /** Wall time of the recording's zero, the same in every epoch; the first media's time when undefined. */
  readonly zeroUs: WallUs | undefined;
  readonly identity: RecordingIdentity;
  readonly streams: RecordingPlan['streams'];
  readonly audio: RecordingPlan['audio'];
  /** Asks the sender for a key frame; may be called often, the callee limits the rate. */
  readonly requestKeyFrame: () => void;
  readonly log?: SingleLog;
}

/** What a recording has when it ends. */
export interface SingleRecordingEnd {
  /** Time of the first media. */
  readonly startUs: WallUs;
  readonly endUs: WallUs;
  readonly trackType: TrackType;
}

/** Counters of one single recording. */
export interface SingleRecordingStats {
  /** Media from before the recording's zero. */
  readonly early: number;
  readonly droppedPictures: number;
  readonly lateSound: number;
  readonly brokenSound: number;
  readonly segments: number;
  readonly bytes: number;
  readonly lostBytes: number;
}

/** Sound that has not come after this is taken for silence: a retransmission takes up to 600 ms. */
const soundLatency = 700_000;
const flushEvery = 500_000;

/** What of an anchor is recorded exists only from the first media on, since nothing else names the zero. */
interface Running {
  readonly start: WallUs;
  readonly writer: HlsWriter;
  readonly pictures: PictureTrack;
  readonly track: SoundTrack | undefined;
  readonly sound: SoundInput | undefined;
}

type Codecs = {
  encoder: Awaited<ReturnType<typeof openAacEncoder>>;
  decoder: Awaited<ReturnType<typeof openOpusDecoder>>;
};

/**
 * One anchor's camera or screen as one file: video passes through, sound becomes AAC, silence fills what is missing.
 * An anchor who leaves and comes back goes on in the same file.
 */
export class SingleRecording implements VideoSink, AudioSink {
  readonly #options: SingleRecordingOptions;
  readonly #codecs: Codecs | undefined;
  #running: Running | undefined;
  #present = true;
  #presentUntil = wallUs(0);
  #lastMedia = wallUs(0);
  #lastFlush = 0;
  #hasVideo = false;
  #early = 0;
  #closed = false;

  /** Wraps opened codecs, absent when there shall be no sound; use {@link createSingleRecording}. */
  constructor(options: SingleRecordingOptions, codecs: Codecs | undefined) {
    this.#options = options;
    this.#codecs = codecs;
  }

  /** True after {@link SingleRecording.close}. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Time of the first media; undefined before it. */
  get startUs(): WallUs | undefined {
    return this.#running?.start;
  }

  /** Counters so far. */
  stats(): SingleRecordingStats {
    const sound = this.#running?.sound?.stats();
    const { segments = 0, bytes = 0, lostBytes = 0 } = this.#running?.writer.stats() ?? {};
    const droppedPictures = this.#running?.pictures.stats().dropped ?? 0;
    const [lateSound, brokenSound] = [sound?.late ?? 0, sound?.broken ?? 0];
    return { early: this.#early, droppedPictures, lateSound, brokenSound, segments, bytes, lostBytes };
  }

  onVideo(unit: VideoUnit): void {
    if (this.#closed || this.#options.streams === 'audio' || this.#isEarly(unit.at)) return;
    if (!this.#running && !unit.key) return this.#options.requestKeyFrame();
    const running = this.#start(unit.at);
    if (!running.pictures.accepts(unit)) return;
    this.#touch(unit.at);
    this.#hasVideo = true;
    running.pictures.push(unit);
  }

  onAudio(unit: AudioUnit): void {
    if (this.#closed || this.#options.streams === 'video' || this.#isEarly(unit.at)) return;
    const running = this.#start(unit.at);
    this.#touch(unit.at);
    running.sound?.push(unit);
  }

  /** The anchor has left the room: no silence is written beyond `at`. Media of a later time ends the absence. */
  leave(at: WallUs): void {
    this.#present = false;
    this.#presentUntil = wallUs(Math.max(at, this.#lastMedia));
    this.#running?.sound?.fill(this.#presentUntil);
  }

  /** Writes the silence that is due at `now` and puts it on its way to the disk. Call it a few times a second. */
  advance(now: WallUs): void {
    const running = this.#running;
    if (!running || this.#closed) return;
    if (this.#present) running.sound?.fill(wallUs(now - soundLatency));
    if (Math.abs(now - this.#lastFlush) < flushEvery) return;
    this.#lastFlush = now;
    running.writer.flush();
  }

  /** Ends the file at that moment, or when the anchor left; undefined when there never was media. Closes the recording. */
  finish(at: WallUs): SingleRecordingEnd | undefined {
    const running = this.#running;
    if (!running || this.#closed) return this.close();
    const end = wallUs(Math.max(this.#present ? at : this.#presentUntil, this.#lastMedia));
    running.sound?.fill(end);
    this.close();
    const trackType = this.#hasVideo ? (running.sound ? 'audio_video' : 'video') : 'audio';
    return { startUs: running.start, endUs: end, trackType };
  }

  /** Writes what is held and closes the folder; another epoch may go on. Idempotent. */
  close(): undefined {
    if (this.#closed) return;
    this.#closed = true;
    this.#running?.pictures.close();
    this.#running?.track?.close();
    this.#running?.writer.close();
    this.#codecs?.encoder.close();
    this.#codecs?.decoder.close();
  }

  #isEarly(at: WallUs): boolean {
    const early = at < (this.#options.zeroUs ?? at);
    if (early) this.#early += 1;
    return early;
  }

  #touch(at: WallUs): void {
    this.#lastMedia = wallUs(Math.max(at, this.#lastMedia));
    if (this.#present || at <= this.#presentUntil) return;
    this.#present = true;
    this.#running?.sound?.reset();
  }

  #start(at: WallUs): Running {
    if (this.#running) return this.#running;
    const zero = this.#options.zeroUs ?? at;
    const writer = this.#openWriter(zero);
    const { requestKeyFrame } = this.#options;
    const onError = (error: Error): void => this.#warn(error, 'a picture encoder did not open');
    const pictures = new PictureTrack({ zero, requestKeyFrame, onError, sink: (packet) => writer.writeVideo(packet) });
    const track = this.#codecs && new SoundTrack({ encoder: this.#codecs.encoder, sink: (p) => writer.writeAudio(p) });
    const sound = this.#codecs && track && new SoundInput({ zero, decoder: this.#codecs.decoder, track });
    this.#running = { start: at, writer, pictures, track, sound };
    sound?.begin(at);
    return this.#running;
  }

  #openWriter(zeroUs: WallUs): HlsWriter {
    const { dir, identity } = this.#options;
    return openSegmentWriter({
      dir,
      zeroUs,
      identity,
      ...(this.#codecs ? { audio: this.#codecs.encoder.format } : {}),
      requestKeyFrame: () => this.#running?.pictures.wantKeyFrame(),
      onError: (error) => this.#warn(error, 'the spool refuses to be written'),
    });
  }

  #warn(err: Error, message: string): void {
    const { userId, mediaId } = this.#options.identity;
    this.#options.log?.warn({ err, user: userId, mediaId }, message);
  }
}

/** Opens the codecs of a recording; no file exists before the first media. @throws NativeError when a codec refuses. */
export async function createSingleRecording(options: SingleRecordingOptions): Promise<SingleRecording> {
  if (options.streams === 'video') return new SingleRecording(options, undefined);
  const encoder = await openAacEncoder(options.audio);
  const decoder = await openOpusDecoder(options.audio.channels);
  return new SingleRecording(options, { encoder, decoder });
}
