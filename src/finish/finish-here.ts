import { rm, stat } from 'node:fs/promises';
import { systemClock } from '../clock.ts';
import { assembleMp4 } from './assemble.ts';
import type { FinishedFile, FinishRequest } from './finish-request.ts';
import { probeFile } from './probe.ts';
import { hashFile, publishFile } from './publish.ts';
import { sweepUnfinished, unfinishedPath } from './unfinished.ts';

/**
 * Does the whole work in this process: segments → MP4 → probe → its place. It may be redone at any time. Recorders use
 * {@link finishFile}, which keeps it away from running recordings.
 * @throws FinishError, or the error of the file system.
 */
export async function finishHere(request: FinishRequest): Promise<FinishedFile> {
  await sweepUnfinished(request.tempDir, systemClock().wallMs());
  const path = unfinishedPath(request);
  try {
    const expect = await assembleMp4(request, path);
    const probed = probeFile(path, { expect, spanMs: request.endMs - request.startMs });
    const { size } = await stat(path);
    const sha256 = await hashFile(path);
    await publishFile(path, request.outputPath);
    return { ...probed, sizeBytes: size, sha256, startMs: request.startMs, endMs: request.endMs };
  } finally {
    await rm(path, { force: true });
  }
}
