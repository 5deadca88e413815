import { closeSync, openSync, readSync } from 'node:fs';
import { aacFrameSamples } from '../codec/aac-encoder.ts';
import { adtsFrames } from '../segment/adts.ts';
import { FinishError } from './finish-request.ts';
import { checkDuration, probeFile, type ProbedFile } from './probe.ts';

const pieceBytes = 1 << 20;
/** More than the longest frame. */
const overlapBytes = 1 << 13;

/**
 * Opens a finished ADTS file as a player would, and counts its frames, since nothing else in it says how long it is.
 * @throws FinishError `probe-failed`
 */
export function probeAdts(path: string, spanMs: number): ProbedFile {
  const probed = probeFile(path, { expect: { audio: true, video: false }, spanMs: undefined });
  const { frames, bytes, sampleRate } = countFrames(path);
  const durationMs = Math.round((frames * aacFrameSamples * 1000) / sampleRate);
  checkDuration(durationMs, spanMs);
  const audioBitrate = Math.round((bytes * 8000) / Math.max(1, durationMs));
  return { ...probed, durationMs, facts: { ...probed.facts, audioBitrate, sampleRate } };
}

interface Count {
  frames: number;
  bytes: number;
  sampleRate: number;
}

function countFrames(path: string): Count {
  const count: Count = { frames: 0, bytes: 0, sampleRate: 48_000 };
  const piece = Buffer.allocUnsafe(pieceBytes);
  const fd = openSync(path, 'r');
  try {
    for (;;) {
      const length = readSync(fd, piece, 0, pieceBytes, count.bytes);
      if (length === 0) return count;
      const isLast = length < pieceBytes;
      countPiece(piece.subarray(0, length), isLast ? length : length - overlapBytes, count);
    }
  } finally {
    closeSync(fd);
  }
}

/** Counts the frames that begin before `until`; the others are read again. */
function countPiece(piece: Buffer, until: number, count: Count): void {
  let at = 0;
  for (const { data, sampleRate } of adtsFrames(piece)) {
    if (at >= until) break;
    at = data.byteOffset + data.length - piece.byteOffset;
    count.frames += 1;
    count.sampleRate = sampleRate;
  }
  if (at === 0 || (until === piece.length && at < until)) {
    throw new FinishError('probe-failed', `the finished file is no AAC at byte ${count.bytes + at}`);
  }
  count.bytes += at;
}
