import { fileKey } from '../naming/file-key.ts';
import type { Logger } from '../process/log.ts';
import type { MediaId } from '../room-key.ts';
import { openSegmentWriter, type HlsWriter } from '../segment/hls-writer.ts';
import type { ChainHead } from '../segment/segment-chain.ts';
import type { AudioFormat, SegmentWriter } from '../segment/segment-writer.ts';
import type { WallUs } from '../units.ts';
import type { LeasedTask } from '../worker-api/messages.ts';
import type { Spool } from './spool.ts';

/** One file that a recording wants to write. */
export interface SpoolFile {
  /** Empty for the mix. */
  readonly userId: string;
  readonly mediaId: MediaId | 'mix';
  readonly zeroUs: WallUs;
  readonly audio: AudioFormat | undefined;
  /** Pictures come from the first packet on. */
  readonly video: boolean;
  /** Called when a key frame is wanted, to cut at or to go on with after a loss. */
  readonly requestKeyFrame: () => void;
}

/** Opens a file's segments in the folder of the task and epoch. */
export type OpenSpoolFile = (file: SpoolFile) => SegmentWriter;

/** Told of the files that are written. */
export interface FileWitness {
  onChained(fileKey: string, head: ChainHead): void;
  onRefused(userId: string, mediaId: MediaId | 'mix', error: Error): void;
}

/** Files of one task under its present epoch. A disk that refuses is logged once per file; the media path goes on. */
export function spoolWriter(options: {
  spool: Spool;
  task: LeasedTask;
  witness?: FileWitness;
  mayWrite?: () => boolean;
  log: Logger;
}): (file: SpoolFile) => HlsWriter {
  const { spool, task, witness, mayWrite, log } = options;
  return ({ userId, mediaId, zeroUs, audio, video, requestKeyFrame }) =>
    openSegmentWriter({
      dir: spool.folder(task.taskId, task.epoch, fileKey(userId, mediaId)),
      zeroUs,
      identity: { taskId: task.taskId, userId, mediaId, epoch: task.epoch },
      video,
      requestKeyFrame,
      ...(mayWrite ? { mayWrite } : {}),
      ...(audio ? { audio } : {}),
      onChained: (head) => witness?.onChained(fileKey(userId, mediaId), head),
      onError: (error) => {
        log.error({ err: error, user: userId, mediaId }, 'the spool refuses to be written');
        witness?.onRefused(userId, mediaId, error);
      },
    });
}
