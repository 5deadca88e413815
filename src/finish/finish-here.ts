import { rm, stat } from 'node:fs/promises';
import { fileDigests } from '../evidence/file-digests.ts';
import { systemClock } from '../clock.ts';
import { freeMbAt } from '../disk-space.ts';
import type { Deliver, LocalPart } from '../deliver/deliverer.ts';
import { extensionOf, partName } from '../naming/file-name.ts';
import type { FinishedPart } from '../worker-api/messages.ts';
import { FinishError, type FinishRequest } from './finish-request.ts';
import { findParts, keepParts } from './made-parts.ts';
import { makeParts, type MadePart } from './make-parts.ts';
import { hashFile } from './publish.ts';
import { claimWorkFolder, madeFolder, sweepUnfinished, workFolder } from './unfinished.ts';

/** With less free space, in MiB, a disk is full. */
const fullMb = 1;

/**
 * Does the whole work of a job in this process: segments → parts → checks → their destination, one after the other.
 * Nothing goes to the destination before every part has passed its checks. It may be redone at any time. Recorders use
 * {@link finishFile}, which keeps it away from running recordings.
 * @throws FinishError, DeliveryError, or the error of the file system.
 */
export async function finishHere(
  request: FinishRequest,
  deliver: Deliver,
  signal: AbortSignal,
): Promise<FinishedPart[]> {
  await sweepUnfinished(request.tempDir, systemClock().wallMs(), request.giveUpMs);
  const folder = workFolder(request);
  try {
    const finished: FinishedPart[] = [];
    for (const part of await partsOf(request, folder)) finished.push(await deliverOne(part, deliver, signal));
    return finished;
  } catch (error) {
    if (freeMbAt(request.tempDir) < (request.leastFreeMb ?? 0))
      await rm(madeFolder(request), { recursive: true, force: true });
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Into the library parts go by rename; on the way to any other place they may have to wait for another attempt. */
async function partsOf(request: FinishRequest, folder: string): Promise<LocalPart[]> {
  const isNear = request.target.kind === 'library';
  const found = isNear ? undefined : await findParts(request);
  if (found) return found;
  await claimWorkFolder(folder);
  const made = await makeParts(request, folder).catch((error: unknown) => {
    // Whatever the muxer or the checks made of it.
    if (freeMbAt(folder) < fullMb) throw new FinishError('failed', 'the disk became full while the file was made');
    throw error;
  });
  const parts: LocalPart[] = [];
  for (const [index] of made.entries()) parts.push(await named(request, made, index));
  return isNear ? parts : keepParts(request, folder, parts);
}

/** The index is in the names where there are several (contract §5). */
async function named(
  { nameStem, container }: FinishRequest,
  made: readonly MadePart[],
  index: number,
): Promise<LocalPart> {
  const part = made[index]!;
  const name = partName(nameStem, made.length > 1 ? index + 1 : undefined, extensionOf[container]);
  const checksum = part.checksum ?? { sizeBytes: (await stat(part.path)).size, sha256: await hashFile(part.path) };
  const digests = await fileDigests(part.path, container, part.startMs);
  return { ...part, ...checksum, digests, container, name, part: index + 1 };
}

async function deliverOne(local: LocalPart, deliver: Deliver, signal: AbortSignal): Promise<FinishedPart> {
  const { fileId, url } = await deliver(local, signal);
  // What is at its destination needs no room here while the others are on their way.
  await rm(local.path, { recursive: true, force: true });
  return finishedPart(local, fileId, url);
}

const finishedPart = (local: LocalPart, fileId: string, url: string | undefined): FinishedPart => ({
  part: local.part,
  name: local.name,
  fileId,
  ...(url === undefined ? {} : { url }),
  trackType: local.trackType,
  sizeBytes: local.sizeBytes,
  durationMs: local.durationMs,
  sha256: local.sha256,
  streams: local.streams,
  width: local.width,
  height: local.height,
  startMs: local.startMs,
  endMs: local.endMs,
  facts: local.facts,
  digests: local.digests,
});
