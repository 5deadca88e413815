import { openSegmentWriter, type HlsWriter, type SegmentWriterOptions } from '../segment/hls-writer.ts';
import type { VideoPacket } from '../segment/segment-writer.ts';
import type { RecordingIdentity, TrackType } from '../segment/recording-folder.ts';
import type { AudioSink, AudioUnit, VideoSink, VideoUnit } from '../timeline/media.ts';
import { wallUs, type WallUs } from '../units.ts';
import type { RecordingPlan } from '../worker-api/messages.ts';
import { AnchorSound, closeSoundCodecs, openSoundCodecs, type SoundCodecs } from './anchor-sound.ts';
import { BlackFill } from './black-fill.ts';
import { PictureTrack } from './picture-track.ts';

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
  /** What is seen while the anchor sends no pictures. */
  readonly fill: RecordingPlan['fill'];
  /** Asks the sender for a key frame; may be called often, the callee limits the rate. */
  readonly requestKeyFrame: () => void;
  /** Told how far the chain of its segments goes. */
  readonly onChained?: SegmentWriterOptions['onChained'];
  /** Told when the spool refuses to be written, at most every ten seconds of media. */
  readonly onRefused?: ((error: Error) => void) | undefined;
  /** As of the segment writer's options. */
  readonly mayWrite?: () => boolean;
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
  /** Lost packets of sound whose place was filled with what the sound before suggests. */
  readonly concealedSound: number;
  /** Lost packets of sound that were had from the redundancy in the next. */
  readonly recoveredSound: number;
  readonly segments: number;
  readonly bytes: number;
  readonly lostBytes: number;
}

/** Pictures that have not come after this are taken to be no more: a retransmission takes up to 600 ms. */
const pictureLatency = 700_000;
/** The same of sound. A loss is known 600 ms after the packet behind it came, and what is then mended began earlier yet. */
const soundLatency = 900_000;
const flushEvery = 500_000;
/** After this long without the anchor nothing is kept open: rooms see hundreds come and go. */
const restAfter = 30_000_000;
/** Between two tries to open codecs that were refused. */
const tryAgain = 10_000_000;

const noSound: ReturnType<AnchorSound['stats']> = { late: 0, broken: 0, concealed: 0, recovered: 0 };

/** What of an anchor is recorded exists only from the first media on, since nothing else names the zero. */
interface Running {
  readonly start: WallUs;
  readonly zero: WallUs;
  readonly writer: HlsWriter;
  readonly pictures: PictureTrack;
  /** Absent where the last picture stays. */
  readonly black: BlackFill | undefined;
}

/**
 * One anchor's camera or screen as one file: video passes through, sound becomes AAC, silence fills what is missing.
 * An anchor who leaves and comes back goes on in the same file; meanwhile codecs and segment file are closed.
 */
export class SingleRecording implements VideoSink, AudioSink {
  readonly #options: SingleRecordingOptions;
  /** Opened and not in use yet. */
  #codecs: SoundCodecs | undefined;
  #running: Running | undefined;
  #sound: AnchorSound | undefined;
  #endedSound = noSound;
  #soundRefused = -Infinity;
  #present = true;
  #resting = false;
  #presentUntil = wallUs(0);
  #lastMedia = wallUs(0);
  #lastFlush = 0;
  #hasVideo = false;
  #early = 0;
  #closed = false;

  /** Wraps opened codecs, absent when there shall be no sound; use {@link createSingleRecording}. */
  constructor(options: SingleRecordingOptions, codecs: SoundCodecs | undefined) {
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
    const sound = this.#soundStats();
    const { segments = 0, bytes = 0, lostBytes = 0 } = this.#running?.writer.stats() ?? {};
    const droppedPictures = this.#running?.pictures.stats().dropped ?? 0;
    return {
      early: this.#early,
      droppedPictures,
      lateSound: sound.late,
      brokenSound: sound.broken,
      concealedSound: sound.concealed,
      recoveredSound: sound.recovered,
      segments,
      bytes,
      lostBytes,
    };
  }

  onVideo(unit: VideoUnit): void {
    if (this.#closed || this.#options.streams === 'audio' || this.#isEarly(unit.at)) return;
    if (!this.#running && !unit.key) return this.#options.requestKeyFrame();
    const running = this.#start(unit.at);
    if (!running.pictures.accepts(unit)) return;
    this.#touch(unit.at);
    this.#hasVideo = true;
    running.black?.onPicture(unit.at);
    running.pictures.push(unit);
  }

  onAudio(unit: AudioUnit): void {
    if (this.#closed || this.#options.streams === 'video' || this.#isEarly(unit.at)) return;
    this.#start(unit.at);
    this.#touch(unit.at);
    this.#sound?.push(unit);
  }

  /** Pictures come from another encoder from here on, or from the middle of a stream: a key frame must begin them. */
  beginVideo(): void {
    this.#running?.pictures.pause();
  }

  /** The camera was turned off at that moment. */
  endVideo(at: WallUs): void {
    this.#running?.pictures.pause();
    this.#running?.black?.onVideoEnded(at);
  }

  /** Sound comes from another encoder from here on, or from the middle of a stream. */
  beginSound(): void {
    this.#sound?.reset();
  }

  /** The anchor has left the room: no silence is written beyond `at`. Media of a later time ends the absence. */
  leave(at: WallUs): void {
    this.#present = false;
    this.#presentUntil = wallUs(Math.max(at, this.#lastMedia));
    this.#sound?.fill(this.#presentUntil);
    this.#running?.black?.onLeft();
  }

  /**
   * Writes the silence and the black that is due at `now` and puts it on its way to the disk; closes what an anchor who left does not
   * need. Call it a few times a second.
   */
  advance(now: WallUs): void {
    const running = this.#running;
    if (!running || this.#closed) return;
    if (this.#present) this.#fill(running, now);
    else if (now - this.#presentUntil >= restAfter) return this.#rest(running);
    if (Math.abs(now - this.#lastFlush) < flushEvery) return;
    this.#lastFlush = now;
    running.writer.flush();
  }

  /**
   * Ends the file at that moment, or when the anchor left, and closes the recording. Resolves when everything is on the
   * disk; with undefined when there never was media.
   */
  async finish(at: WallUs): Promise<SingleRecordingEnd | undefined> {
    const running = this.#running;
    if (!running || this.#closed) return this.close();
    const end = wallUs(Math.max(this.#present ? at : this.#presentUntil, this.#lastMedia));
    this.#sound?.fill(end);
    this.close();
    await running.writer.finish();
    const withVideo = this.#options.streams === 'video' ? 'video' : 'audio_video';
    return { startUs: running.start, endUs: end, trackType: this.#hasVideo ? withVideo : 'audio' };
  }

  /** Writes what is held and closes the folder; another epoch may go on. The disk is not waited for. Idempotent. */
  close(): undefined {
    if (this.#closed) return;
    this.#closed = true;
    this.#running?.pictures.pause();
    this.#endSound();
    void this.#running?.writer.finish();
    if (this.#codecs) closeSoundCodecs(this.#codecs);
    this.#codecs = undefined;
  }

  #fill({ black }: Running, now: WallUs): void {
    this.#sound?.fill(wallUs(now - soundLatency));
    black?.advance(now);
  }

  /** Frees all that is open; the next media opens it again. */
  #rest(running: Running): void {
    if (this.#resting) return;
    this.#resting = true;
    running.pictures.pause();
    this.#endSound();
    running.writer.pause();
  }

  #endSound(): void {
    this.#sound?.close();
    this.#endedSound = this.#soundStats();
    this.#sound = undefined;
  }

  #soundStats(): typeof noSound {
    const ended = this.#endedSound;
    const { late, broken, concealed, recovered } = this.#sound?.stats() ?? noSound;
    return {
      late: ended.late + late,
      broken: ended.broken + broken,
      concealed: ended.concealed + concealed,
      recovered: ended.recovered + recovered,
    };
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
    this.#sound?.reset();
    this.#running?.black?.onReturned(this.#presentUntil, at);
  }

  #start(at: WallUs): Running {
    this.#running ??= this.#begin(at);
    this.#resting = false;
    if (!this.#sound && this.#options.streams !== 'video') this.#openSound(this.#running, at);
    return this.#running;
  }

  #begin(at: WallUs): Running {
    const zero = this.#options.zeroUs ?? at;
    const writer = this.#openWriter(zero);
    const { requestKeyFrame } = this.#options;
    const onError = (error: Error): void => this.#warn(error, 'a picture encoder did not open');
    const sink = (packet: VideoPacket): void => {
      black?.onPacket(packet);
      writer.writeVideo(packet);
    };
    const pictures = new PictureTrack({ zero, requestKeyFrame, onError, sink });
    const black = this.#options.fill === 'black' ? blackFill(pictures, onError) : undefined;
    return { start: at, zero, writer, pictures, black };
  }

  /** What an anchor who returns says goes on behind what was written. */
  #openSound({ zero, writer }: Running, at: WallUs): void {
    const codecs = this.#codecs ?? this.#openCodecs(at);
    this.#codecs = undefined;
    if (!codecs) return;
    const from = wallUs(Math.max(at, this.#presentUntil));
    this.#sound = new AnchorSound({ zero, codecs, sink: (packet) => writer.writeAudio(packet) }, from);
  }

  #openCodecs(at: WallUs): SoundCodecs | undefined {
    if (Math.abs(at - this.#soundRefused) < tryAgain) return undefined;
    try {
      return openSoundCodecs(this.#options.audio);
    } catch (error) {
      this.#soundRefused = at;
      this.#warn(error as Error, 'the sound codecs did not open');
      return undefined;
    }
  }

  #openWriter(zeroUs: WallUs): HlsWriter {
    const { dir, identity, mayWrite } = this.#options;
    return openSegmentWriter({
      dir,
      zeroUs,
      identity,
      ...(this.#codecs ? { audio: this.#codecs.encoder.format } : {}),
      requestKeyFrame: () => this.#running?.pictures.wantKeyFrame(),
      ...(mayWrite ? { mayWrite } : {}),
      onChained: this.#options.onChained,
      onError: (error) => {
        this.#warn(error, 'the spool refuses to be written');
        this.#options.onRefused?.(error);
      },
    });
  }

  #warn(err: Error, message: string): void {
    const { userId, mediaId } = this.#options.identity;
    this.#options.log?.warn({ err, user: userId, mediaId }, message);
  }
}

const blackFill = (pictures: PictureTrack, onError: (error: Error) => void): BlackFill =>
  new BlackFill({ show: (at, picture) => pictures.insert(at, picture), latencyUs: pictureLatency, onError });

/** Opens the codecs of a recording; no file exists before the first media. @throws NativeError when a codec refuses. */
export async function createSingleRecording(options: SingleRecordingOptions): Promise<SingleRecording> {
  return new SingleRecording(options, options.streams === 'video' ? undefined : openSoundCodecs(options.audio));
}
