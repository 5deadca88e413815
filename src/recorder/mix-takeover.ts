import { appendFileSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageLoader } from '../images/image-loader.ts';
import { isForeign, spanOfJournal, type JournalSpan } from '../mix-journal/read-journal.ts';
import { fileKey } from '../naming/file-key.ts';
import type { Logger } from '../process/log.ts';
import { segmentNames } from '../segment/recording-folder.ts';
import { syncPath } from '../durable-folder.ts';
import { wallUs, type WallUs } from '../units.ts';
import type { LeasedTask, RecordedFile } from '../worker-api/messages.ts';
import { joined, type EarlierEpochs, type WallEnd } from './earlier-epochs.ts';
import { JournalPlayer } from './journal-player.ts';
import type { MixFile } from './mix-file.ts';
import { MixedRoomRecording, type MixBeginning } from './mixed-room-recording.ts';
import type { Spool } from './spool.ts';

/** What a {@link MixTakeover} needs of the world. */
export interface MixTakeoverOptions {
  readonly task: LeasedTask;
  readonly spool: Spool;
  readonly earlier: EarlierEpochs;
  /** The file of the present epoch. */
  readonly file: MixFile;
  /** Whether the task is still this recorder's; always by default. */
  readonly mayWrite?: () => boolean;
  readonly images: Pick<ImageLoader, 'load'>;
  readonly log: Logger;
}

/** What was made of the journals. */
interface Outcome {
  /** Zero of the mix, where an earlier epoch set it. */
  readonly zeroUs: WallUs | undefined;
  /** The mix of before is in its file up to here. */
  readonly endUs: WallUs | undefined;
  readonly files: RecordedFile[];
}

/** Where what is drawn begins. */
interface DrawnFrom {
  readonly zeroUs: WallUs;
  readonly fromUs: WallUs;
  readonly soundFromUs: WallUs;
}

const MIX = fileKey('', 'mix');
/** Shorter than the tick of any mix, longer than what rounding of stamps makes of a time. */
const ROUNDING_US = 2_000;
/** A journal that kills every process that plays it is left alone after so many. */
const MOST_TRIES = 3;
/** No journal holds so much; a time that is further off is none. */
const MOST_US = 90_000_000;
/** Images of the layout are waited for so long, in milliseconds. */
const IMAGES_MS = 3_000;

/**
 * Takes over a mix whose owner died: what that one had received but not written is drawn from its journal, right
 * behind what it has written and before the mix goes on live (docs/decisions/0013). It begins at once.
 */
export class MixTakeover {
  readonly #options: MixTakeoverOptions;
  readonly #stop = new AbortController();
  readonly #outcome: Promise<Outcome>;
  #recording: MixedRoomRecording | undefined;

  /**
   * The owners of before must be gone, and the present one must not have begun to write.
   * @throws Error when what they left cannot be read at all.
   */
  constructor(options: MixTakeoverOptions) {
    this.#options = options;
    const { spool, task, earlier } = options;
    const epochs = spool.journals(task.taskId).filter((epoch) => epoch < task.epoch);
    this.#outcome = this.#takeOver(epochs, earlier.zeroOf(MIX));
  }

  /** Where the live mix begins whose first media came at `first`; resolves when its file is free. */
  readonly begin = async (first: WallUs): Promise<MixBeginning> => {
    const { zeroUs, endUs } = await this.#outcome;
    return { zeroUs: zeroUs ?? first, fromUs: wallUs(Math.max(first, endUs ?? first)) };
  };

  /** What was drawn, in the folder of the present epoch. */
  async files(): Promise<RecordedFile[]> {
    return (await this.#outcome).files;
  }

  /** Gives up; the journals stay for somebody else. Idempotent. */
  close(): void {
    this.#stop.abort();
    this.#recording?.close();
  }

  async #takeOver(epochs: readonly number[], zeroUs: WallUs | undefined): Promise<Outcome> {
    let outcome: Outcome = { zeroUs, endUs: undefined, files: [] };
    for (const epoch of epochs) {
      if (this.#stop.signal.aborted) break;
      outcome = await this.#takeJournal(epoch, outcome);
    }
    return outcome;
  }

  /** A journal that cannot be played must not keep the mix from going on. */
  async #takeJournal(epoch: number, before: Outcome): Promise<Outcome> {
    const { spool, task, log } = this.#options;
    const dir = spool.journalFolder(task.taskId, epoch);
    try {
      if (!(await isPlayable(dir, log))) return before;
      const outcome = await this.#play(dir, before);
      if (this.#isOurs()) await this.#forget(dir, outcome);
      return outcome;
    } catch (error) {
      log.error({ err: error, journal: epoch }, 'the journal of the mix cannot be played; what it holds is missing');
      return before;
    }
  }

  #isOurs(): boolean {
    return !this.#stop.signal.aborted && this.#options.mayWrite?.() !== false;
  }

  async #play(dir: string, before: Outcome): Promise<Outcome> {
    const span = await spanOfJournal(dir);
    if (!span) return before;
    const zeroUs = before.zeroUs ?? span.first;
    const beginning = this.#beginningOf(span, zeroUs, before.endUs);
    if (span.end - beginning.fromUs <= ROUNDING_US) return { ...before, zeroUs };
    const endUs = wallUs(Math.min(span.end, beginning.fromUs + MOST_US));
    const [own] = await this.#draw(dir, { ...span, end: endUs }, beginning);
    const drawn = { fromMs: beginning.fromUs / 1000, endMs: endUs / 1000, whole: own !== undefined };
    this.#options.log.warn(drawn, 'drew from its journal what the mix of a dead recorder had not written');
    const [earlier] = before.files;
    return { zeroUs, endUs, files: own ? [earlier ? joined(earlier, own) : own] : before.files };
  }

  /** Pictures and sound go on each from where they end, not from before the journal. */
  #beginningOf(span: JournalSpan, zeroUs: WallUs, endUs: WallUs | undefined): DrawnFrom {
    const end: WallEnd =
      endUs === undefined ? this.#options.earlier.seal(MIX) : { lastPicture: endUs, soundEnd: endUs };
    const { lastPicture = end.soundEnd, soundEnd = end.lastPicture } = end;
    const fromUs = later(span.first, lastPicture && wallUs(lastPicture + ROUNDING_US));
    return { zeroUs, fromUs, soundFromUs: soundEnd === undefined ? fromUs : later(span.first, soundEnd) };
  }

  async #draw(dir: string, span: JournalSpan, beginning: DrawnFrom): Promise<RecordedFile[]> {
    const { task, file, log } = this.#options;
    const images = new AwaitedImages(this.#options.images);
    const faults: unknown[] = [];
    const refused = file.lostBytes;
    const recording = new MixedRoomRecording({
      plan: { ...task.plan, layout: span.layout },
      zeroUs: beginning.zeroUs,
      begin: () => Promise.resolve(beginning),
      openWriter: (options) => file.open(options),
      requestKeyFrame: () => {},
      images,
      onImageFailed: () => {},
      onFault: (error) => faults.push(error),
      log,
    });
    this.#recording = recording;
    try {
      const { soundFromUs } = beginning;
      const { signal } = this.#stop;
      await new JournalPlayer({ dir, recording, soundFromUs, signal, ready: () => images.settled() }).play();
      const files = signal.aborted ? [] : await recording.finish(span.end);
      if (faults.length > 0) throw faults[0];
      if (file.lostBytes > refused) throw new Error('the disk refused what was drawn');
      return files;
    } finally {
      recording.close();
    }
  }

  /** The journal goes when what was drawn from it is on the disk. */
  async #forget(dir: string, { files }: Outcome): Promise<void> {
    const { spool, task } = this.#options;
    if (files.length > 0) await syncSegments(spool.folder(task.taskId, task.epoch, MIX));
    await rm(dir, { recursive: true, force: true });
  }
}

const later = (a: WallUs, b: WallUs | undefined): WallUs => wallUs(Math.max(a, b ?? a));

async function isPlayable(dir: string, log: Logger): Promise<boolean> {
  if (await isForeign(dir)) {
    log.warn({ dir }, 'the journal of the mix is of another version; it is not read');
    return false;
  }
  const tries = join(dir, 'tries');
  const { size } = await stat(tries).catch(() => ({ size: 0 }));
  if (size >= MOST_TRIES) log.error({ dir }, 'the journal of the mix was tried in vain; it is not played again');
  else appendFileSync(tries, '.');
  return size < MOST_TRIES;
}

/** Brings the newest segments of a folder, and its list of files, onto the disk. */
export async function syncSegments(dir: string, count = Number.POSITIVE_INFINITY): Promise<void> {
  const newest = segmentNames(dir).toReversed().slice(0, count);
  for (const name of newest) await syncPath(join(dir, name));
  if (newest.length > 0) await syncPath(dir);
}

/** Images of a layout, with a way to wait until they are there. */
class AwaitedImages implements Pick<ImageLoader, 'load'> {
  readonly #images: Pick<ImageLoader, 'load'>;
  readonly #loading = new Set<Promise<unknown>>();

  constructor(images: Pick<ImageLoader, 'load'>) {
    this.#images = images;
  }

  readonly load: ImageLoader['load'] = (...args) => {
    const loading = this.#images.load(...args);
    this.#loading.add(loading);
    return loading;
  };

  /** Resolves when all have come or failed, or none will be waited for any longer. */
  async settled(): Promise<void> {
    if (this.#loading.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, IMAGES_MS)));
    await Promise.race([Promise.allSettled(this.#loading), late]);
    clearTimeout(timer);
  }
}
