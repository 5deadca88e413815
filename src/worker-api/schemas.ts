import { z } from 'zod';
import type { AppStorage } from '../config/apps.ts';
import type { LayoutPlan } from '../layout/layout-plan.ts';
import { fileKeyPattern } from '../naming/file-key.ts';
import { pixels, wallMs } from '../units.ts';
import { chainCheck, chainHead, digests, timelineReport } from './evidence-schemas.ts';
import type {
  Destination,
  FileNaming,
  GoneRequest,
  JobReport,
  ReportResponse,
  SpoolRequest,
  SpoolResponse,
  SubscriptionPlan,
  SyncRequest,
  SyncResponse,
  TaskReport,
  UploadProgress,
} from './messages.ts';

/** Tasks or jobs that one message may name; far above what one recorder can run. */
export const mostHeld = 1000;
/** Files of one task: a long room with ever new anchors. */
const mostFiles = 20_000;

const epoch = z.int().min(0);
const stamp = z.int().min(0).transform(wallMs);
const count = z.int().min(0);
const taskId = z.string().regex(/^[A-Za-z0-9+-][A-Za-z0-9+.-]{0,199}$/);
const reason = z.string().transform((text) => text.slice(0, 1000));

/** Body of a sync. */
export const syncRequest: z.ZodType<SyncRequest> = z.object({
  recorderId: z.string().min(1).max(200),
  tasks: z.array(z.object({ taskId, epoch, revision: z.int().min(0) })).max(mostHeld),
  jobs: z.array(z.object({ jobId: z.int().min(0), epoch })).max(mostHeld),
  wantTasks: z.int().min(0).max(mostHeld),
  onlyStopped: z.boolean().optional(),
  wantJobs: z.int().min(0).max(mostHeld),
  load: z.object({
    busy: z.int().min(0).max(1000),
    lagMs: z.int().min(0),
    effort: z.int().min(0).max(100),
    freeMb: z.int().min(0),
    spoolFull: z.boolean(),
    takes: z.object({ single: z.boolean(), mixed: z.boolean() }),
  }),
});

const trackType = z.enum(['audio', 'video', 'audio_video']);
const recordedMedia = z.enum(['main', 'aux', 'mix']);

const recordedFile = z.object({
  fileKey: z.string().regex(fileKeyPattern),
  userId: z.string().max(1000),
  mediaId: recordedMedia,
  trackType,
  startMs: stamp,
  endMs: stamp,
});

const uniqueKeys = (files: readonly { fileKey: string }[]): boolean =>
  new Set(files.map(({ fileKey }) => fileKey)).size === files.length;

const fileName = z.string().regex(/^[^/\\\0]{1,1000}$/);

/** Body of a report about a task. */
export const taskReport: z.ZodType<TaskReport> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started'), epoch, startedMs: stamp }),
  z.object({ kind: z.literal('start-failed'), epoch, reason }),
  z.object({ kind: z.literal('status'), epoch, status: z.enum(['Idle', 'InProgress']) }),
  z.object({
    kind: z.literal('stopped'),
    epoch,
    leaveCode: z.int().min(0).max(999),
    atMs: stamp,
    files: z.array(recordedFile).max(mostFiles).refine(uniqueKeys, 'file keys must differ'),
  }),
  z.object({ kind: z.literal('upload-began'), epoch, status: z.literal([0, 1]) }),
  z.object({
    kind: z.literal('playlist-began'),
    epoch,
    name: fileName,
    userId: z.string().max(1000),
    mediaId: recordedMedia,
    trackType,
    beginMs: stamp,
  }),
  z.object({ kind: z.literal('playlist-listed'), epoch, name: fileName }),
  z.object({ kind: z.literal('image-failed'), epoch, url: z.string().max(4096) }),
  timelineReport,
]);

/** A week in minutes: more parts than any file has. */
const mostParts = 10_080;

const mediaFacts = z.object({
  videoBitrate: count.optional(),
  fps: count.optional(),
  audioBitrate: count.optional(),
  sampleRate: count.optional(),
  channels: count.optional(),
});

const finishedPart = z.object({
  part: z.int().min(1),
  name: fileName,
  fileId: z.string().max(64),
  url: z.string().max(4096).optional(),
  trackType,
  sizeBytes: count,
  durationMs: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  streams: z.array(z.enum(['h264', 'aac'])).max(2),
  width: count,
  height: count,
  startMs: stamp,
  endMs: stamp,
  facts: mediaFacts.optional(),
  digests: digests.optional(),
});

/** Parts of an upload: a file of ten times the largest size in parts of 8 MB. */
const mostUploadParts = 2_500;

const uploadProgress: z.ZodType<UploadProgress> = z.object({
  key: z.string().min(1).max(4096),
  uploadId: z.string().min(1).max(2048),
  partBytes: z.int().min(1),
  sizeBytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  parts: z
    .array(z.object({ etag: z.string().min(1).max(200), md5: z.string().regex(/^[0-9a-f]{32}$/) }))
    .max(mostUploadParts),
});

/** Body of a report about a finishing job. */
export const jobReport: z.ZodType<JobReport> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('done'),
    epoch,
    parts: z.array(finishedPart).min(1).max(mostParts),
    chains: z.array(chainCheck).max(mostHeld).optional(),
  }),
  z.object({
    kind: z.literal('failed'),
    epoch,
    reason,
    permanent: z.boolean(),
    fault: z.enum(['content', 'environment', 'destination']).default('environment'),
    waitsForSpace: z.boolean().optional(),
  }),
  z.object({ kind: z.literal('progress'), epoch, upload: uploadProgress }),
  z.object({
    kind: z.literal('step'),
    epoch,
    step: z.enum(['checking', 'making', 'sending']),
    doneBytes: count,
    totalBytes: count,
  }),
]);

const pixelCount = z.int().min(0).transform(pixels);
const rect = z.object({ left: pixelCount, top: pixelCount, width: pixelCount, height: pixelCount });
const mediaId = z.enum(['main', 'aux']);
const renderMode = z.enum(['stretch', 'crop', 'fit', 'smart']);
const font = z.enum(['Tencent', 'SourceHanSans']);

const watermark = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('image'), url: z.string(), rect }),
  z.object({
    kind: z.literal('text'),
    text: z.string(),
    rect,
    fontSize: count,
    colour: z.string(),
    background: z.string().optional(),
    font,
  }),
  z.object({
    kind: z.literal('timestamp'),
    position: z.enum(['top-left', 'top-right', 'bottom-left', 'bottom-right', 'top-center', 'bottom-center', 'center']),
    timeZone: z.int(),
    font,
  }),
]);

const customCell = z.object({
  rect,
  userId: z.string().optional(),
  mediaId,
  alpha: z.int().min(0).max(255),
  renderMode,
  imageLayer: count,
  image: z.string().optional(),
});

/** A layout as it crosses the wire, and as a journal keeps it. */
export const layoutPlan: z.ZodType<LayoutPlan> = z.object({
  mode: z.enum(['floating', 'share', 'grid', 'custom']),
  custom: z.array(customCell),
  background: z.string(),
  backgroundImage: z.object({ url: z.string(), renderMode }).optional(),
  big: z.object({ userId: z.string(), mediaId, match: z.literal('prefix').optional() }).optional(),
  absentBig: z.enum(['reserve', 'promote']).optional(),
  sharePictures: z.literal([24, 25]).optional(),
  mostPictures: count.optional(),
  alignRight: z.boolean(),
  renderMode,
  pureAudioDisableLayout: z.boolean(),
  placeholders: z.boolean(),
  placeholderImage: z.string().optional(),
  watermarks: z.array(watermark),
});

const medium = z.object({ allow: z.array(z.string()), block: z.array(z.string()) });
const subscription: z.ZodType<SubscriptionPlan> = z.object({ audio: medium, video: medium });

const plan = z.object({
  mode: z.enum(['single', 'mixed']),
  maxIdleSeconds: count,
  streams: z.enum(['audio-video', 'audio', 'video']),
  media: z.array(z.enum(['main', 'aux'])),
  video: z.object({ width: count, height: count, fps: count, bitrate: count, gopSeconds: count }),
  audio: z.object({
    sampleRate: z.literal([48000, 44100, 16000]),
    channels: z.literal([1, 2]),
    bitrate: count,
  }),
  layout: layoutPlan,
  subscription,
  fill: z.enum(['hold', 'black']),
  relayRobots: z.boolean(),
  maxFileMinutes: count,
  mostSeconds: count.optional(),
  outputs: z.array(z.enum(['mp4', 'hls', 'aac'])).min(1),
  avMerge: z.boolean(),
});

const optionalText = z.string().optional();
const destination: z.ZodType<Destination> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('vod'),
    subAppId: count,
    askedSubAppId: count.optional(),
    expireSeconds: count,
    classId: count,
    procedure: optionalText,
    storageRegion: optionalText,
    sessionContext: optionalText,
    sourceContext: optionalText,
  }),
  z.object({
    kind: z.literal('bucket'),
    vendor: z.enum(['cos', 's3']),
    region: z.string(),
    bucket: z.string(),
    accessKey: z.string(),
    secretKey: z.string(),
    endpoint: optionalText,
    prefix: z.array(z.string()),
  }),
]);
const naming: z.ZodType<FileNaming> = z.object({
  mode: z.enum(['documented', 'wire']),
  userDefineRecordId: optionalText,
});

const appStorage: z.ZodType<AppStorage> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('library') }),
  z.object({
    kind: z.literal('tencent-vod'),
    secretId: z.string(),
    secretKey: z.string(),
    subAppId: count.optional(),
    region: optionalText,
    endpoint: z.string(),
    protocol: z.enum(['https', 'http']),
    cosDomain: optionalText,
  }),
]);

const leasedTask = z
  .object({
    taskId,
    epoch,
    room: z.object({ sdkAppId: count, kind: z.enum(['number', 'string']), roomId: z.string() }),
    botUserId: z.string(),
    plan,
    revision: count,
    destination,
    naming,
    mostStreams: z.int().min(1).optional(),
    startedMs: stamp.optional(),
    stopCode: z.int().optional(),
  })
  // JSON has no undefined: members that are missing on the wire are present in the type.
  .transform((task) => ({ ...task, startedMs: task.startedMs, stopCode: task.stopCode }));

const leasedJob = z.object({
  jobId: z.int(),
  epoch,
  taskId,
  sdkAppId: count,
  fileKey: z.string().regex(fileKeyPattern),
  mediaId: recordedMedia,
  trackType,
  container: z.enum(['mp4', 'hls', 'aac']),
  separateMedia: z.boolean(),
  nameStem: fileName,
  fileId: z.string().regex(/^\d{1,19}$/),
  destination,
  storage: appStorage.optional(),
  maxFileMinutes: count,
  startMs: stamp,
  endMs: stamp,
  attempt: count,
  heads: z.array(chainHead.extend({ epoch })).optional(),
  upload: uploadProgress.optional(),
});

/** Answer to a sync, checked by the recorder. */
export const syncResponse: z.ZodType<SyncResponse> = z.object({
  leaseMs: z.int().min(1),
  keptTasks: z.array(z.string()),
  keptJobs: z.array(z.int()),
  newTasks: z.array(leasedTask),
  newJobs: z.array(leasedJob),
  stops: z.array(z.object({ taskId, leaveCode: z.int() })),
  changes: z.array(z.object({ taskId, revision: count, layout: layoutPlan, subscription })),
});

/** Body of the news that recorders died. */
export const goneRequest: z.ZodType<GoneRequest> = z.object({
  recorderIds: z.array(z.string().min(1).max(200)).max(mostHeld),
});

/** Body of a question about the spool. */
export const spoolRequest: z.ZodType<SpoolRequest> = z.object({ taskIds: z.array(taskId).max(mostHeld) });

/** Answer to a question about the spool, checked by the recorder. */
export const spoolResponse: z.ZodType<SpoolResponse> = z.object({
  settled: z.array(z.object({ taskId, fileKeys: z.union([z.array(z.string()), z.literal('all')]) })),
  expired: z.array(taskId).optional(),
});

/** Answer to a report, checked by the recorder. */
export const reportResponse: z.ZodType<ReportResponse> = z
  .object({
    accepted: z.boolean(),
    spoolFree: z.boolean().optional(),
    settled: z.boolean().optional(),
    reason: z.enum(['stale', 'unknown']).optional(),
  })
  .transform(({ accepted, spoolFree, settled, reason: why }) => ({
    accepted,
    ...(spoolFree === undefined ? {} : { spoolFree }),
    ...(settled === undefined ? {} : { settled }),
    ...(why === undefined ? {} : { reason: why }),
  }));
