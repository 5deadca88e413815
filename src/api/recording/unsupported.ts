import type { AppStorage } from '../../config/apps.ts';
import { defaultCompat, type Compat } from '../../config/compat.ts';
import { apiError } from '../errors.ts';
import { given } from '../fields.ts';
import type { CreateRequest } from './create-request.ts';

/**
 * What a valid CreateCloudRecording may ask for and does not get: combinations that the contract excludes, and what the
 * app's storage does not take. A parameter that changes what is recorded is never ignored.
 */

/** Why a task with two destinations never starts, or undefined for a task with one (contract D-8). */
export function twoDestinations({ StorageParams }: CreateRequest): string | undefined {
  const { CloudStorage, CloudVod } = StorageParams;
  return CloudStorage && CloudVod ? '`CloudStorage` and `CloudVod` cannot be used together' : undefined;
}

/**
 * `storage` is where the app's CloudVod files go; `compat` decides whether two destinations are told here or by event
 * (D-8).
 * @throws {ApiError} UnsupportedOperation, whose message names the parameter.
 */
export function refuseUnsupported(
  request: CreateRequest,
  storage: AppStorage['kind'],
  { both_storages: both }: Pick<Compat, 'both_storages'> = defaultCompat,
): void {
  const twice = both === 'refuse' ? twoDestinations(request) : undefined;
  const reason = twice ?? excluded(request) ?? (storage === 'library' ? withoutTaskFlows(request) : undefined);
  if (reason) throw apiError('UnsupportedOperation', { reason });
}

function excluded({ StorageParams, RecordParams }: CreateRequest): string | undefined {
  const { CloudStorage, CloudVod } = StorageParams;
  const mediaType = CloudVod?.TencentVod?.MediaType;
  // 2 and 4 ask for AAC, which has no place for the picture (contract §2.4).
  if ((mediaType === 2 || mediaType === 4) && RecordParams.StreamType !== 1) {
    return '`TencentVod.MediaType` 2 and 4 are for audio-only recordings (`StreamType` 1)';
  }
  return CloudStorage ? soundOfPictures(RecordParams) : undefined;
}

/** A recording without sound has nothing for an AAC file, and sound that was not asked for is not recorded for one. */
function soundOfPictures({ OutputFormat, StreamType }: CreateRequest['RecordParams']): string | undefined {
  if (StreamType !== 2 || (OutputFormat !== 2 && OutputFormat !== 4)) return undefined;
  return '`OutputFormat` 2 and 4 make AAC, of which a video-only recording (`StreamType` 2) has none';
}

function withoutTaskFlows({ StorageParams }: CreateRequest): string | undefined {
  if (given(StorageParams.CloudVod?.TencentVod?.Procedure) === undefined) return undefined;
  return 'the embedded library has no task flows (`TencentVod.Procedure`)';
}
