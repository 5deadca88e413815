import type { Account, App, AppDirectory, AppStorage } from './apps.ts';
import type { Config } from './schema.ts';

/** Accounts and apps as the configuration lists them. */
export function appDirectory(config: Config): AppDirectory {
  const apps = new Map(config.apps.map((app) => [app.sdk_app_id, toApp(app)]));
  const accounts = new Map(config.accounts.map((account) => [account.secret_id, toAccount(account)]));
  return { account: (secretId) => accounts.get(secretId), app: (sdkAppId) => apps.get(sdkAppId) };
}

function toApp(app: Config['apps'][number]): App {
  return {
    sdkAppId: app.sdk_app_id,
    secretKey: app.secret_key,
    callback: app.callback && { url: app.callback.url, key: app.callback.key },
    storage: toStorage(app.storage),
    limits: {
      concurrentTasks: app.limits.concurrent_tasks,
      queriesPerSecond: app.limits.queries_per_second,
      streamsPerTask: app.limits.streams_per_task,
    },
  };
}

function toStorage({ tencent_vod: vod }: Config['apps'][number]['storage']): AppStorage {
  if (!vod) return { kind: 'library' };
  return {
    kind: 'tencent_vod',
    secretId: vod.secret_id,
    secretKey: vod.secret_key,
    subAppId: vod.sub_app_id,
    region: vod.region,
    endpoint: vod.endpoint,
    protocol: vod.protocol,
    cosDomain: vod.cos_domain,
  };
}

function toAccount(account: Config['accounts'][number]): Account {
  return { secretId: account.secret_id, secretKey: account.secret_key, apps: account.apps };
}
