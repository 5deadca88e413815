import { rm, stat } from 'node:fs/promises';
import { fileDigests } from '../evidence/file-digests.ts';
import { systemClock } from '../clock.ts';
import { freeMbAt } from '../disk-space.ts';
import { folderSize } from '../folder-size.ts';
import type { Deliver, LocalPart } from '../deliver/deliverer.ts';
import { extensionOf, partName } from '../naming/file-name.ts';
import type { FinishedPart } from '../worker-api/messages.ts';
import type { FinishMeter } from './finish-meter.ts';
import { FinishError, type FinishRequest } from './finish-request.ts';
import { findParts, keepParts } from './made-parts.ts';
import { makeParts, type MadePart } from './make-parts.ts';
import { hashFile } from './publish.ts';
import { claimWorkFolder, madeFolder, sweepUnfinished, workFolder } from './unfinished.ts';

/** With less free space, in MiB, a disk is full. */
const fullMb = 1;

/** Resolves when the job is still ours, as far as anybody can tell; never when it is not. */
export type Permission = () => Promise<void>;

/** What {@link finishHere} is told by, and tells, on its way. */
export interface FinishRim {
  readonly permission?: Permission;
  /** Counts how far it is. */
  readonly meter?: Pick<FinishMeter, 'begin' | 'reachShare'>;
}

/**
 * Does the whole work of a job in this process: segments → parts → checks → their destination, one after the other.
 * Nothing goes to the destination before every part has passed its checks and `permission` was given. It may be redone at any time. Recorders use
 * {@link finishFile}, which keeps it away from running recordings.
 * @throws FinishError, DeliveryError, or the error of the file system.
 */
export async function finishHere(
  request: FinishRequest,
  deliver: Deliver,
  signal: AbortSignal,
  { permission = async () => {}, meter }: FinishRim = {},
): Promise<FinishedPart[]> {
  await sweepUnfinished(request.tempDir, systemClock().wallMs(), request.giveUpMs);
  const folder = workFolder(request);
  try {
    const finished: FinishedPart[] = [];
    for (const part of await partsOf(request, folder, { permission, meter })) {
      await permission();
      meter?.begin('sending', part.sizeBytes);
      finished.push(await deliverOne(part, deliver, signal));
    }
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
async function partsOf(
  request: FinishRequest,
  folder: string,
  { permission, meter }: { readonly permission: Permission; readonly meter: FinishRim['meter'] },
): Promise<LocalPart[]> {
  const isNear = request.target.kind === 'library';
  const found = isNear ? undefined : await findParts(request);
  if (found) return found;
  await claimWorkFolder(folder);
  meter?.begin('making', await spooledBytes(request));
  const onShare = (share: number): void => meter?.reachShare(share);
  const made = await makeParts(request, folder, onShare).catch((error: unknown) => {
    // Whatever the muxer or the checks made of it.
    if (freeMbAt(folder) < fullMb) throw new FinishError('failed', 'the disk became full while the file was made');
    throw error;
  });
  const parts: LocalPart[] = [];
  meter?.begin('checking', 0);
  for (const [index] of made.entries()) parts.push(await named(request, made, index));
  if (isNear) return parts;
  await permission();
  return keepParts(request, folder, parts);
}

/** Bytes of the segments of a job; those that are not there count nothing. */
export async function spooledBytes({ dirs }: Pick<FinishRequest, 'dirs'>): Promise<number> {
  const sizes = await Promise.all(dirs.map((dir) => folderSize(dir).catch(() => 0)));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
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
