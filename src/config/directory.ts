import type { Account, App, AppDirectory, AppStorage, CallbackTarget } from './apps.ts';
import type { Config } from './schema.ts';

/** What makes an app. */
type ConfiguredApp = Omit<Config['apps'][number], 'auto_record'>;

/** Accounts and apps as the configuration lists them. */
export function appDirectory(config: Config): AppDirectory {
  const apps = new Map(config.apps.map((app) => [app.sdk_app_id, toApp(app)]));
  const accounts = new Map(config.accounts.map((account) => [account.secret_id, toAccount(account)]));
  return { account: (secretId) => accounts.get(secretId), app: (sdkAppId) => apps.get(sdkAppId) };
}

/** What the configuration says of an app, but for its rule, as the other parts have it. */
export function toApp(app: ConfiguredApp): App {
  return {
    sdkAppId: app.sdk_app_id,
    secretKey: app.secret_key,
    callback: callbackTarget(app, 'recording'),
    roomCallbacks: roomCallbacks(app),
    advancedPermission: app.advanced_permission,
    storage: toStorage(app.storage),
    ...(app.file_names === undefined ? {} : { fileNames: app.file_names }),
    ...(app.play_key === undefined ? {} : { play: { key: app.play_key, linkSeconds: app.play_link_hours * 3600 } }),
    limits: {
      concurrentTasks: app.limits.concurrent_tasks,
      queriesPerSecond: app.limits.queries_per_second,
      streamsPerTask: app.limits.streams_per_task,
      ...(app.limits.library_gb === undefined ? {} : { libraryGb: app.limits.library_gb }),
      ...(app.limits.sessions === undefined ? {} : { sessions: app.limits.sessions }),
    },
  };
}

/** Where the files of an app go. */
export function toStorage({ tencent_vod: vod }: ConfiguredApp['storage']): AppStorage {
  if (!vod) return { kind: 'library' };
  return {
    kind: 'tencent-vod',
    secretId: vod.secret_id,
    secretKey: vod.secret_key,
    subAppId: vod.sub_app_id,
    region: vod.region,
    endpoint: vod.endpoint,
    protocol: vod.protocol,
    cosDomain: vod.cos_domain,
  };
}

/** A group of events. */
export type CallbackGroup = NonNullable<ConfiguredApp['callback']>['groups'][number];

/** Where the app wants that group of events, or undefined when it does not want it. */
function callbackTarget({ callback }: ConfiguredApp, group: CallbackGroup): CallbackTarget | undefined {
  return callback?.groups.includes(group) ? targetOfGroup(callback, group) : undefined;
}

/** Where a callback sends a group of events if it is told of it. */
export function targetOfGroup(callback: NonNullable<ConfiguredApp['callback']>, group: CallbackGroup): CallbackTarget {
  const own = { recording: undefined, room: callback.room_url, media: callback.media_url }[group];
  const giveUp = callback.retry_hours > 0 ? { giveUpMs: callback.retry_hours * 3_600_000 } : {};
  return { url: own ?? callback.url, key: callback.key, ...giveUp };
}

function roomCallbacks(app: ConfiguredApp): NonNullable<App['roomCallbacks']> {
  const [room, media] = [callbackTarget(app, 'room'), callbackTarget(app, 'media')];
  return { ...(room && { room }), ...(media && { media }) };
}

function toAccount(account: Config['accounts'][number]): Account {
  return { secretId: account.secret_id, secretKey: account.secret_key, apps: account.apps };
}
