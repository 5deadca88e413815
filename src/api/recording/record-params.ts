import { z } from 'zod';
import { choice, textList, unsigned } from '../fields.ts';

/** Entries of a subscription list, exact names or `prefix.*$` (contract §2.3). */
const userIds = textList(32, { maxBytes: 128 }).optional();

/** Who is recorded (contract §2.3). */
export const subscribeSchema = z.strictObject({
  SubscribeAudioUserIds: userIds,
  UnSubscribeAudioUserIds: userIds,
  SubscribeVideoUserIds: userIds,
  UnSubscribeVideoUserIds: userIds,
});

/** Who is recorded, as the wire names it. */
export type SubscribeLists = z.infer<typeof subscribeSchema>;

/** How a room is recorded (contract §2.2). */
export const recordParamsSchema = z.strictObject({
  RecordMode: choice(1, 2),
  MaxIdleTime: unsigned({ min: 5, max: 86_400 }).optional(),
  StreamType: choice(0, 1, 2).optional(),
  SubscribeStreamUserIds: subscribeSchema.optional(),
  OutputFormat: choice(0, 1, 2, 3, 4).optional(),
  AvMerge: choice(0, 1).optional(),
  MaxMediaFileDuration: unsigned({ min: 1, max: 1440 }).optional(),
  MediaId: choice(0, 1, 2).optional(),
  FillType: choice(0, 1).optional(),
  SubscribeAbility: choice(0, 1).optional(),
});

/** How a room is recorded, as the wire names it. */
export type RecordParams = z.infer<typeof recordParamsSchema>;
