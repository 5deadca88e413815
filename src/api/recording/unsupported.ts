import { apiError } from '../errors.ts';
import { given } from '../fields.ts';
import { isMixed, type CreateRequest } from './create-request.ts';
import type { LayoutParams } from './layout-params.ts';

/**
 * What a valid CreateCloudRecording may ask for and does not get: combinations that the contract excludes, and
 * what is not built yet. A parameter that changes what is recorded is never ignored; a value that equals what is
 * done anyway is fine.
 */

/** @throws {ApiError} UnsupportedOperation, whose message names the parameter. */
export function refuseUnsupported(request: CreateRequest): void {
  const reason = excluded(request) ?? firstNotBuilt(request);
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

function firstNotBuilt(request: CreateRequest): string | undefined {
  const asked = [
    ...storageNotBuilt(request),
    ...recordingNotBuilt(request),
    ...(isMixed(request) && request.MixLayoutParams ? layoutNotBuilt(request.MixLayoutParams) : []),
  ].find(([isAsked]) => isAsked);
  return asked && `${asked[1]} is not supported yet`;
}

/** Whether the request asks for it, and its name for the message. */
type Feature = readonly [isAsked: boolean, name: string];

function storageNotBuilt({ StorageParams }: CreateRequest): Feature[] {
  const vod = StorageParams.CloudVod?.TencentVod ?? {};
  return [
    [StorageParams.CloudStorage !== undefined, 'recording to object storage (`StorageParams.CloudStorage`)'],
    [(vod.MediaType ?? 0) !== 0, '`TencentVod.MediaType` other than 0 (MP4)'],
    [given(vod.Procedure) !== undefined, 'a task flow (`TencentVod.Procedure`)'],
  ];
}

function recordingNotBuilt({ RecordParams }: CreateRequest): Feature[] {
  const lists = Object.values(RecordParams.SubscribeStreamUserIds ?? {});
  return [
    [lists.some((list) => list !== undefined && list.length > 0), 'a subscription list (`SubscribeStreamUserIds`)'],
    [RecordParams.FillType === 1, '`RecordParams.FillType` 1 (black picture)'],
    [(RecordParams.MaxMediaFileDuration ?? 1440) !== 1440, '`RecordParams.MaxMediaFileDuration` other than 1440'],
  ];
}

function layoutNotBuilt(layout: LayoutParams): Feature[] {
  const background = given(layout.BackGroundColor) ?? '#000000';
  return [
    [layout.MixLayoutMode !== 3, '`MixLayoutParams.MixLayoutMode` other than 3 (grid)'],
    [!background.endsWith('000000'), '`MixLayoutParams.BackGroundColor` other than black'],
    [given(layout.BackgroundImageUrl) !== undefined, '`MixLayoutParams.BackgroundImageUrl`'],
    [layout.PlaceHolderMode === 1, '`MixLayoutParams.PlaceHolderMode` 1'],
    [given(layout.DefaultSubBackgroundImage) !== undefined, '`MixLayoutParams.DefaultSubBackgroundImage`'],
    [(layout.WaterMarkList ?? []).length > 0, 'a watermark (`MixLayoutParams.WaterMarkList`)'],
    [(layout.RenderMode ?? 1) !== 1, '`MixLayoutParams.RenderMode` other than 1 (crop)'],
    [layout.PureAudioDisableLayout === true, '`MixLayoutParams.PureAudioDisableLayout`'],
  ];
}
