import type { LayoutPlan } from '../layout/layout-plan.ts';
import { evenCanvas } from '../layout/rect.ts';
import type { MediaId } from '../room-key.ts';
import type { AudioPacket, SegmentWriter } from '../segment/segment-writer.ts';
import type { AudioSink, VideoSink } from '../timeline/media.ts';
import { micros, wallUs, type Micros, type WallUs } from '../units.ts';
import { Admission } from './admission.ts';
import type { Effort } from './effort.ts';
import { Interleaver } from './interleaver.ts';
import type { MixedRecordingOptions } from './mix-options.ts';
import { openPictureEncoder, type PictureEncoder } from './picture-encoder.ts';
import { PictureMixer } from './picture-mixer.ts';
import { openSoundEncoder, type SoundEncoder } from './sound-encoder.ts';
import { SoundMixer } from './sound-mixer.ts';
import { SoundSource } from './sound-source.ts';
import { TickGrid } from './tick-grid.ts';

/** A track's place in the mix. `remove` takes this track away, never one that has replaced it. */
export interface MixedTrack {
  remove(at: WallUs): void;
}

/** Where a track's pictures go. */
export interface MixedPicture extends MixedTrack, VideoSink {}

/** Where a track's sound goes. */
export interface MixedSound extends MixedTrack, AudioSink {}

/** Counters of a mixed recording. */
export interface MixStats {
  /** Ticks drawn so far. */
  readonly ticks: number;
  readonly pictures: ReturnType<PictureMixer['stats']> | undefined;
  readonly sounds: ReturnType<SoundMixer['stats']> | undefined;
  /** Units of tracks that this recording does not take. */
  readonly ignored: number;
}

/** A query may hold the key to a private image, which is nothing for a log. */
const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, '');

const defaultLatency = micros(700_000);
/** Times of sound are rounded to a microsecond. */
const roundingUs = 100;
/** Whole frames, so that sound goes on in the same grid; an encoder that sets in with silence sees an attack and codes it in short blocks. */
const runInOf = (sampleRate: number): number => Math.round((4 * 1024 * 1_000_000) / sampleRate);

interface Parts {
  readonly options: MixedRecordingOptions;
  readonly grid: TickGrid;
  readonly firstTick: number;
  readonly soundFrom: Micros;
  /** Sound that the encoder is given before, so that the first frame fits to what another encoder wrote before it. */
  readonly soundRunIn: Micros;
  readonly windowTicks: number;
  readonly pictureEncoder: PictureEncoder | undefined;
  readonly soundEncoder: SoundEncoder | undefined;
  readonly writer: SegmentWriter;
}

function createPictureMixer(parts: Parts, interleaver: Interleaver): PictureMixer | undefined {
  const { options, pictureEncoder: encoder } = parts;
  return (
    encoder &&
    new PictureMixer({
      grid: parts.grid,
      firstTick: parts.firstTick,
      windowTicks: parts.windowTicks,
      canvas: evenCanvas(options.video),
      layout: options.layout,
      media: options.media ?? ['main', 'aux'],
      fill: options.fill,
      images: options.images,
      onArranged: options.onArranged,
      onTextFailed: (error) => options.log?.info({ err: error }, 'watermark texts cannot be drawn'),
      onImageFailed: (url, error) => {
        options.log?.info({ image: withoutQuery(url), err: error }, 'an image of the layout cannot be used');
        options.onImageFailed?.(url);
      },
      encoder,
      onPacket: (packet) => interleaver.video(packet),
    })
  );
}

/**
 * One mixed recording: everybody's pictures on one canvas and everybody's voices in one track, written as one file.
 * Nothing runs by itself: units and room changes come in as they happen, {@link MixedRecording.advance} produces.
 */
export class MixedRecording {
  readonly #options: MixedRecordingOptions;
  readonly #grid: TickGrid;
  readonly #firstTick: number;
  readonly #windowTicks: number;
  readonly #writer: SegmentWriter;
  readonly #interleaver: Interleaver;
  readonly #pictures: PictureMixer | undefined;
  readonly #sounds: SoundMixer | undefined;
  readonly #soundEncoder: SoundEncoder | undefined;
  readonly #admission = new Admission();
  readonly #voices = new Map<string, Set<SoundSource>>();
  readonly #soundFrom: Micros;
  #written: WallUs;
  #nextTick: number;
  #targetTick: number;
  #work: Generator<void> | undefined;
  #ignored = 0;
  #closed = false;

  /** Wraps opened parts; use {@link createMixedRecording}. */
  constructor(parts: Parts) {
    this.#options = parts.options;
    this.#grid = parts.grid;
    this.#firstTick = parts.firstTick;
    this.#windowTicks = parts.windowTicks;
    this.#written = parts.grid.at(parts.firstTick);
    this.#nextTick = parts.firstTick;
    this.#targetTick = parts.firstTick;
    this.#writer = parts.writer;
    this.#interleaver = new Interleaver(parts.writer, parts.pictureEncoder !== undefined);
    this.#pictures = createPictureMixer(parts, this.#interleaver);
    this.#soundEncoder = parts.soundEncoder;
    this.#soundFrom = parts.soundFrom;
    if (parts.soundEncoder) this.#sounds = this.#createSoundMixer(micros(parts.soundFrom - parts.soundRunIn));
  }

  /** True after {@link MixedRecording.finish} or {@link MixedRecording.close}. */
  get closed(): boolean {
    return this.#closed;
  }

  /** A user entered; from `at` on there is a place for them, empty until they send pictures. */
  addAnchor(userId: string, order: number, at: WallUs): void {
    this.#admission.enter(userId, order, at);
    this.#pictures?.roster.plan(at, { kind: 'enter', userId, order });
  }

  /** A user left with everything they sent; the places close up. */
  removeAnchor(userId: string, at: WallUs): void {
    this.#admission.leave(userId, at);
    this.#pictures?.roster.plan(at, { kind: 'leave', userId });
    for (const voice of this.#voices.get(userId) ?? []) voice.endAt(at);
    this.#voices.delete(userId);
  }

  /**
   * A user's camera or screen from `at` on. A second one of the same kind replaces the first, whose last picture stays
   * until the new one has its own. The user must have been added.
   */
  addPicture(userId: string, mediaId: MediaId, at: WallUs): MixedPicture {
    const mixer = this.#pictures;
    if (!mixer || this.#closed) return { onVideo: () => this.#ignore(), remove: () => {} };
    const source = mixer.createSource(() => this.#options.requestKeyFrame?.(userId, mediaId));
    mixer.roster.plan(at, { kind: 'show', userId, mediaId, source });
    return {
      onVideo: (unit) => source.onVideo(unit),
      remove: (end) => mixer.roster.plan(end, { kind: 'hide', userId, mediaId, source }),
    };
  }

  /** The picture is gone; the user keeps an empty place (the screen's place goes too). */
  removePicture(userId: string, mediaId: MediaId, at: WallUs): void {
    this.#pictures?.roster.plan(at, { kind: 'hide', userId, mediaId });
  }

  /** The user's pictures must not be seen any more, not even the last ones; the user keeps an empty place. */
  forgetPictures(userId: string, at: WallUs): void {
    this.#pictures?.roster.plan(at, { kind: 'forget', userId });
  }

  /** From `at` on the picture follows this layout; the file and its encoder go on (contract L18). */
  changeLayout(layout: LayoutPlan, at: WallUs): void {
    this.#pictures?.changeLayout(layout, at);
  }

  /** How much work the pictures are given from the next window on; the file and its times go on as they are. */
  setEffort(effort: Effort): void {
    this.#pictures?.setEffort(effort);
  }

  /** Microseconds by which production is behind what could be produced at `now`; 0 when it keeps up. */
  lag(now: WallUs): Micros {
    const latency = this.#options.latencyUs ?? defaultLatency;
    const due = this.#grid.at(this.#nextTick + this.#windowTicks);
    return micros(this.#closed ? 0 : Math.max(0, now - latency - due));
  }

  /** A segment of the file begins with the first tick from `at` on: what follows may turn out to belong to no file. */
  cutAt(at: WallUs): void {
    this.#pictures?.keyFrameAt(at);
    this.#writer.cutAt(micros(at - this.#options.zeroUs));
  }

  /** A user's voice, or the sound of a shared screen. Several of one user are all heard. */
  addSound(userId: string, _mediaId: MediaId, _at: WallUs): MixedSound {
    const mixer = this.#sounds;
    if (!mixer || this.#closed) return { onAudio: () => this.#ignore(), remove: () => {} };
    const source = new SoundSource({
      zero: this.#options.zeroUs,
      channels: this.#options.audio.channels,
      isHeard: (t) => this.#admission.admits(userId, t),
    });
    mixer.add(source);
    const voices = this.#voicesOf(userId).add(source);
    const remove = (end: WallUs): void => {
      voices.delete(source);
      source.endAt(end);
    };
    return { onAudio: (unit) => source.onAudio(unit), remove };
  }

  /**
   * Produces every window whose last tick is at least the latency before `now`. With `maxSteps` it stops after so many
   * steps (one source's pictures, one tick, or the sound of half a second: 1–30 ms each) and answers true when there is more to do: call again soon.
   * @throws NativeError when an encoder fails, or what the writer throws; the recording cannot go on then.
   */
  advance(now: WallUs, maxSteps: number = Number.POSITIVE_INFINITY): boolean {
    if (this.#closed) return false;
    const latency = this.#options.latencyUs ?? defaultLatency;
    const ready = this.#grid.lastUpTo(wallUs(now - latency)) + 1 - this.#firstTick;
    const whole = ready - (ready % this.#windowTicks);
    this.#targetTick = Math.max(this.#targetTick, this.#firstTick + whole);
    return this.#run(maxSteps);
  }

  /**
   * Produces everything before `at`, ends the file and closes. The file covers [startUs, endUs); the end is the end of
   * the last tick, or of the only moment when nothing was recorded.
   */
  finish(at: WallUs): { startUs: WallUs; endUs: WallUs } {
    if (!this.#closed) {
      this.#targetTick = Math.max(this.#targetTick, this.#grid.firstFrom(at));
      this.#run(Number.POSITIVE_INFINITY);
      this.#drain();
      this.close();
    }
    return { startUs: this.#grid.at(this.#firstTick), endUs: this.#grid.at(this.#nextTick) };
  }

  /** Everything before this is in the file, as far as the kernel; what the encoder holds back is not. */
  get writtenUntil(): WallUs {
    return this.#written;
  }

  /**
   * Decodes up to `most` pictures from before the recording's first tick, on which those that it shows may lean, and
   * answers true when there may be more. Nothing of them is drawn.
   */
  warmUp(most: number): boolean {
    return !this.#closed && (this.#pictures?.warmUp(most) ?? false);
  }

  /** Counters; cheap enough to be asked every second. */
  stats(): MixStats {
    return {
      ticks: this.#nextTick - this.#firstTick,
      pictures: this.#pictures?.stats(),
      sounds: this.#sounds?.stats(),
      ignored: this.#ignored,
    };
  }

  /** Frees everything and closes the file with what was produced so far. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#work?.return(undefined);
    this.#options.log?.info(this.stats(), 'mix ended');
    this.#pictures?.close();
    this.#sounds?.close();
    this.#soundEncoder?.close();
    this.#writer.flush();
    this.#writer.close();
  }

  #createSoundMixer(soundFrom: Micros): SoundMixer {
    const { zeroUs: zero, audio } = this.#options;
    return new SoundMixer({ zero, from: wallUs(zero + soundFrom), channels: audio.channels });
  }

  #run(maxSteps: number): boolean {
    this.#work ??= this.#produce();
    for (let step = 0; step < maxSteps; step++) {
      if (this.#work.next().done) {
        this.#work = undefined;
        return false;
      }
    }
    return true;
  }

  /** Sound goes first: the interleaver lets a picture through once all sound before it is there. */
  *#produce(): Generator<void> {
    while (this.#nextTick < this.#targetTick) {
      const end = Math.min(this.#targetTick, this.#nextTick + this.#windowTicks);
      this.#sounds?.mixUntil(this.#grid.at(end), (block) => this.#encodeSound(block));
      yield;
      if (this.#pictures) yield* this.#pictures.drawUntil(end);
      this.#nextTick = end;
      this.#writer.flush();
      this.#written = wallUs(this.#options.zeroUs + this.#interleaver.until);
      this.#admission.forgetBefore(this.#grid.at(end - this.#windowTicks));
    }
  }

  #drain(): void {
    const end = this.#grid.pts(this.#nextTick);
    this.#sounds?.finish(this.#grid.at(this.#nextTick), (block) => this.#encodeSound(block));
    for (const packet of this.#soundEncoder?.finish() ?? []) this.#writeSound(packet, end);
    this.#pictures?.finish();
    this.#interleaver.flush();
  }

  #encodeSound(block: readonly Float32Array[]): void {
    for (const packet of this.#soundEncoder?.encode(block) ?? []) this.#writeSound(packet, Infinity);
  }

  #writeSound(packet: AudioPacket, end: number): void {
    if (packet.pts < end && packet.pts > this.#soundFrom - roundingUs) this.#interleaver.audio(packet);
  }

  #voicesOf(userId: string): Set<SoundSource> {
    const known = this.#voices.get(userId);
    if (known) return known;
    const voices = new Set<SoundSource>();
    this.#voices.set(userId, voices);
    return voices;
  }

  #ignore(): void {
    this.#ignored += 1;
  }
}

async function openEncoders(
  options: MixedRecordingOptions,
  grid: TickGrid,
  soundFrom: Micros,
): Promise<Pick<Parts, 'pictureEncoder' | 'soundEncoder'>> {
  const { streams, video, audio } = options;
  const format = { ...video, ...evenCanvas(video) };
  const pictureEncoder = streams === 'audio' ? undefined : await openPictureEncoder(format, grid);
  const soundEncoder = streams === 'video' ? undefined : await openSoundEncoder(audio, soundFrom);
  return { pictureEncoder, soundEncoder };
}

/** Opens encoders and file. @throws NativeError when the library refuses the format, or what `openWriter` throws. */
export async function createMixedRecording(options: MixedRecordingOptions): Promise<MixedRecording> {
  const { video } = options;
  const grid = new TickGrid(options.zeroUs, video.fps);
  const firstTick = grid.firstFrom(options.fromUs ?? options.zeroUs);
  const { soundFromUs } = options;
  const soundFrom = soundFromUs === undefined ? grid.pts(firstTick) : micros(soundFromUs - options.zeroUs);
  const soundRunIn = micros(soundFromUs === undefined ? 0 : runInOf(options.audio.sampleRate));
  const encoders = await openEncoders(options, grid, micros(soundFrom - soundRunIn));
  const { pictureEncoder, soundEncoder } = encoders;
  const size = { ...evenCanvas(video), fps: video.fps };
  try {
    const formats = { video: pictureEncoder && size, audio: soundEncoder?.format };
    const writer = await options.openWriter(formats, () => pictureEncoder?.forceKeyFrame());
    const windowTicks = Math.max(1, Math.round(video.fps / 2));
    return new MixedRecording({ options, grid, firstTick, soundFrom, soundRunIn, windowTicks, ...encoders, writer });
  } catch (error) {
    pictureEncoder?.close();
    soundEncoder?.close();
    throw error;
  }
}
