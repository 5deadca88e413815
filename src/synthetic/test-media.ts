import type { CancelTimer, Clock } from '../clock.ts';
import type { WallUs } from '../units.ts';
import { firstPictureFrom, firstSoundFrom, pictureInstant, SOUND_FRAME_US, soundInstant } from './capture-grid.ts';
import { PatternPicture } from './picture.ts';
import { patternSound, soundLevel } from './sound.ts';
import { OPUS_SAMPLES, SoundEncoder } from './sound-encoder.ts';
import { VideoEncoder, type CodedPicture } from './video-encoder.ts';

/** What the pattern looks and sounds like. */
export interface TestMediaOptions {
  readonly name: string;
  readonly colour: string;
  readonly kind: 'camera' | 'screen';
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrate: number;
  readonly beepHz: number;
  readonly codec: 'h264' | 'vp8';
  readonly audio: boolean;
  readonly video: boolean;
  readonly grain?: boolean;
}

/** Where coded media goes. */
export interface TestMediaSink {
  onPicture(picture: CodedPicture, at: WallUs): void;
  onSound(data: Buffer, at: WallUs, level: number): void;
}

/** Counters of a test-media source. */
export interface TestMediaStats {
  pictures: number;
  sounds: number;
  keyFrames: number;
  /** Instants that were passed over because the process was stalled. */
  skipped: number;
}

/** How a muted track behaves: `silent` goes on with black pictures or silence, as a disabled browser track; `stop` sends nothing. */
export type MuteKind = 'silent' | 'stop';

const TICK_MS = 10;
/** Being later than this is a stall, and a stall is a gap in the capture, not a burst. */
const STALL_US = 500_000;

/** Captures the pattern in real time: draws, codes and hands out, each instant exactly on its grid. */
export class TestMedia {
  readonly stats: TestMediaStats = { pictures: 0, sounds: 0, keyFrames: 0, skipped: 0 };
  readonly #options: TestMediaOptions;
  readonly #sink: TestMediaSink;
  readonly #clock: Clock;
  readonly #picture: PatternPicture;
  readonly #video: VideoEncoder | undefined;
  readonly #sound: SoundEncoder | undefined;
  #startedAt: WallUs | undefined;
  #nextPicture = 0;
  #nextSound = 0;
  #keyWanted = true;
  #mutedAudio: MuteKind | undefined;
  #mutedVideo: MuteKind | undefined;
  #cancel: CancelTimer = () => undefined;
  #closed = false;

  private constructor(
    options: TestMediaOptions,
    sink: TestMediaSink,
    clock: Clock,
    encoders: { video?: VideoEncoder; sound?: SoundEncoder },
  ) {
    this.#options = options;
    this.#sink = sink;
    this.#clock = clock;
    this.#picture = new PatternPicture(options);
    this.#video = encoders.video;
    this.#sound = encoders.sound;
  }

  /** Opens the encoders. Rejects for sizes, colours or settings that cannot be. */
  static async open(options: TestMediaOptions, sink: TestMediaSink, clock: Clock): Promise<TestMedia> {
    const encoders: { video?: VideoEncoder; sound?: SoundEncoder } = {};
    if (options.video) encoders.video = await VideoEncoder.open(options);
    if (options.audio) encoders.sound = await SoundEncoder.open();
    return new TestMedia(options, sink, clock, encoders);
  }

  /** Captures from now on, beginning with a key frame. Does nothing while running. */
  start(): void {
    if (this.#startedAt !== undefined || this.#closed) return;
    const now = this.#clock.wallUs();
    this.#startedAt = now;
    this.#nextPicture = firstPictureFrom(this.#options.fps, now);
    this.#nextSound = firstSoundFrom(now);
    this.#keyWanted = true;
    this.#cancel = this.#clock.every(TICK_MS, () => this.#capture());
  }

  /** Pauses the capture; `start` goes on at the then current instant. */
  pause(): void {
    this.#cancel();
    this.#startedAt = undefined;
  }

  /** The next picture will be a key frame. */
  wantKeyFrame(): void {
    this.#keyWanted = true;
  }

  /** Mutes the sound, or with undefined lets it be heard again. */
  muteAudio(kind: MuteKind | undefined): void {
    this.#mutedAudio = kind;
  }

  /** Mutes the picture, or with undefined lets it be seen again, beginning with a key frame. */
  muteVideo(kind: MuteKind | undefined): void {
    this.#mutedVideo = kind;
    this.#keyWanted = true;
  }

  /** Stops and releases the encoders. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.pause();
    this.#video?.close();
    this.#sound?.close();
  }

  #capture(): void {
    const now = this.#clock.wallUs();
    this.#passOver(now);
    // A sound exists when its last sample does.
    while (this.#sound && soundInstant(this.#nextSound) + SOUND_FRAME_US <= now)
      this.#captureSound(this.#sound, this.#nextSound++);
    while (this.#video && pictureInstant(this.#options.fps, this.#nextPicture) <= now)
      this.#capturePicture(this.#video, this.#nextPicture++);
  }

  #passOver(now: WallUs): void {
    const { fps } = this.#options;
    if (now - pictureInstant(fps, this.#nextPicture) > STALL_US) {
      const next = firstPictureFrom(fps, now);
      this.stats.skipped += next - this.#nextPicture;
      this.#nextPicture = next;
    }
    if (now - soundInstant(this.#nextSound) > STALL_US) this.#nextSound = firstSoundFrom(now);
  }

  #capturePicture(encoder: VideoEncoder, index: number): void {
    if (this.#mutedVideo === 'stop') return;
    const at = pictureInstant(this.#options.fps, index);
    const pixels = this.#mutedVideo ? this.#picture.renderMuted() : this.#picture.render(at);
    // 90 kHz of the absolute instant, in a range that stays exact: an encoder lives less than a week.
    const ticks = Math.round(((at % 604_800_000_000) * 9) / 100);
    const coded = encoder.encode(pixels, ticks, this.#keyWanted);
    if (!coded) return;
    if (coded.key) this.#keyWanted = false;
    this.stats.pictures += 1;
    if (coded.key) this.stats.keyFrames += 1;
    this.#sink.onPicture(coded, at);
  }

  #captureSound(encoder: SoundEncoder, index: number): void {
    if (this.#mutedAudio === 'stop') return;
    // Ahead by the codec's lookahead, so that a decoder's sample stands exactly at its RTP time.
    const first = index * OPUS_SAMPLES + encoder.lookahead;
    const samples = this.#mutedAudio
      ? new Float32Array(OPUS_SAMPLES * 2)
      : patternSound(first, OPUS_SAMPLES, this.#options.beepHz);
    const coded = encoder.encode(samples);
    if (!coded) return;
    this.stats.sounds += 1;
    this.#sink.onSound(coded, soundInstant(index), soundLevel(samples));
  }
}
