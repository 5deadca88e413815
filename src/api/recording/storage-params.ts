import { z } from 'zod';
import type { BucketDestination } from '../../worker-api/messages.ts';
import { choice, given, optionalText, text, textList, unsigned } from '../fields.ts';

const anyText = { maxBytes: 1024 };
const contextText = { maxBytes: 4096, opaque: true };
const secretText = { maxBytes: 512 };

/** Media library destination (contract §2.4, TencentVod). */
const tencentVodSchema = z.strictObject({
  Procedure: optionalText(anyText),
  // Seconds from upload on; 32 bits are 136 years and keep every date representable.
  ExpireTime: unsigned({ max: 0xffff_ffff }).optional(),
  StorageRegion: optionalText(anyText),
  ClassId: unsigned().optional(),
  SubAppId: unsigned({ max: 0xffff_ffff }).optional(),
  SessionContext: optionalText(contextText),
  SourceContext: optionalText(contextText),
  MediaType: choice(0, 1, 2, 3, 4).optional(),
  UserDefineRecordId: optionalText({
    maxBytes: 64,
    pattern: /^[A-Za-z0-9_-]+$/,
    form: 'letters, digits, _ and -',
  }),
});

/** Object storage destination (contract §2.4, CloudStorage). */
const cloudStorageSchema = z.strictObject({
  Vendor: choice(0, 1),
  Region: text(anyText),
  Bucket: text(anyText),
  AccessKey: text(secretText),
  SecretKey: text(secretText),
  FileNamePrefix: textList(32, {
    maxBytes: 128,
    pattern: /^[A-Za-z0-9_-]+$/,
    form: 'a path segment of letters, digits, _ and -',
  }).optional(),
  EndpointUrl: optionalText(anyText),
});

/** Where files go: exactly one of the two (contract §2.4, D-8), which the create action judges. */
export const storageParamsSchema = z.strictObject({
  CloudVod: z.strictObject({ TencentVod: tencentVodSchema.optional() }).optional(),
  CloudStorage: cloudStorageSchema.optional(),
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
