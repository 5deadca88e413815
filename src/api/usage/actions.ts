import { z } from 'zod';
import type { Account, AppDirectory } from '../../config/apps.ts';
import { recordedIn, type RecordedTime, type UsageClass, type UsageQueries } from '../../usage/recorded-time.ts';
import { dayStartMs, keyOf, timePoints, type TimePoint } from '../../usage/time-points.ts';
import { apiVersions, defineAction, type Action } from '../action.ts';
import { apiError } from '../errors.ts';
import { text, unsigned } from '../fields.ts';
import { ownedApp } from '../owned-app.ts';

/** What the statistics stand on. */
export interface UsageServices {
  readonly apps: AppDirectory;
  readonly usage: UsageQueries;
}

const longestDays = 31;
const dayMs = 86_400_000;

const date = text({ maxBytes: 10, pattern: /^\d{4}-\d{2}-\d{2}$/, form: 'a date YYYY-MM-DD' });
const period = {
  StartTime: date.describe('First day.'),
  EndTime: date.describe('Last day; at most 31 days in all.'),
  SdkAppId: unsigned().optional().describe('One app. Default: the sum of all of the account.'),
};
const periodErrors = [
  'InvalidParameter.SdkAppId',
  'InvalidParameter.StartTs',
  'InvalidParameter.QueryScaleOversize',
] as const;
const statisticSchema = z.strictObject(period);
const usageSchema = z.strictObject({
  ...period,
  MixType: text({ maxBytes: 16, pattern: /^(single|multi)$/, form: 'single or multi' }).describe(
    'single: files of single anchors; multi: mixes.',
  ),
});

const usageMissing: ReadonlySet<string> = new Set(['SdkAppId']);

/** DescribeRecordStatistic and DescribeRecordingUsage (contract §2.11). */
export const usageActions = (services: UsageServices): readonly Action[] => [
  statisticAction(services),
  usageAction(services),
];

const statisticAnswer = z.object({
  TimeKey: z.string().describe('The point of time.'),
  Class1VideoTime: z.number().describe('Seconds of SD.'),
  Class2VideoTime: z.number().describe('Seconds of HD.'),
  Class3VideoTime: z.number().describe('Seconds of full HD and more.'),
  AudioTime: z.number().describe('Seconds of sound alone.'),
});

const usageAnswer = z.object({
  TimeKey: z.string().describe('The point of time.'),
  TimeStampKey: z.number().describe('The same in seconds since 1970.'),
  UsageValue: z.array(z.number()).describe('Minutes, in the order of UsageKey.'),
});

const statisticAction = ({ apps, usage }: UsageServices): Action =>
  defineAction({
    name: 'DescribeRecordStatistic',
    version: apiVersions.trtc,
    summary:
      'Seconds that were recorded, by class of picture: for each five minutes of one day, or for each of several days, in Beijing time.',
    answer: z.object({
      SdkAppIdUsages: z
        .array(
          z.object({
            SdkAppId: z.string().describe('The app; 0 for the sum.'),
            Usages: z.array(statisticAnswer).describe('One for each point of time.'),
          }),
        )
        .describe('One entry.'),
    }),
    errors: periodErrors,
    schema: statisticSchema,
    twoLevelMissing: usageMissing,
    run: async (request, account) => {
      const points = pointsOf(request);
      const sdkAppIds = askedApps(apps, account, request.SdkAppId);
      const spans = await usage.recorded({ sdkAppIds, ...boundsOf(points) });
      const Usages = points.map((point) => statisticEntry(point, recordedIn(point, spans)));
      // Without an app the service gives one sum over all of them, under the number 0.
      return { SdkAppIdUsages: [{ SdkAppId: String(request.SdkAppId ?? 0), Usages }] };
    },
  });

const usageAction = ({ apps, usage }: UsageServices): Action =>
  defineAction({
    name: 'DescribeRecordingUsage',
    version: apiVersions.trtc,
    summary: 'Minutes that were recorded, of single files or of mixes, by class of picture and times as above.',
    answer: z.object({
      UsageKey: z.array(z.string()).describe('Names of the columns: Audio, SD, HD, FullHD, 2K, 4K.'),
      UsageList: z.array(usageAnswer).describe('One for each point of time.'),
    }),
    errors: periodErrors,
    schema: usageSchema,
    twoLevelMissing: usageMissing,
    run: async (request, account) => {
      const points = pointsOf(request);
      const sdkAppIds = askedApps(apps, account, request.SdkAppId);
      const mix = request.MixType === 'multi' ? 'multi' : 'single';
      const spans = await usage.recorded({ sdkAppIds, mix, ...boundsOf(points) });
      const UsageList = points.map((point) => usageEntry(point, recordedIn(point, spans)));
      return { UsageKey: usageColumns.map(([name]) => name), UsageList };
    },
  });

const usageColumns: readonly (readonly [name: string, usage: UsageClass])[] = [
  ['Audio', 'audio'],
  ['SD', 'sd'],
  ['HD', 'hd'],
  ['FullHD', 'full-hd'],
  ['2K', '2k'],
  ['4K', '4k'],
];

/** Whole seconds, begun ones counted. */
const seconds = (time: RecordedTime, ...classes: UsageClass[]): number =>
  Math.ceil(classes.reduce((sum, usage) => sum + (time.get(usage) ?? 0), 0) / 1000);

const statisticEntry = ({ key }: TimePoint, time: RecordedTime): z.infer<typeof statisticAnswer> => ({
  TimeKey: key,
  Class1VideoTime: seconds(time, 'sd'),
  Class2VideoTime: seconds(time, 'hd'),
  Class3VideoTime: seconds(time, 'full-hd', '2k', '4k'),
  AudioTime: seconds(time, 'audio'),
});

/** Whole minutes, begun ones counted. */
const usageEntry = ({ fromMs }: TimePoint, time: RecordedTime): z.infer<typeof usageAnswer> => ({
  TimeKey: keyOf(fromMs),
  TimeStampKey: fromMs / 1000,
  UsageValue: usageColumns.map(([, usage]) => Math.ceil((time.get(usage) ?? 0) / 60_000)),
});

/** All apps of the account when none is named. */
function askedApps(apps: AppDirectory, account: Account, sdkAppId: number | undefined): readonly number[] {
  return sdkAppId === undefined ? account.apps : [ownedApp(apps, account, sdkAppId).sdkAppId];
}

/** @throws {ApiError} InvalidParameter.OutOfRange, .StartTs, .QueryScaleOversize */
function pointsOf({ StartTime, EndTime }: { readonly StartTime: string; readonly EndTime: string }): TimePoint[] {
  const first = dayOf('StartTime', StartTime);
  const last = dayOf('EndTime', EndTime);
  if (first > last) throw apiError('InvalidParameter.StartTs');
  if ((last - first) / dayMs >= longestDays) {
    throw apiError('InvalidParameter.QueryScaleOversize', { most: `${longestDays} days` });
  }
  return timePoints(first, last);
}

function dayOf(parameter: string, value: string): number {
  const ms = dayStartMs(value);
  if (ms === undefined) throw apiError('InvalidParameter.OutOfRange', { parameter, rule: 'there is no such day' });
  return ms;
}

const boundsOf = (points: readonly TimePoint[]): { fromMs: number; toMs: number } => ({
  fromMs: points[0]?.fromMs ?? 0,
  toMs: points.at(-1)?.toMs ?? 0,
});
