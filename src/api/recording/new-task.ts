import type { MediaId } from '../../room-key.ts';
import type { NewTask } from '../../tasks/service.ts';
import type { RecordingPlan } from '../../worker-api/messages.ts';
import { given } from '../fields.ts';
import { isMixed, roomKind, type CreateRequest } from './create-request.ts';
import { audioPlan, videoPlan } from './transcode-params.ts';
import { defaultPlan } from '../../worker-api/default-plan.ts';

const streamTypes = ['audio-video', 'audio', 'video'] as const satisfies readonly RecordingPlan['streams'][];
const mediaIds = [['main', 'aux'], ['main'], ['aux']] as const satisfies readonly (readonly MediaId[])[];

/** A checked CreateCloudRecording as a task, defaults of contract §2.1–2.5 filled in. */
export function toNewTask(request: CreateRequest): NewTask {
  const vod = request.StorageParams.CloudVod?.TencentVod ?? {};
  return {
    room: { sdkAppId: request.SdkAppId, kind: roomKind(request), roomId: request.RoomId },
    botUserId: request.UserId,
    plan: toPlan(request),
    vod: {
      subAppId: vod.SubAppId || request.SdkAppId,
      expireSeconds: vod.ExpireTime ?? 0,
      userDefineRecordId: given(vod.UserDefineRecordId),
    },
    resourceExpiredHours: request.ResourceExpiredHour ?? 72,
  };
}

/** OutputFormat and AvMerge have no effect on library files: they are MP4 with both media (contract §2.2). */
function toPlan(request: CreateRequest): RecordingPlan {
  const { MaxIdleTime, StreamType, MediaId } = request.RecordParams;
  const mixed = isMixed(request);
  const transcode = (mixed && request.MixTranscodeParams) || {};
  return {
    ...defaultPlan,
    mode: mixed ? 'mixed' : 'single',
    maxIdleSeconds: MaxIdleTime ?? 30,
    streams: streamTypes[StreamType ?? 0] ?? 'audio-video',
    media: mediaIds[MediaId ?? 0] ?? mediaIds[0],
    video: videoPlan(transcode),
    audio: audioPlan(transcode),
  };
}
