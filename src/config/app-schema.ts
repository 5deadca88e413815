import { z } from 'zod';
import { autoRecordRuleSchema } from '../auto-record/rule.ts';

/** What the configuration says of apps and API accounts; the admin API changes the same keys. */

const secretText = z.string().min(8).max(256);

/** Form of file names (decision D-1). */
export const fileNames = z.enum(['documented', 'wire']);

const callbackUrl = z.url({ protocol: /^https?$/ }).max(2083);

/** Where an app's events go. */
export const callback = z.strictObject({
  url: callbackUrl.describe('Receives signed events, one HTTP POST each.'),
  key: z
    .string()
    .regex(/^[A-Za-z0-9]{1,32}$/)
    .optional()
    .describe('Signs callbacks; 1–32 letters and digits. Without it they carry no Sign header.'),
  groups: z
    .array(z.enum(['recording', 'room', 'media']))
    .default(['recording'])
    .describe(
      'What is told: recording (EventGroupId 3), room (1: create, enter, exit …), media (2: video, audio, aux).',
    ),
  retry_hours: z
    .int()
    .min(0)
    .max(720)
    .default(0)
    .describe(
      'How long a message is tried that the receiver does not take; later ones of its task wait behind it. 0: a minute, as the real service.',
    ),
  room_url: callbackUrl.optional().describe('Where room events go instead of url.'),
  media_url: callbackUrl.optional().describe('Where media events go instead of url.'),
});

/** What an app may at most. */
export const limits = z.strictObject({
  concurrent_tasks: z.int().min(1).max(10_000).default(100).describe('Live tasks of the app; one more is refused.'),
  queries_per_second: z.int().min(1).max(10_000).default(20).describe('Calls a second of each action and account.'),
  library_gb: z
    .number()
    .positive()
    .optional()
    .describe(
      'With more (10⁹ bytes) of its files in the library, new tasks of the app that would add to it are refused; nothing is deleted. Default: no limit.',
    ),
  streams_per_task: z.int().min(1).max(25).default(25).describe('Anchors one task records; the earliest win.'),
  sessions: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('Publishing and watching sessions of the app at once. Default: as many as rooms.max_sessions lets.'),
});

const hostAndPort = /^[A-Za-z0-9.-]+(:\d{1,5})?$/;

const tencentVod = z.strictObject({
  secret_id: z.string().min(4).max(128).describe('Names the account at Tencent Cloud.'),
  secret_key: secretText.describe('Signs uploads to Tencent VOD.'),
  sub_app_id: z
    .int()
    .min(1)
    .max(4_294_967_295)
    .optional()
    .describe('Sub-application of files whose task names none; accounts opened since December 2023 need one.'),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, 'must be a region as ap-guangzhou')
    .optional()
    .describe('Storage region of files whose task names none. Default: what the account has set.'),
  endpoint: z
    .string()
    .regex(hostAndPort, 'must be HOST or HOST:PORT')
    .default('vod.tencentcloudapi.com')
    .describe('Host of the VOD API, with a port if need be.'),
  protocol: z
    .enum(['https', 'http'])
    .default('https')
    .describe('Of the API and of object storage. http only inside a network you trust: media and tokens are readable.'),
  cos_domain: z
    .string()
    .regex(/^[A-Za-z0-9.{}-]+(:\d{1,5})?$/, 'must be HOST or HOST:PORT, in which {Bucket} and {Region} may stand')
    .optional()
    .describe('Host of object storage. Default: {Bucket}.cos.{Region}.myqcloud.com.'),
});

/** Where the files of an app go. */
export const storage = z
  .strictObject({
    library: z.strictObject({}).optional().describe('The embedded library, in data_dir. This is the default.'),
    tencent_vod: tencentVod
      .optional()
      .describe('Finished files go to Tencent VOD instead, with the options of their task.'),
  })
  .refine(({ library, tencent_vod }) => !library || !tencent_vod, {
    error: 'is given beside library; files of an app go to one of them',
    path: ['tencent_vod'],
  });

/** Whether rooms ask for more than a UserSig. */
export const advancedPermission = z
  .boolean()
  .default(false)
  .describe('Entering a room needs a PrivateMapKey for it besides the UserSig.');

/** Key by which addresses of files are signed. */
export const playKey = z
  .string()
  .regex(/^[A-Za-z0-9]{8,64}$/, 'must be 8–64 letters and digits')
  .describe("Files of the library are served to signed addresses only, in the form of VOD's key protection.");

/** How long addresses hold that are given out. */
export const playLinkHours = z
  .int()
  .min(1)
  .max(87_600)
  .default(72)
  .describe(
    'How long the signed addresses hold that callbacks and media queries give; longer than callback.retry_hours, since a message is not signed anew.',
  );

/** An app of the configuration. */
export const app = z.strictObject({
  sdk_app_id: z.int().min(1).max(4_294_967_295).describe('The app that owns rooms, tasks and files.'),
  secret_key: secretText.describe('Signs and verifies UserSigs.'),
  callback: callback.optional(),
  advanced_permission: advancedPermission,
  limits: limits.prefault({}),
  play_key: playKey.optional(),
  play_link_hours: playLinkHours,
  file_names: fileNames.optional().describe('Form of the names of its files. Default: file_names of the installation.'),
  storage: storage.prefault({}),
  auto_record: z
    .array(autoRecordRuleSchema)
    .max(1)
    .default([])
    .describe(
      'The rule by which rooms of the app record themselves, at most one. A change made by the admin API holds until this is changed.',
    ),
});

/** An API account of the configuration. */
export const account = z.strictObject({
  secret_id: z.string().min(4).max(128).describe('Names the API account in requests.'),
  secret_key: secretText.describe('Signs API requests.'),
  apps: z.array(z.int().min(1)).describe('Apps this account may act for.'),
});
