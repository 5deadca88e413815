import { basename, posix } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { WallMs } from '../units.ts';
import type { VodDestination } from '../worker-api/messages.ts';
import { checkFinished, type FinishedFile } from './cos-parts.ts';
import { uploadToCos, type CosObject, type CosTarget } from './cos-upload.ts';
import { answerError, apiError, concealing, type ApiStep, type Conceal } from './tencent-vod-error.ts';

/** An account at Tencent VOD and how it is reached; from `apps[].storage.tencent_vod`. */
export interface TencentVodAccount {
  readonly secretId: string;
  readonly secretKey: string;
  /** `host[:port]` of the API; Tencent's by default. */
  readonly endpoint?: string | undefined;
  /** Of the API and of COS alike; `https` by default. */
  readonly protocol?: 'https' | 'http' | undefined;
  /** `host[:port]` of COS, in which `{Bucket}` and `{Region}` are filled in; Tencent's by default. */
  readonly cosDomain?: string | undefined;
  /** Milliseconds of silence after which a connection is given up; a minute by default. */
  readonly silenceMs?: number | undefined;
}

/** What a task says about its files at VOD (contract §2.4); absent options are not sent. */
export interface TencentVodOptions extends Omit<VodDestination, 'kind' | 'subAppId' | 'askedSubAppId'> {
  /** Sub-application; needed by accounts opened since December 2023. */
  readonly subAppId?: number | undefined;
  /** Name in the media library: that of the file without its extension (contract §7.1). */
  readonly mediaName: string;
  /** Extension without its dot, as `mp4`; of HLS `m3u8`. */
  readonly mediaType: string;
}

/** What the package calls at VOD. */
interface ApplyRequest {
  readonly MediaType: string;
  readonly MediaName: string;
  readonly ClassId: number;
  readonly SubAppId?: number;
  readonly Procedure?: string;
  readonly ExpireTime?: string;
  readonly StorageRegion?: string;
  readonly SourceContext?: string;
  readonly SessionContext?: string;
}

/** A file that VOD has taken over. */
export interface TencentVodFile {
  /** 19 digits. */
  readonly fileId: string;
  readonly mediaUrl: string;
}

const text = z.string().min(1);

const applied = z.object({
  StorageBucket: text,
  StorageRegion: text,
  VodSessionKey: text,
  MediaStoragePath: text,
  TempCertificate: z.object({ SecretId: text, SecretKey: text, Token: text }),
});

const committed = z.object({ FileId: text, MediaUrl: text });

const listed = z.object({
  SubAppIdInfoSet: z.array(z.object({ SubAppId: z.int(), Status: z.string().nullish() })),
});

/** A sub-application of an account at Tencent VOD. */
export interface VodSubApp {
  readonly subAppId: number;
  /** Whether it is switched on. */
  readonly isOn: boolean;
}

/**
 * The sub-applications of an account: a call that writes nothing and needs its keys. Rejects with a TencentVodError whose
 * code says what the API refused, or with the signal's reason.
 */
export async function subAppsOfTencentVod(account: TencentVodAccount, signal: AbortSignal): Promise<VodSubApp[]> {
  const api = await openApi(account, signal);
  const { SubAppIdInfoSet: found } = await api.subApps();
  return found.map(({ SubAppId, Status }) => ({
    subAppId: SubAppId,
    isOn: Status !== 'Off' && Status !== 'Destroyed',
  }));
}

/**
 * Uploads finished media to Tencent VOD (contract §7.1, §7.2): ApplyUpload, the objects to COS, CommitUpload. Of HLS
 * the playlist comes first in `files` and its segments follow: they are put beside it under their own names. Resolves
 * only when COS has confirmed size and checksum of each and VOD has given the media an id. Rejects with a
 * TencentVodError, or with the signal's reason when that aborts; a retry begins anew. An upload whose
 * CommitUpload got lost may leave the file at VOD twice.
 */
export async function uploadToTencentVod(
  account: TencentVodAccount,
  files: readonly [FinishedFile, ...FinishedFile[]],
  options: TencentVodOptions,
  rim: {
    readonly clock: Pick<Clock, 'wallMs'>;
    readonly signal: AbortSignal;
    /** Told how many bytes of all files together COS has taken. */
    readonly onSent?: ((bytes: number) => void) | undefined;
  },
): Promise<TencentVodFile> {
  rim.signal.throwIfAborted();
  for (const file of files) await checkFinished(file);
  const api = await openApi(account, rim.signal);
  const place = await api.apply(applyRequest(options, rim.clock.wallMs()));
  const { SecretId, SecretKey, Token } = place.TempCertificate;
  const conceal = concealing([account.secretId, account.secretKey, SecretId, SecretKey, Token, place.VodSessionKey]);
  await uploadToCos(cosTarget(account, place), objectsOf(files, place.MediaStoragePath), conceal, rim);
  const { FileId, MediaUrl } = await api.commit(place.VodSessionKey, options.subAppId, conceal);
  return { fileId: FileId, mediaUrl: MediaUrl };
}

/** Name of a file in the media library: without folder and extension (contract §7.1). */
export const mediaNameOf = (fileName: string): string => basename(fileName).replace(/\.[^.]*$/, '');

/** The request of ApplyUpload; relative seconds become a date in ISO 8601 (contract §7.1). */
export function applyRequest(options: TencentVodOptions, now: WallMs): ApplyRequest {
  const { subAppId, expireSeconds, procedure, storageRegion, sourceContext, sessionContext } = options;
  return {
    MediaType: options.mediaType,
    MediaName: options.mediaName,
    ClassId: options.classId,
    ...(subAppId !== undefined && { SubAppId: subAppId }),
    ...(expireSeconds > 0 && { ExpireTime: expiryText(now, expireSeconds) }),
    ...(procedure !== undefined && { Procedure: procedure }),
    ...(storageRegion !== undefined && { StorageRegion: storageRegion }),
    ...(sourceContext !== undefined && { SourceContext: sourceContext }),
    ...(sessionContext !== undefined && { SessionContext: sessionContext }),
  };
}

const expiryText = (now: WallMs, seconds: number): string =>
  new Date(now + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');

function objectsOf(files: readonly FinishedFile[], mediaPath: string): CosObject[] {
  const key = mediaPath.replace(/^\/+/, '');
  return files.map((file, i) => ({ file, key: i === 0 ? key : posix.join(posix.dirname(key), basename(file.path)) }));
}

function cosTarget(account: TencentVodAccount, place: z.infer<typeof applied>): CosTarget {
  const { SecretId, SecretKey, Token } = place.TempCertificate;
  return {
    bucket: place.StorageBucket,
    region: place.StorageRegion,
    credentials: { secretId: SecretId, secretKey: SecretKey, token: Token },
    protocol: account.protocol ?? 'https',
    domain: account.cosDomain,
    silenceMs: silenceOf(account),
  };
}

const silenceOf = (account: TencentVodAccount): number => account.silenceMs ?? 60_000;

/** The actions; each rejects with a TencentVodError. */
interface VodApi {
  apply(request: ApplyRequest): Promise<z.infer<typeof applied>>;
  commit(sessionKey: string, subAppId: number | undefined, conceal: Conceal): Promise<z.infer<typeof committed>>;
  subApps(): Promise<z.infer<typeof listed>>;
}

async function openApi(account: TencentVodAccount, signal: AbortSignal): Promise<VodApi> {
  const client = await openClient(account);
  const call = async <T>(action: ApiStep, request: object, answer: z.ZodType<T>, conceal: Conceal): Promise<T> => {
    const said: unknown = await client.request(action, request, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw apiError(action, error, conceal);
    });
    const read = answer.safeParse(said);
    if (read.success) return read.data;
    throw answerError(action, `answered without ${read.error.issues[0]?.path.join('.') ?? 'content'}`);
  };
  const conceal = concealing([account.secretId, account.secretKey]);
  return {
    apply: (request) => call('ApplyUpload', request, applied, conceal),
    commit: (VodSessionKey, subAppId, conceal) =>
      call(
        'CommitUpload',
        { VodSessionKey, ...(subAppId !== undefined && { SubAppId: subAppId }) },
        committed,
        conceal,
      ),
    subApps: () => call('DescribeSubAppIds', {}, listed, conceal),
  };
}

/** Imported when the first upload begins: the package costs about 60 ms and 30 MB. */
async function openClient(account: TencentVodAccount) {
  const { v20180717 } = await import('tencentcloud-sdk-nodejs-vod/tencentcloud/services/vod/v20180717/index.js');
  return new v20180717.Client({
    credential: { secretId: account.secretId, secretKey: account.secretKey },
    profile: {
      language: 'en-US',
      httpProfile: {
        ...(account.endpoint !== undefined && { endpoint: account.endpoint }),
        protocol: `${account.protocol ?? 'https'}://`,
        reqTimeout: silenceOf(account) / 1000,
      },
    },
  });
}
