import type { FileNameMode } from '../naming/file-name.ts';

/** A key that was replaced and is taken until a wall time, in milliseconds since the epoch. */
export interface RetiringKey {
  readonly key: string;
  readonly untilMs: number;
}

/** Whoever signs by a secret key, which may have been replaced a while ago. */
export interface KeyHolder {
  /** The present key, by which we sign ourselves. */
  readonly secretKey: string;
  /** Earlier ones that may still be taken; none when absent. */
  readonly retiringKeys?: readonly RetiringKey[] | undefined;
}

/** The keys that are taken at that moment, the present one first. */
export const heldKeys = ({ secretKey, retiringKeys = [] }: KeyHolder, nowMs: number): string[] => [
  secretKey,
  ...retiringKeys.filter(({ untilMs }) => nowMs < untilMs).map(({ key }) => key),
];

/** An API account: a key pair and the apps it may act for. */
export interface Account extends KeyHolder {
  readonly secretId: string;
  readonly apps: readonly number[];
}

/** Where an app's callbacks go (contract §4.1). */
export interface CallbackTarget {
  readonly url: string;
  /** Key of the `Sign` header; without it the header is omitted. */
  readonly key: string | undefined;
  /** How long after its first attempt a message is given up, in milliseconds; the contract's minute when absent. */
  readonly giveUpMs?: number;
}

/** An account at Tencent VOD, and what holds for files whose task does not say it. */
export interface TencentVodStorage {
  readonly kind: 'tencent-vod';
  readonly secretId: string;
  readonly secretKey: string;
  readonly subAppId?: number | undefined;
  /** Storage region; the account's own by default. */
  readonly region?: string | undefined;
  /** `host[:port]` of the VOD API. */
  readonly endpoint: string;
  /** Of the API and of object storage. */
  readonly protocol: 'https' | 'http';
  /** `host[:port]` of object storage, in which `{Bucket}` and `{Region}` may stand; Tencent's by default. */
  readonly cosDomain?: string | undefined;
}

/** Where the finished files of CloudVod tasks go: the embedded library or an account at Tencent VOD. */
export type AppStorage = { readonly kind: 'library' } | TencentVodStorage;

/** One app: the owner of rooms, tasks and files. Its keys sign and verify UserSigs (contract §3). */
export interface App extends KeyHolder {
  readonly sdkAppId: number;
  /** Where events of recordings go. */
  readonly callback: CallbackTarget | undefined;
  readonly storage: AppStorage;
  /** Where events of rooms and of media in them go (contract §4.5); a group that is absent is not told. */
  readonly roomCallbacks?: { readonly room?: CallbackTarget; readonly media?: CallbackTarget };
  /** Where addresses of the library's files are signed and end: the key, and how long those hold that we give. */
  readonly play?: { readonly key: string; readonly linkSeconds: number };
  /** Whether entering a room needs a PrivateMapKey with the privileges for it (contract §3); false by default. */
  readonly advancedPermission?: boolean;
  /** Form of the names of its files; that of the installation when absent. */
  readonly fileNames?: FileNameMode | undefined;
  readonly limits: {
    readonly concurrentTasks: number;
    readonly queriesPerSecond: number;
    readonly streamsPerTask: number;
    /** Most of its files in the library, in 10⁹ bytes; no limit when absent. */
    readonly libraryGb?: number | undefined;
    /** Publishing and watching sessions at once; the installation's limit alone when absent. */
    readonly sessions?: number;
  };
}

/** Finds accounts and apps as they are at this moment: what was changed while the server runs is in it. */
export interface AppDirectory {
  /** The account of a SecretId, or undefined. */
  account(secretId: string): Account | undefined;
  /** The app of an SdkAppId, or undefined. */
  app(sdkAppId: number): App | undefined;
}
