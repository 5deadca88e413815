/** An API account: a key pair and the apps it may act for. */
export interface Account {
  readonly secretId: string;
  readonly secretKey: string;
  readonly apps: readonly number[];
}

/** Where an app's callbacks go (contract §4.1). */
export interface CallbackTarget {
  readonly url: string;
  /** Key of the `Sign` header; without it the header is omitted. */
  readonly key: string | undefined;
}

/** One app: the owner of rooms, tasks and files. */
export interface App {
  readonly sdkAppId: number;
  /** Signs and verifies UserSigs (contract §3). */
  readonly secretKey: string;
  readonly callback: CallbackTarget | undefined;
  readonly limits: {
    readonly concurrentTasks: number;
    readonly queriesPerSecond: number;
    readonly streamsPerTask: number;
  };
}

/** Finds accounts and apps; configuration behind it today, the store later. */
export interface AppDirectory {
  /** The account of a SecretId, or undefined. */
  account(secretId: string): Account | undefined;
  /** The app of an SdkAppId, or undefined. */
  app(sdkAppId: number): App | undefined;
}
