import type { Compat } from '../../config/compat.ts';
import type { MediaId } from '../../room-key.ts';
import type { NewTask } from '../../tasks/service.ts';
import { defaultPlan } from '../../worker-api/default-plan.ts';
import type {
  Container,
  Destination,
  MediumSubscription,
  RecordingPlan,
  SubscriptionPlan,
} from '../../worker-api/messages.ts';
import { given } from '../fields.ts';
import { isMixed, roomKind, type CreateRequest } from './create-request.ts';
import { toLayoutPlan, type LayoutCompat } from './layout-plan.ts';
import type { SubscribeLists } from './record-params.ts';
import { bucketOf } from './storage-params.ts';
import { audioPlan, videoPlan } from './transcode-params.ts';

const streamTypes = ['audio-video', 'audio', 'video'] as const satisfies readonly RecordingPlan['streams'][];
const mediaIds = [['main', 'aux'], ['main'], ['aux']] as const satisfies readonly (readonly MediaId[])[];
type Outputs = readonly (readonly Container[])[];
/** TencentVod.MediaType (contract §2.4). */
const vodOutputs = [['mp4'], ['hls'], ['aac'], ['hls', 'mp4'], ['hls', 'aac']] as const satisfies Outputs;
/** OutputFormat, which has no effect on library files (contract §2.2). */
const bucketOutputs = [['hls'], ['hls', 'mp4'], ['hls', 'aac'], ['mp4'], ['aac']] as const satisfies Outputs;

/** Which answers of contract §0.2 a plan follows. */
export type PlanCompat = LayoutCompat & Pick<Compat, 'idle_seconds'>;

/**
 * A checked CreateCloudRecording as a task, defaults of contract §2.1–2.6 filled in. `compat` decides D-7, D-9 and D-12.
 */
export function toNewTask(request: CreateRequest, compat: PlanCompat): NewTask {
  return {
    room: { sdkAppId: request.SdkAppId, kind: roomKind(request), roomId: request.RoomId },
    botUserId: request.UserId,
    plan: toPlan(request, compat),
    destination: toDestination(request),
    userDefineRecordId: given(request.StorageParams.CloudVod?.TencentVod?.UserDefineRecordId),
    resourceExpiredHours: request.ResourceExpiredHour ?? 72,
  };
}

function toPlan(request: CreateRequest, compat: PlanCompat): RecordingPlan {
  const { RecordParams: params } = request;
  const mixed = isMixed(request);
  const transcode = (mixed && request.MixTranscodeParams) || {};
  const outputs = outputsOf(request);
  // Nobody would see pictures of a recording that is delivered as sound alone.
  const soundOnly = outputs.every((one) => one === 'aac');
  return {
    mode: mixed ? 'mixed' : 'single',
    maxIdleSeconds: params.MaxIdleTime ?? compat.idle_seconds,
    streams: soundOnly ? 'audio' : (streamTypes[params.StreamType ?? 0] ?? 'audio-video'),
    media: mediaIds[params.MediaId ?? 0] ?? mediaIds[0],
    video: videoPlan(transcode),
    audio: audioPlan(transcode),
    layout: toLayoutPlan(mixed ? request.MixLayoutParams : undefined, compat),
    subscription: toSubscription(params.SubscribeStreamUserIds),
    fill: params.FillType === 1 ? 'black' : 'hold',
    relayRobots: params.SubscribeAbility === 1,
    maxFileMinutes: params.MaxMediaFileDuration ?? defaultPlan.maxFileMinutes,
    outputs,
    avMerge: mixed || request.StorageParams.CloudStorage === undefined || mergesMedia(params),
  };
}

/** There is nothing to merge, and nothing to say of it in names, where one medium alone is recorded (contract §5). */
const mergesMedia = ({ AvMerge, StreamType = 0 }: CreateRequest['RecordParams']): boolean =>
  AvMerge === 1 && StreamType === 0;

function outputsOf({ StorageParams, RecordParams }: CreateRequest): readonly Container[] {
  if (StorageParams.CloudStorage) return bucketOutputs[RecordParams.OutputFormat ?? 0] ?? bucketOutputs[0];
  return vodOutputs[StorageParams.CloudVod?.TencentVod?.MediaType ?? 0] ?? vodOutputs[0];
}

/** SubscribeStreamUserIds; absent and empty lists restrict nothing (contract §2.3). */
export function toSubscription(lists: SubscribeLists | undefined): SubscriptionPlan {
  const medium = (name: 'Audio' | 'Video'): MediumSubscription => ({
    allow: lists?.[`Subscribe${name}UserIds`] ?? [],
    block: lists?.[`UnSubscribe${name}UserIds`] ?? [],
  });
  return { audio: medium('Audio'), video: medium('Video') };
}

function toDestination({ StorageParams, SdkAppId }: CreateRequest): Destination {
  if (StorageParams.CloudStorage) return bucketOf(StorageParams.CloudStorage);
  const vod = StorageParams.CloudVod?.TencentVod ?? {};
  return {
    kind: 'vod',
    subAppId: vod.SubAppId || SdkAppId,
    askedSubAppId: vod.SubAppId || undefined,
    expireSeconds: vod.ExpireTime ?? 0,
    classId: vod.ClassId ?? 0,
    procedure: given(vod.Procedure),
    storageRegion: given(vod.StorageRegion),
    sessionContext: given(vod.SessionContext),
    sourceContext: given(vod.SourceContext),
  };
}
