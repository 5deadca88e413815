import { neverMs } from '../../library/catalogue.ts';
import type { LibraryFile } from '../../library/library-file.ts';
import type { WallMs } from '../../units.ts';
import type { ResponseFields } from '../envelope.ts';

/** Everything that can be asked of a file (SDK `Filters`), with the member it comes in. */
const members = {
  basicInfo: 'BasicInfo',
  metaData: 'MetaData',
  transcodeInfo: 'TranscodeInfo',
  animatedGraphicsInfo: 'AnimatedGraphicsInfo',
  sampleSnapshotInfo: 'SampleSnapshotInfo',
  imageSpriteInfo: 'ImageSpriteInfo',
  snapshotByTimeOffsetInfo: 'SnapshotByTimeOffsetInfo',
  keyFrameDescInfo: 'KeyFrameDescInfo',
  adaptiveDynamicStreamingInfo: 'AdaptiveDynamicStreamingInfo',
  miniProgramReviewInfo: 'MiniProgramReviewInfo',
  subtitleInfo: 'SubtitleInfo',
  reviewInfo: 'ReviewInfo',
  mpsAiMediaInfo: 'MPSAiMediaInfo',
  imageUnderstandingInfo: 'ImageUnderstandingInfo',
  knowledgeBasesInfo: 'KnowledgeBasesInfo',
  faceRecognitionInfo: 'FaceRecognitionInfo',
} as const;

/** A part of MediaInfo that can be asked for. */
export type InfoFilter = keyof typeof members;

/** Whether a text names a part of MediaInfo. */
export const isInfoFilter = (text: string): text is InfoFilter => Object.hasOwn(members, text);

const nothing = Object.fromEntries(Object.values(members).map((member) => [member, null]));

/**
 * MediaInfo of contract §7.3. Without filters it has all there is; what this library does not make (covers, transcodes,
 * reviews …) is null, as VOD has it for a file without.
 */
export function mediaInfo(file: LibraryFile, filters: readonly InfoFilter[]): ResponseFields {
  const wants = (filter: InfoFilter): boolean => filters.length === 0 || filters.includes(filter);
  return {
    FileId: file.fileId,
    ...nothing,
    BasicInfo: wants('basicInfo') ? basicInfo(file) : null,
    MetaData: wants('metaData') ? metaData(file) : null,
  };
}

/** ISO 8601 in whole seconds, as VOD writes times. */
const isoTime = (ms: WallMs): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

function basicInfo(file: LibraryFile): ResponseFields {
  const dot = file.name.lastIndexOf('.');
  const created = isoTime(file.createdMs);
  return {
    Name: file.name.slice(0, dot),
    Description: '',
    CreateTime: created,
    UpdateTime: created,
    ExpireTime: isoTime(file.expiresMs ?? neverMs),
    ClassId: file.classId,
    // Categories are numbers here; nobody has named them.
    ClassName: '',
    ClassPath: '',
    CoverUrl: '',
    Type: file.name.slice(dot + 1),
    MediaUrl: file.url,
    SourceInfo: sourceInfo(file),
    // The library is in no region of the cloud, and its paths are its own.
    StorageRegion: '',
    StoragePath: '',
    TagSet: [],
    Vid: '',
    Category: file.trackType === 'audio' ? 'Audio' : 'Video',
    Status: 'Normal',
    StorageClass: 'STANDARD',
  };
}

const sourceInfo = (file: LibraryFile): ResponseFields => ({
  SourceType: 'TrtcRecord',
  SourceContext: file.sourceContext ?? '',
  LiveRecordInfo: null,
  TrtcRecordInfo: {
    SdkAppId: file.room.sdkAppId,
    RoomId: file.room.roomId,
    TaskId: file.taskId,
    UserIds: file.userId === '' ? [] : [file.userId],
  },
  WebPageRecordInfo: null,
});

function metaData(file: LibraryFile): ResponseFields {
  const { sizeBytes, durationMs, width, height } = file;
  const { video, audio } = streamsOf(file);
  const seconds = durationMs / 1000;
  return {
    Size: sizeBytes,
    Container: file.container,
    Bitrate: sumOfRates(file) ?? averageRate(file),
    Height: height,
    Width: width,
    Duration: seconds,
    Rotate: 0,
    VideoStreamSet: video,
    AudioStreamSet: audio,
    VideoDuration: video.length > 0 ? seconds : 0,
    AudioDuration: audio.length > 0 ? seconds : 0,
    // VOD gives it after a task of its own only; ours is a SHA-256.
    Md5: '',
  };
}

/** The SDKs decode rates as whole numbers: a fraction would fail them. */
const whole = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value));

function streamsOf({ streams, width, height, facts }: LibraryFile) {
  const video = {
    Bitrate: whole(facts.videoBitrate),
    Height: height,
    Width: width,
    Codec: 'h264',
    Fps: whole(facts.fps),
    CodecTag: '',
    DynamicRangeInfo: null,
  };
  const audio = { Bitrate: whole(facts.audioBitrate), SamplingRate: whole(facts.sampleRate), Codec: 'aac' };
  return {
    video: streams.includes('h264') ? [video] : [],
    audio: streams.includes('aac') ? [audio] : [],
  };
}

/** What VOD's Bitrate is; undefined when the rate of one of the streams is not known. */
function sumOfRates({ streams, facts }: LibraryFile): number | undefined {
  const rates = [
    ...(streams.includes('h264') ? [facts.videoBitrate] : []),
    ...(streams.includes('aac') ? [facts.audioBitrate] : []),
  ];
  if (rates.length === 0 || rates.includes(undefined)) return undefined;
  return Math.round(rates.reduce<number>((sum, rate) => sum + (rate ?? 0), 0));
}

const averageRate = ({ sizeBytes, durationMs }: LibraryFile): number =>
  durationMs > 0 ? Math.round((sizeBytes * 8000) / durationMs) : 0;
