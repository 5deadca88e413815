import { z } from 'zod';
import { isReservedUserId, RESERVED_RULE } from '../../bot-id.ts';
import type { RoomKind } from '../../room-key.ts';
import { addressFault } from '../../deliver/bucket-address.ts';
import { apiError } from '../errors.ts';
import { choice, optionalText, text, unsigned } from '../fields.ts';
import { missingParameter } from '../parameters.ts';
import { layoutParamsSchema, misplaced, missingWatermark, type LayoutParams } from './layout-params.ts';
import { recordParamsSchema, type SubscribeLists } from './record-params.ts';
import { bucketOf, storageParamsSchema, type CloudStorage } from './storage-params.ts';
import { transcodeParamsSchema, videoPlan } from './transcode-params.ts';

/** CreateCloudRecording (contract §2.1), each parameter by itself; {@link checkCreate} judges what hangs together. */
export const createSchema = z.strictObject({
  SdkAppId: unsigned().describe('App of the room.'),
  // 64 bytes are the limit of a string room. The SDKs' alphabet is narrower; rooms here may have any name.
  RoomId: text({ maxBytes: 64 }).describe('The room to record; a text also for a numeric room.'),
  // As rooms take users (docs/decisions/0005): a longer one could not be named to put the bot out again.
  UserId: text({ maxBytes: 64 }).describe(
    'Whom the recording bot enters as. No user and no other bot of the room may have this id; a second task of the same bot in the room ends the first.',
  ),
  // Of any length: a long one is no fault of range, its check refuses it unread.
  UserSig: text({ maxBytes: Number.POSITIVE_INFINITY }).describe(
    'Signature for exactly that UserId. It should hold as long as the recording.',
  ),
  RecordParams: recordParamsSchema.describe('What is recorded.'),
  StorageParams: storageParamsSchema.describe('Where files go: CloudVod or CloudStorage, one of them.'),
  RoomIdType: choice(0, 1).optional().describe('0: the room is named by text; 1: by number. Default: 1.'),
  MixTranscodeParams: transcodeParamsSchema
    .optional()
    .describe('Coding of the mixed picture; RecordMode 1 does not look at it.'),
  MixLayoutParams: layoutParamsSchema.optional().describe('Who is where in the mixed picture. Default: a grid.'),
  ResourceExpiredHour: unsigned({ min: 6, max: 720 })
    .optional()
    .describe(
      'Hours after which the task can no longer be asked about, changed or stopped by the API; it goes on. Default: 72.',
    ),
  PrivateMapKey: optionalText({ maxBytes: 65_536 }).describe(
    'Permission to enter, where the app has `advanced_permission`.',
  ),
});

/** CreateCloudRecording as the wire names it. */
export type CreateRequest = z.infer<typeof createSchema>;

/** Parameters of Create with their own MissingParameter code (contract §2.10). */
export const createMissing: ReadonlySet<string> = new Set([
  'AccessKey',
  'Bucket',
  'CloudStorage',
  'RecordMode',
  'RecordParams',
  'Region',
  'RoomId',
  'SdkAppId',
  'SecretKey',
  'StorageParams',
  'StreamType',
  'TaskId',
  'UserId',
  'UserSig',
  'Vendor',
]);

/** Whether the room is named by number (the default) or by text. */
export const roomKind = ({ RoomIdType }: Pick<CreateRequest, 'RoomIdType'>): RoomKind =>
  RoomIdType === 0 ? 'string' : 'number';

/** Layout and watermarks are read for mixed recordings only; in single mode they have no effect (contract C48). */
export const isMixed = ({ RecordParams }: Pick<CreateRequest, 'RecordParams'>): boolean =>
  RecordParams.RecordMode === 2;

/**
 * Judges what one parameter alone cannot show: presence first, ranges after.
 * @throws {ApiError} MissingParameter[.X], InvalidParameter.OutOfRange
 */
export function checkCreate(request: CreateRequest): void {
  const { CloudStorage, CloudVod } = request.StorageParams;
  if (!CloudStorage && !CloudVod) throw missingParameter('StorageParams.CloudStorage', createMissing);
  const layout = isMixed(request) ? request.MixLayoutParams : undefined;
  if (layout) checkWatermarks(layout);
  checkRoomId(request);
  checkBotId(request);
  checkLists(request.RecordParams.SubscribeStreamUserIds, 'RecordParams.');
  if (CloudStorage) checkBucket(CloudStorage);
  if (layout) checkPlaces(layout, videoPlan(request.MixTranscodeParams ?? {}));
}

/**
 * Every watermark has the child that its type asks for (contract C33).
 * @throws {ApiError} MissingParameter
 */
export function checkWatermarks(layout: LayoutParams): void {
  const child = missingWatermark(layout);
  if (child) throw missingParameter(`MixLayoutParams.${child}`, createMissing);
}

function checkRoomId({ RoomId, RoomIdType }: CreateRequest): void {
  if (roomKind({ RoomIdType }) === 'string') return;
  // A leading zero would give one room two names.
  if (/^[1-9]\d{0,9}$/.test(RoomId) && Number(RoomId) <= 4_294_967_294) return;
  const rule = 'with RoomIdType 1 it must be a number between 1 and 4294967294';
  throw apiError('InvalidParameter.OutOfRange', { parameter: 'RoomId', rule });
}

function checkBotId({ UserId }: CreateRequest): void {
  if (isReservedUserId(UserId))
    throw apiError('InvalidParameter.OutOfRange', { parameter: 'UserId', rule: RESERVED_RULE });
}

const bucketRules = {
  name: ['Bucket', 'it must be the name of a bucket'],
  endpoint: ['EndpointUrl', 'it must be a host with an optional port, before which http:// or https:// may stand'],
  region: ['Region', 'it must be a region such as ap-guangzhou'],
} as const;

/** COS takes keys of 850 bytes, S3 of 1024; TaskId and the longest file name need some 330 of them (contract §5). */
const mostPrefixBytes = 500;

/** A bucket that no address leads to, or no key fits into, is refused now: the recording would have nowhere to go. */
function checkBucket(storage: CloudStorage): void {
  if ((storage.FileNamePrefix ?? []).join('/').length > mostPrefixBytes) {
    const rule = `its segments must have no more than ${mostPrefixBytes} characters together, with a / between two`;
    throw apiError('InvalidParameter.OutOfRange', { parameter: 'StorageParams.CloudStorage.FileNamePrefix', rule });
  }
  const fault = addressFault(bucketOf(storage));
  if (!fault) return;
  const [name, rule] = bucketRules[fault];
  throw apiError('InvalidParameter.OutOfRange', { parameter: `StorageParams.CloudStorage.${name}`, rule });
}

/**
 * Allow and block list of one medium exclude each other (contract §2.3, DEC). `above` is the path of the lists' parent.
 * @throws {ApiError} InvalidParameter.OutOfRange
 */
export function checkLists(lists: SubscribeLists | undefined, above: string): void {
  for (const medium of ['Audio', 'Video'] as const) {
    if (!lists?.[`Subscribe${medium}UserIds`]?.length || !lists[`UnSubscribe${medium}UserIds`]?.length) continue;
    const parameter = `${above}SubscribeStreamUserIds.UnSubscribe${medium}UserIds`;
    const rule = `it must be empty when Subscribe${medium}UserIds is given`;
    throw apiError('InvalidParameter.OutOfRange', { parameter, rule });
  }
}

/**
 * Every rectangle lies on the canvas.
 * @throws {ApiError} InvalidParameter.OutOfRange
 */
export function checkPlaces(layout: LayoutParams, { width, height }: { width: number; height: number }): void {
  const path = misplaced(layout, { width, height });
  if (!path) return;
  const rule = `it must lie inside the canvas of ${width}×${height}`;
  throw apiError('InvalidParameter.OutOfRange', { parameter: `MixLayoutParams.${path}`, rule });
}
