import { sealFolder, type MediaEnd } from '../segment/media-end.ts';
import { readRecord, type RecordingRecord } from '../segment/recording-folder.ts';
import { recoverFolder, type RecoveredFolder } from '../segment/recover.ts';
import { floorWallMs, toWallMs, wallMs, wallUs, type WallMs, type WallUs } from '../units.ts';
import type { RecordedFile } from '../worker-api/messages.ts';
import type { Spool } from './spool.ts';

/** What owners of the task before this one left on the spool (docs/decisions/0003). */
export class EarlierEpochs {
  #spool: Spool;
  #taskId: string;
  #epoch: number;

  /** `epoch` is the present one; its own folders and those of a successor, who may be writing them, are not touched. */
  constructor(spool: Spool, taskId: string, epoch: number) {
    this.#spool = spool;
    this.#taskId = taskId;
    this.#epoch = epoch;
  }

  /** Zero of a file that an earlier epoch began; a later one must stamp from the same. */
  zeroOf(fileKey: string): WallUs | undefined {
    return this.#folders(fileKey)
      .map(readRecord)
      .find((record) => record !== undefined)?.zeroUs;
  }

  /** Puts a file's folders of earlier epochs in order, whose writers are gone, and says where the media of the last ends. */
  seal(fileKey: string): WallEnd {
    for (const dir of this.#folders(fileKey).toReversed()) {
      const end = sealFolder(dir);
      const zeroUs = end && readRecord(dir)!.zeroUs;
      if (zeroUs !== undefined) return placed(zeroUs, end!);
    }
    return {};
  }

  /** The present files, each begun as early as an earlier epoch began it, and the files that only earlier epochs have. */
  mergeInto(current: readonly RecordedFile[]): RecordedFile[] {
    const files = new Map(current.map((file) => [file.fileKey, file]));
    for (const fileKey of this.#spool.fileKeys(this.#taskId)) {
      const earlier = this.#folders(fileKey).flatMap((dir) => recordedIn(fileKey, dir));
      for (const file of earlier) files.set(fileKey, joined(files.get(fileKey), file));
    }
    return [...files.values()];
  }

  #folders(fileKey: string): string[] {
    const before = this.#spool.epochs(this.#taskId).filter((epoch) => epoch < this.#epoch);
    return before.map((epoch) => this.#spool.folder(this.#taskId, epoch, fileKey));
  }
}

/** Where the media of a file ends, on the wall clock; absent where there is none. */
export interface WallEnd {
  readonly lastPicture?: WallUs;
  readonly soundEnd?: WallUs;
}

function placed(zeroUs: WallUs, { lastPicture, soundEnd }: MediaEnd): WallEnd {
  return {
    ...(lastPicture === undefined ? {} : { lastPicture: wallUs(zeroUs + lastPicture) }),
    ...(soundEnd === undefined ? {} : { soundEnd: wallUs(zeroUs + soundEnd) }),
  };
}

function recordedIn(fileKey: string, dir: string): RecordedFile[] {
  const recovered = recoverFolder(dir);
  if (!recovered || recovered.segments.length === 0) return [];
  const { userId, mediaId, trackType } = recovered.record;
  return [{ fileKey, userId, mediaId, trackType, ...spanOf(recovered.record, recovered.segments) }];
}

function spanOf(
  { zeroUs }: RecordingRecord,
  segments: RecoveredFolder['segments'],
): { startMs: WallMs; endMs: WallMs } {
  const first = segments[0]!;
  const last = segments.at(-1)!;
  return {
    startMs: floorWallMs(wallUs(zeroUs + first.start)),
    endMs: toWallMs(wallUs(zeroUs + last.start + last.duration)),
  };
}

/** One file that was written in two goes. */
export function joined(one: RecordedFile | undefined, other: RecordedFile): RecordedFile {
  if (!one) return other;
  const trackType = one.trackType === other.trackType ? one.trackType : 'audio_video';
  return {
    ...one,
    trackType,
    startMs: wallMs(Math.min(one.startMs, other.startMs)),
    endMs: wallMs(Math.max(one.endMs, other.endMs)),
  };
}
