import type { Account, App, AppDirectory } from '../config/apps.ts';
import { apiError } from './errors.ts';

/**
 * An app that the account may act for; a foreign one looks like one that does not exist (contract C43).
 * @throws {ApiError} InvalidParameter.SdkAppId
 */
export function ownedApp(apps: AppDirectory, account: Account, sdkAppId: number): App {
  const app = account.apps.includes(sdkAppId) ? apps.app(sdkAppId) : undefined;
  if (!app) throw apiError('InvalidParameter.SdkAppId');
  return app;
}
