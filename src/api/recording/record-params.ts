import { z } from 'zod';
import { choice, textList, unsigned } from '../fields.ts';

/** Entries of a subscription list, exact names or `prefix.*$` (contract §2.3). */
const userIds = textList(32, { maxBytes: 128 }).optional();

/** Who is recorded (contract §2.3). */
export const subscribeSchema = z.strictObject({
  SubscribeAudioUserIds: userIds.describe('Whose sound alone is recorded. Empty: everybody’s.'),
  UnSubscribeAudioUserIds: userIds.describe('Whose sound is not recorded.'),
  SubscribeVideoUserIds: userIds.describe('Whose picture alone is recorded. Empty: everybody’s.'),
  UnSubscribeVideoUserIds: userIds.describe('Whose picture is not recorded.'),
});

/** Who is recorded, as the wire names it. */
export type SubscribeLists = z.infer<typeof subscribeSchema>;

/** How a room is recorded (contract §2.2). */
export const recordParamsSchema = z.strictObject({
  RecordMode: choice(1, 2).describe('1: a file of each anchor; 2: the room as one mixed picture.'),
  MaxIdleTime: unsigned({ min: 5, max: 86_400 })
    .optional()
    .describe(
      'Seconds without an anchor in the room after which the recording ends. Default: 30 (`compat.idle_seconds`).',
    ),
  StreamType: choice(0, 1, 2)
    .optional()
    .describe('0: sound and picture; 1: sound alone; 2: picture alone. Default: 0.'),
  SubscribeStreamUserIds: subscribeSchema
    .optional()
    .describe('Who is recorded. Default: everybody, the 25 earliest of more.'),
  OutputFormat: choice(0, 1, 2, 3, 4)
    .optional()
    .describe('With CloudStorage only. 0: HLS; 1: HLS and MP4; 2: HLS and AAC; 3: MP4; 4: AAC. Default: 0.'),
  AvMerge: choice(0, 1)
    .optional()
    .describe(
      'Files of single anchors in a bucket. 0: sound and picture apart; 1: in one file. Default: 0. Files of CloudVod and mixes are always merged.',
    ),
  MaxMediaFileDuration: unsigned({ min: 1, max: 1440 })
    .optional()
    .describe('Minutes after which an MP4 or AAC file is followed by another; HLS is not split. Default: 1440.'),
  MediaId: choice(0, 1, 2).optional().describe('0: camera and screen; 1: camera alone; 2: screen alone. Default: 0.'),
  FillType: choice(0, 1).optional().describe('While a picture stops: 0 holds the last one, 1 shows black. Default: 0.'),
  SubscribeAbility: choice(0, 1).optional().describe('1: records relay robots too. Default: 0.'),
});

/** How a room is recorded, as the wire names it. */
export type RecordParams = z.infer<typeof recordParamsSchema>;
