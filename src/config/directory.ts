import type { Account, App, AppDirectory } from './apps.ts';
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
    limits: {
      concurrentTasks: app.limits.concurrent_tasks,
      queriesPerSecond: app.limits.queries_per_second,
      streamsPerTask: app.limits.streams_per_task,
    },
  };
}

function toAccount(account: Config['accounts'][number]): Account {
  return { secretId: account.secret_id, secretKey: account.secret_key, apps: account.apps };
}
