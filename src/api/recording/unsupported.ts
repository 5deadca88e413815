import { apiError } from '../errors.ts';
import { given } from '../fields.ts';
import type { CreateRequest } from './create-request.ts';

/**
 * What a valid CreateCloudRecording may ask for and does not get: combinations that the contract excludes, and what the
 * embedded library does not have. A parameter that changes what is recorded is never ignored.
 */

/**
 * `hasTaskFlows` is true where files go to Tencent VOD.
 * @throws {ApiError} UnsupportedOperation, whose message names the parameter.
 */
export function refuseUnsupported(request: CreateRequest, hasTaskFlows: boolean): void {
  const reason = excluded(request) ?? (hasTaskFlows ? undefined : withoutTaskFlows(request));
  if (reason) throw apiError('UnsupportedOperation', { reason });
}

function excluded({ StorageParams, RecordParams }: CreateRequest): string | undefined {
  const { CloudStorage, CloudVod } = StorageParams;
  if (CloudStorage && CloudVod) return '`CloudStorage` and `CloudVod` cannot be used together';
  const mediaType = CloudVod?.TencentVod?.MediaType;
  // 2 and 4 ask for AAC, which has no place for the picture (contract §2.4).
  if ((mediaType === 2 || mediaType === 4) && RecordParams.StreamType !== 1) {
    return '`TencentVod.MediaType` 2 and 4 are for audio-only recordings (`StreamType` 1)';
  }
  return undefined;
}

function withoutTaskFlows({ StorageParams }: CreateRequest): string | undefined {
  if (given(StorageParams.CloudVod?.TencentVod?.Procedure) === undefined) return undefined;
  return 'the embedded library has no task flows (`TencentVod.Procedure`)';
}
