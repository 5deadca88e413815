import type { Account, AppDirectory } from '../../config/apps.ts';
import type { LibraryScope } from '../../library/kept-files.ts';
import type { MediaLibrary } from '../../library/library.ts';
import { apiError } from '../errors.ts';

/** What the VOD actions stand on. */
export interface VodServices {
  readonly apps: AppDirectory;
  readonly library: MediaLibrary;
}

/**
 * What the account may see: files of its own apps' tasks, in one sub-application when it names one. 0 is like none, as
 * VOD's main application.
 * @throws {ApiError} FailedOperation.InvalidVodUser, InvalidParameterValue.SubAppId
 */
export async function scopeOf(
  { apps, library }: VodServices,
  account: Account,
  subAppId: number | undefined,
): Promise<LibraryScope> {
  const sdkAppIds = account.apps;
  if (!sdkAppIds.some((id) => apps.app(id)?.storage.kind === 'library'))
    throw apiError('FailedOperation.InvalidVodUser');
  if (!subAppId) return { sdkAppIds, subAppId: undefined };
  // A sub-application is anything a recording was created with; before the first one it is not there.
  const isOwn = sdkAppIds.includes(subAppId) || (await library.hasSubApp(sdkAppIds, subAppId));
  if (!isOwn) throw apiError('InvalidParameterValue.SubAppId');
  return { sdkAppIds, subAppId };
}
