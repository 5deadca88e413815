import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeClock } from '../../src/clock.ts';
import type { FeedAnchor } from '../../src/feed/messages.ts';
import { makeParts } from '../../src/finish/make-parts.ts';
import { fileKey } from '../../src/naming/file-key.ts';
import { EarlierEpochs } from '../../src/recorder/earlier-epochs.ts';
import type { JournaledRecording } from '../../src/recorder/journaled-recording.ts';
import { openJournaledMix, takeOverMix, type TakenMix } from '../../src/recorder/journaled-mix.ts';
import type { RoomRecording } from '../../src/recorder/room-recording.ts';
import { Spool } from '../../src/recorder/spool.ts';
import type { AudioUnit, VideoUnit } from '../../src/timeline/media.ts';
import type { LeasedTask, RecordedFile, RecordingPlan } from '../../src/worker-api/messages.ts';
import type { Sound } from '../codec/sound.ts';
import { decodeAudio, type SoundTrack } from '../kit/sound-track.ts';
import { decodeVideo, type VideoFrames } from '../kit/video-frames.ts';
import { camera, ramp } from '../single/pictures.ts';
import { at, noLimits, tempDir, voice, zero } from '../single/recorder-kit.ts';
import { feedTrack, leasedTask, plan, silent } from './recorder-kit.ts';

/** Milliseconds between two pictures of the camera, and of the mix. */
export const STEP_MS = 1000 / 15;
/** A beep of 60 ms at 1 kHz begins every 200 ms. */
export const BEEP_MS = 200;
export const BEEP_HZ = 1000;

const beeps: Sound = (n) => (n % 9600 < 2880 ? 0.4 * Math.sin((2 * Math.PI * BEEP_HZ * n) / 48_000) : 0);

const anchor: FeedAnchor = { userId: 'alice', order: 1, enteredUs: zero };
const mixPlan = (change: Partial<RecordingPlan>): RecordingPlan =>
  plan({ mode: 'mixed', video: { width: 160, height: 90, fps: 15, bitrate: 150_000, gopSeconds: 2 }, ...change });

const taskOf = (epoch: number, change: Partial<RecordingPlan>): LeasedTask => ({
  ...leasedTask('task', epoch),
  plan: mixPlan(change),
});

/** What somebody sends from a moment on; pictures and beeps are numbered from the zero of the test. */
export interface Sending {
  readonly fromMs: number;
  readonly pictures: readonly VideoUnit[];
  readonly sounds: readonly AudioUnit[];
}

/** A camera whose key frames come every `gop` pictures and a microphone, for so many seconds from a moment on. */
export async function sending(fromMs: number, seconds: number, gop = 60, sound = beeps): Promise<Sending> {
  const first = Math.ceil(fromMs / STEP_MS);
  const from = at(first * STEP_MS);
  const coded = await camera({
    from,
    count: Math.ceil((seconds * 1000) / STEP_MS),
    step: 66_667,
    width: 160,
    height: 90,
    gop,
    luma: (n) => ramp(first + n),
  });
  const pictures = coded.map((unit, n) => ({ ...unit, at: at((first + n) * STEP_MS) }));
  const beginMs = Math.ceil(fromMs / BEEP_MS) * BEEP_MS;
  return { fromMs, pictures, sounds: await voice(sound, beginMs, seconds * 50) };
}

/** The spool of a task and whatever owns it. */
export class MixStage {
  readonly spool: Spool;
  readonly clock: FakeClock;
  readonly asked: number[] = [];
  #ms: number;
  #change: Partial<RecordingPlan>;
  #recording: JournaledRecording | undefined;

  constructor(spool: Spool, fromMs = 0, change: Partial<RecordingPlan> = {}) {
    this.spool = spool;
    this.#ms = fromMs;
    this.#change = change;
    this.clock = new FakeClock(at(fromMs) / 1000);
  }

  #owner(epoch: number) {
    const task = taskOf(epoch, this.#change);
    const images = { load: (url: string) => Promise.reject(new Error(url)) };
    const earlier = new EarlierEpochs(this.spool, 'task', epoch);
    return { task, spool: this.spool, earlier, images, log: silent };
  }

  /** The mix under an epoch, as a recorder opens it. */
  open(t: TestContext, epoch: number): JournaledRecording {
    const recording = openJournaledMix({
      ...this.#owner(epoch),
      requestKeyFrame: (track) => void this.asked.push(track),
      onImageFailed: () => {},
      onFault: (error) => t.diagnostic(String(error)),
      clock: this.clock,
    });
    t.after(() => recording.close());
    this.#recording = recording;
    return recording;
  }

  /** What is done when nobody goes on. */
  takeOver(epoch: number): TakenMix {
    return takeOverMix(this.#owner(epoch));
  }

  /** Alice enters and sends until a moment, as a recorder would get it; `onTick` is called every 100 ms. */
  async send(recording: RoomRecording, what: Sending, untilMs: number, onTick = (_ms: number): void => {}) {
    recording.anchorEntered(anchor);
    const pictures = recording.openTrack(feedTrack({ track: 1 }))!;
    const sounds = recording.openTrack(feedTrack({ track: 2, media: 'audio' }))!;
    const units = [...what.pictures, ...what.sounds].sort((a, b) => a.at - b.at);
    while (this.#ms < untilMs) {
      this.#ms += 20;
      while (units[0] && units[0].at + 50_000 <= at(this.#ms)) {
        const unit = units.shift()!;
        if ('codec' in unit) pictures.onVideo(unit);
        else sounds.onAudio(unit);
      }
      if (this.#ms % 100 !== 0) continue;
      this.clock.advance(100);
      while (recording.advance(at(this.#ms)));
      onTick(this.#ms);
      // Encoders open and files are written in their own time.
      await sleep(2);
    }
  }

  /** The spool as it is, for somebody else: what a process that is killed now leaves. */
  async copy(t: TestContext): Promise<Spool> {
    await this.#recording?.settled();
    const root = mkdtempSync(join(tmpdir(), 'roomtape-killed-'));
    t.after(() => rmSync(root, { recursive: true, force: true }));
    cpSync(this.spool.root, root, { recursive: true });
    return new Spool(root);
  }
}

/** Sizes of all files below a folder. */
export function sizesBelow(root: string): Map<string, number> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name));
  return new Map(paths.map((path) => [relative(root, path), statSync(path).size]));
}

/** Cuts media and journals back to the sizes they had; what is newer is empty. */
export function cutTo(root: string, sizes: ReadonlyMap<string, number>): void {
  for (const path of sizesBelow(root).keys()) {
    if (/\.(ts|journal)$/.test(path)) truncateSync(join(root, path), sizes.get(path) ?? 0);
  }
}

/** The finished file of all epochs. */
export interface MixMp4 {
  readonly file: RecordedFile;
  readonly video: VideoFrames;
  readonly sound: SoundTrack;
}

/** Finishes what an owner reports, as the job of the file would. */
export async function finishMix(
  t: TestContext,
  spool: Spool,
  epoch: number,
  own: readonly RecordedFile[],
): Promise<MixMp4> {
  const [file] = new EarlierEpochs(spool, 'task', epoch).mergeInto(own);
  const dirs = spool.foldersOf('task', fileKey('', 'mix'));
  const { startMs, endMs } = file!;
  const [part] = await makeParts({ dirs, startMs, endMs, container: 'mp4', limits: noLimits }, tempDir(t));
  return { file: file!, video: await decodeVideo(part!.path), sound: await decodeAudio(part!.path) };
}
