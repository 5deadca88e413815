import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import type { TencentVodStorage } from '../config/apps.ts';
import { extensionOf } from '../naming/file-name.ts';
import { hlsPlaylistName } from '../naming/hls-name.ts';
import type { VodDestination } from '../worker-api/messages.ts';
import type { FinishedFile } from './cos-parts.ts';
import { DeliveryError, type Deliver, type LocalPart } from './deliverer.ts';
import { mediaNameOf, uploadToTencentVod, type TencentVodOptions } from './tencent-vod.ts';
import { TencentVodError } from './tencent-vod-error.ts';

/** An app's account at Tencent VOD, and what a task says of its files there. */
export interface TencentVodTarget {
  readonly account: TencentVodStorage;
  readonly options: VodDestination;
}

/** Uploads parts to Tencent VOD, which gives each an id and an address; of HLS the playlist with its segments. */
export const toTencentVod =
  (target: TencentVodTarget, onSent?: (bytes: number) => void): Deliver =>
  async (part, signal) => {
    try {
      const rim = { clock: systemClock(), signal, onSent };
      const uploaded = await uploadToTencentVod(target.account, await filesOf(part), optionsOf(target, part), rim);
      return { fileId: uploaded.fileId, url: uploaded.mediaUrl };
    } catch (error) {
      throw error instanceof TencentVodError ? deliveryError(error) : error;
    }
  };

/** What the task asks for goes before what the app has by default. */
function optionsOf({ account, options }: TencentVodTarget, { name, container }: LocalPart): TencentVodOptions {
  const { expireSeconds, classId, procedure, sessionContext, sourceContext } = options;
  return {
    expireSeconds,
    classId,
    procedure,
    sessionContext,
    sourceContext,
    subAppId: options.askedSubAppId ?? account.subAppId,
    storageRegion: options.storageRegion ?? account.region,
    mediaName: mediaNameOf(name),
    mediaType: extensionOf[container],
  };
}

async function filesOf(part: LocalPart): Promise<[FinishedFile, ...FinishedFile[]]> {
  if (part.container !== 'hls') return [part];
  const names = (await readdir(part.path)).filter((name) => name !== hlsPlaylistName).sort();
  const playlist = await fileIn(part.path, hlsPlaylistName);
  const segments = await Promise.all(names.map((name) => fileIn(part.path, name)));
  return [{ ...playlist, sha256: part.sha256 }, ...segments];
}

async function fileIn(folder: string, name: string): Promise<FinishedFile> {
  const path = join(folder, name);
  return { path, sizeBytes: (await stat(path)).size, sha256: undefined };
}

/** Options that VOD refuses do not heal by waiting; a file that changed on this disk is made anew. */
function deliveryError({ fault, message, retryable }: TencentVodError): DeliveryError {
  if (fault === 'ours') return new DeliveryError('environment', message);
  return new DeliveryError('destination', message, !retryable);
}
