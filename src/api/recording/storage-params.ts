import { z } from 'zod';
import type { BucketDestination } from '../../worker-api/messages.ts';
import { choice, given, optionalText, text, textList, unsigned } from '../fields.ts';

const anyText = { maxBytes: 1024 };
const contextText = { maxBytes: 4096, opaque: true };
const secretText = { maxBytes: 512 };

/** Media library destination (contract §2.4, TencentVod). */
const tencentVodSchema = z.strictObject({
  Procedure: optionalText(anyText).describe(
    'Task flow at Tencent VOD. Refused where files go to the embedded library, which has none.',
  ),
  // Seconds from upload on; 32 bits are 136 years and keep every date representable.
  ExpireTime: unsigned({ max: 0xffff_ffff })
    .optional()
    .describe('Seconds after which the file is deleted; 0: never. Default: 0.'),
  StorageRegion: optionalText(anyText).describe('Region at Tencent VOD.'),
  ClassId: unsigned().optional().describe('Category of the file. Default: 0.'),
  SubAppId: unsigned({ max: 0xffff_ffff })
    .optional()
    .describe('Sub-application that owns the file. Default: the SdkAppId.'),
  SessionContext: optionalText(contextText).describe('Handed through to events of task flows.'),
  SourceContext: optionalText(contextText).describe('Handed through to events of uploads.'),
  MediaType: choice(0, 1, 2, 3, 4)
    .optional()
    .describe('0: MP4; 1: HLS; 2: AAC; 3: HLS and MP4; 4: HLS and AAC. 2 and 4 need StreamType 1. Default: 0.'),
  UserDefineRecordId: optionalText({
    maxBytes: 64,
    pattern: /^[A-Za-z0-9_-]+$/,
    form: 'letters, digits, _ and -',
  }).describe('Begins the file’s name, before `__UserDefine_u_`.'),
});

/** Object storage destination (contract §2.4, CloudStorage). */
const cloudStorageSchema = z.strictObject({
  Vendor: choice(0, 1).describe('0: COS; 1: S3 and everything that speaks it.'),
  Region: text(anyText).describe('Region of the bucket.'),
  Bucket: text(anyText).describe('Name of the bucket; for COS with the account’s number.'),
  AccessKey: text(secretText).describe('Names the key that may write.'),
  SecretKey: text(secretText).describe(
    'Signs the uploads. Kept until the task’s files are delivered, and never shown.',
  ),
  FileNamePrefix: textList(32, {
    maxBytes: 128,
    pattern: /^[A-Za-z0-9_-]+$/,
    form: 'a path segment of letters, digits, _ and -',
  })
    .optional()
    .describe('Folders before the TaskId in every key of the bucket.'),
  EndpointUrl: optionalText(anyText).describe(
    'Host or origin of a server that speaks S3. A bare name means https, a bare private address http.',
  ),
});

/** Where files go: exactly one of the two (contract §2.4, D-8), which the create action judges. */
export const storageParamsSchema = z.strictObject({
  CloudVod: z
    .strictObject({ TencentVod: tencentVodSchema.optional().describe('How the library keeps the files.') })
    .optional()
    .describe('The embedded library, or Tencent VOD where the app’s `storage` says so.'),
  CloudStorage: cloudStorageSchema.optional().describe('A bucket of yours, filled while the room is recorded.'),
});

/** Where files go, as the wire names it. */
export type StorageParams = z.infer<typeof storageParamsSchema>;
/** A bucket of the customer's, as the wire names it. */
export type CloudStorage = z.infer<typeof cloudStorageSchema>;

/** A bucket of the customer's as recorders know it. */
export const bucketOf = (storage: CloudStorage): BucketDestination => ({
  kind: 'bucket',
  vendor: storage.Vendor === 0 ? 'cos' : 's3',
  region: storage.Region,
  bucket: storage.Bucket,
  accessKey: storage.AccessKey,
  secretKey: storage.SecretKey,
  endpoint: given(storage.EndpointUrl),
  prefix: storage.FileNamePrefix ?? [],
});
