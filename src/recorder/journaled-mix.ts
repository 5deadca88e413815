import type { Clock } from '../clock.ts';
import type { ImageLoader } from '../images/image-loader.ts';
import { MixJournal } from '../mix-journal/mix-journal.ts';
import { fileKey } from '../naming/file-key.ts';
import type { Logger } from '../process/log.ts';
import type { LeasedTask, RecordedFile } from '../worker-api/messages.ts';
import type { EarlierEpochs } from './earlier-epochs.ts';
import { JournaledRecording } from './journaled-recording.ts';
import { MixFile } from './mix-file.ts';
import { MixTakeover, syncSegments } from './mix-takeover.ts';
import { MixedRoomRecording, type MixedRoomRecordingOptions } from './mixed-room-recording.ts';
import { spoolWriter, type FileWitness } from './spool-writer.ts';
import type { Spool } from './spool.ts';

/** What taking over the mix of a task needs. */
export interface TakenMixOptions {
  readonly task: LeasedTask;
  readonly spool: Spool;
  readonly earlier: EarlierEpochs;
  /** Whether the task is still this recorder's; always by default. */
  readonly mayWrite?: () => boolean;
  /** Told of the file. */
  readonly witness?: FileWitness;
  readonly images: Pick<ImageLoader, 'load'>;
  readonly log: Logger;
}

/** What the mix of a task needs. */
export interface JournaledMixOptions
  extends
    TakenMixOptions,
    Pick<MixedRoomRecordingOptions, 'requestKeyFrame' | 'onImageFailed' | 'onFault' | 'onArranged'> {
  readonly clock: Clock;
}

/** Segments that may be on their way to the disk. */
const SEGMENTS_IN_FLIGHT = 2;

/** The mix of a task under its present epoch, which begins with what the one before had not written. */
export function openJournaledMix(options: JournaledMixOptions): JournaledRecording {
  const { task, spool, images, mayWrite, requestKeyFrame, onImageFailed, onFault, clock, log } = options;
  const { onArranged } = options;
  const file = new MixFile(spoolWriter(options));
  const takeover = new MixTakeover({ ...options, file });
  const recording = new MixedRoomRecording({
    plan: task.plan,
    zeroUs: undefined,
    begin: takeover.begin,
    openWriter: (one) => file.open(one),
    requestKeyFrame,
    images,
    onImageFailed,
    ...(onArranged ? { onArranged } : {}),
    onFault,
    log,
  });
  const journal = new MixJournal({
    dir: spool.journalFolder(task.taskId, task.epoch),
    layout: task.plan.layout,
    written: () => recording.writtenUntil,
    syncWritten: () => syncSegments(spool.folder(task.taskId, task.epoch, fileKey('', 'mix')), SEGMENTS_IN_FLIGHT),
    ...(mayWrite ? { mayWrite } : {}),
    requestKeyFrame,
    onError: (error) => log.error({ err: error }, 'the journal of the mix cannot be written'),
  });
  const own = mayWrite ? { mayWrite } : {};
  return new JournaledRecording({ recording, journal, takeover, file, clock, ...own });
}

/** What a mix left that nobody goes on with. */
export interface TakenMix {
  /** Draws what is only in a journal and says what there is; undefined when it was closed before it was done. */
  finish(): Promise<RecordedFile[] | undefined>;
  /** Gives up. Idempotent. */
  close(): void;
}

/** Makes a file of what the owners before had not written, without a room. */
export function takeOverMix(options: TakenMixOptions): TakenMix {
  const file = new MixFile(spoolWriter(options));
  const takeover = new MixTakeover({ ...options, file });
  let closed = false;
  const close = (): void => {
    closed = true;
    takeover.close();
    file.close();
  };
  const finish = async (): Promise<RecordedFile[] | undefined> => {
    const files = await takeover.files();
    if (closed) return undefined;
    file.close();
    return files;
  };
  return { finish, close };
}
