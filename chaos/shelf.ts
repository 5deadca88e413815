import { committedFiles } from '../test/kit/server.ts';
import type { CallbackEvent } from '../test/kit/callback-receiver.ts';
import type { S3Server } from '../test/kit/s3-server.ts';

/** A finished file as its callbacks announced it. */
export interface Announced {
  readonly name: string;
  /** Wall time of its beginning. */
  readonly startMs: number;
  /** Whether times in the file count from there; those of transport streams do not. */
  readonly timed: boolean;
  /** Fetches it as a customer does. */
  readonly bytes: () => Promise<Buffer>;
}

/** Where finished files go, and how callbacks tell of it. */
export interface Shelf {
  /** What of CreateCloudRecording sends them there. */
  readonly request: object;
  /** Whether the last event of a task is among these. */
  ended(events: readonly CallbackEvent[]): boolean;
  files(taskId: string, events: readonly CallbackEvent[]): Announced[];
}

/** The embedded library, one MP4 of each recording. */
export const libraryShelf: Shelf = {
  request: {},
  ended: (events) => events.some(({ EventType }) => EventType === 312),
  files: (_taskId, events) =>
    committedFiles(events).map(({ CacheFile, StartTimeStamp, VideoUrl }) => ({
      name: CacheFile,
      startMs: StartTimeStamp,
      timed: true,
      bytes: () => fetched(VideoUrl),
    })),
};

async function fetched(url: string): Promise<Buffer> {
  const answer = await fetch(url);
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

const payloadsOf = (events: readonly CallbackEvent[], type: number): CallbackEvent['EventInfo']['Payload'][] =>
  events.filter(({ EventType }) => EventType === type).map(({ EventInfo }) => EventInfo.Payload);

/** Status of what was told last: 0 is there, 1 stuck, 2 there after all. */
const lastStatus = (events: readonly CallbackEvent[], type: number): unknown =>
  payloadsOf(events, type).at(-1)?.['Status'];

/** A bucket, reached through another host than the one that it is read from: HLS and one MP4 of each recording. */
export function bucketShelf(s3: S3Server, through: string): Shelf {
  const { accessKey, secretKey, region, bucket, endpoint } = s3.destination(through);
  const keys = { AccessKey: accessKey, SecretKey: secretKey, Region: region, Bucket: bucket, EndpointUrl: endpoint };
  return {
    request: {
      StorageParams: { CloudStorage: { Vendor: 1, ...keys, FileNamePrefix: ['chaos'] } },
      RecordParams: { OutputFormat: 1, AvMerge: 1 },
    },
    ended: (events) => [305, 310].every((type) => [0, 2].includes(Number(lastStatus(events, type) ?? 1))),
    files: (taskId, events) => [...mp4Files(s3, taskId, events), ...hlsFiles(s3, taskId, events)],
  };
}

const mp4Files = (s3: S3Server, taskId: string, events: readonly CallbackEvent[]): Announced[] =>
  payloadsOf(events, 310)
    .filter(({ Status }) => Status !== 1)
    .flatMap(({ FileMessage }) => FileMessage as { FileName: string; StartTimeStamp: number }[])
    .map(({ FileName, StartTimeStamp }) => ({
      name: FileName,
      startMs: StartTimeStamp,
      timed: true,
      bytes: () => s3.get(`chaos/${taskId}/${FileName}`),
    }));

const hlsFiles = (s3: S3Server, taskId: string, events: readonly CallbackEvent[]): Announced[] =>
  payloadsOf(events, 304).map(({ FileList }) => ({
    name: String(FileList),
    startMs: Number(payloadsOf(events, 307)[0]?.['BeginTimeStamp']),
    timed: false,
    bytes: () => joined(s3, taskId, String(FileList)),
  }));

/** One transport stream after the other is one transport stream. */
async function joined(s3: S3Server, taskId: string, playlist: string): Promise<Buffer> {
  const text = (await s3.get(`chaos/${taskId}/${playlist}`)).toString();
  if (!/#EXT-X-ENDLIST\s*$/.test(text)) throw new Error('the playlist does not end');
  const names = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Buffer.concat(await Promise.all(names.map((name) => s3.get(`chaos/${taskId}/${decodeURIComponent(name)}`))));
}
