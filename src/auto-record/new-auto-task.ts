import { newBotId } from '../bot-id.ts';
import type { CallbackTarget } from '../config/apps.ts';
import { gridPlan, type LayoutPlan } from '../layout/layout-plan.ts';
import type { RoomKey } from '../room-key.ts';
import type { NewTask } from '../tasks/service.ts';
import { defaultPlan } from '../worker-api/default-plan.ts';
import type { BucketDestination, Destination, RecordingPlan } from '../worker-api/messages.ts';
import type { AutoMode, AutoRecordRule } from './rule.ts';

/** The longest that CreateCloudRecording grants: such a task can be looked at and stopped for 30 days. */
const RESOURCE_HOURS = 720;
/** Pictures of every template of a rule, the big one included (contract §2.12). */
const MOST_PICTURES = 8;

/** A bucket of a rule. */
export type RuleBucket = NonNullable<AutoRecordRule['storage']['bucket']>;

const STREAMS = { audio_video: 'audio-video', audio: 'audio', video: 'video' } as const;
const LAYOUTS = { 1: 'floating', 2: 'share', 3: 'grid' } as const;

/** What starts a task by a rule. */
export interface AutoStart {
  readonly room: RoomKey;
  readonly sessionId: number;
  readonly mode: AutoMode;
  readonly revision: number;
  readonly rule: AutoRecordRule;
}

/** The task that a rule asks for, with a bot of its own. Undefined when the rule does not ask for that mode. */
export function newAutoTask({ room, sessionId, mode, revision, rule }: AutoStart): NewTask | undefined {
  const plan = autoPlan(rule, mode);
  return (
    plan && {
      room,
      botUserId: newBotId(mode),
      plan,
      destination: destinationOf(rule, room.sdkAppId),
      userDefineRecordId: rule.storage.vod?.file_prefix,
      resourceExpiredHours: RESOURCE_HOURS,
      callback: callbackOf(rule),
      auto: { revision, sessionId },
    }
  );
}

function autoPlan(rule: AutoRecordRule, mode: AutoMode): RecordingPlan | undefined {
  const own = rule[mode];
  if (!own?.enabled) return undefined;
  const toBucket = rule.storage.bucket !== undefined;
  return {
    ...defaultPlan,
    mode,
    maxIdleSeconds: rule.max_idle_time,
    streams: STREAMS[own.content],
    maxFileMinutes: own.max_file_minutes,
    outputs: own.formats,
    // There is nothing to merge in a single recording of one medium (contract §5).
    avMerge: mode === 'mixed' || !toBucket || own.content === 'audio_video',
    ...(mode === 'mixed' && mixedPlan(rule.mixed)),
  };
}

function mixedPlan(mixed: AutoRecordRule['mixed']): Partial<RecordingPlan> {
  if (!mixed) return {};
  const { video, audio } = mixed;
  return {
    video: {
      width: video.width,
      height: video.height,
      fps: video.fps,
      bitrate: video.bitrate,
      gopSeconds: video.gop,
    },
    audio: { sampleRate: audio.sample_rate, channels: audio.channels, bitrate: audio.bitrate },
    layout: layoutOf(mixed.layout),
  };
}

function layoutOf(layout: NonNullable<AutoRecordRule['mixed']>['layout']): LayoutPlan {
  const { mode, big_prefix: prefix, big_media: mediaId, background_image: image } = layout;
  return {
    ...gridPlan,
    mode: LAYOUTS[mode],
    mostPictures: MOST_PICTURES,
    background: layout.background_color.toLowerCase(),
    renderMode: layout.render_mode,
    ...(image !== undefined && { backgroundImage: { url: image, renderMode: 'crop' } }),
    ...(prefix !== undefined && { big: { userId: prefix, mediaId, match: 'prefix' } }),
  };
}

/** A rule's bucket as recorders know it. */
export function bucketOf(bucket: RuleBucket): BucketDestination {
  const { access_key: accessKey, secret_key: secretKey, ...place } = bucket;
  return { kind: 'bucket', ...place, accessKey, secretKey };
}

function destinationOf({ storage: { bucket, vod } }: AutoRecordRule, sdkAppId: number): Destination {
  if (bucket) return bucketOf(bucket);
  return {
    kind: 'vod',
    subAppId: vod?.sub_app_id ?? sdkAppId,
    askedSubAppId: vod?.sub_app_id,
    expireSeconds: vod?.expire_seconds ?? 0,
    classId: vod?.class_id ?? 0,
    procedure: vod?.procedure,
    storageRegion: vod?.storage_region,
    sessionContext: vod?.session_context,
    sourceContext: vod?.source_context,
  };
}

function callbackOf({ callback }: AutoRecordRule): CallbackTarget | undefined {
  if (!callback) return undefined;
  const giveUp = callback.retry_hours > 0 ? { giveUpMs: callback.retry_hours * 3_600_000 } : {};
  return { url: callback.url, key: callback.key, ...giveUp };
}
