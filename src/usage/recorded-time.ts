import type { Store } from '../store/store.ts';
import type { TimePoint } from './time-points.ts';

/** How a recording is counted: by its sound alone, or by the size of its picture. */
export type UsageClass = 'audio' | 'sd' | 'hd' | 'full-hd' | '2k' | '4k';

/** A recording that counts: one anchor's picture or one mix, in whatever forms and parts it was delivered. */
export interface RecordedSpan {
  readonly usage: UsageClass;
  readonly startMs: number;
  readonly endMs: number;
}

/** Recorded milliseconds by class; a class without any is absent. */
export type RecordedTime = ReadonlyMap<UsageClass, number>;

/** What to count. */
export interface UsageFilter {
  readonly sdkAppIds: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Only anchors' own files, or only mixes. */
  readonly mix?: 'single' | 'multi';
}

/** Reads what was recorded. */
export interface UsageQueries {
  /** Recordings that were finished and lie in [fromMs, toMs), if only in part. */
  recorded(filter: UsageFilter): Promise<RecordedSpan[]>;
}

/** The largest picture of each class, in pixels. */
const classLimits: readonly (readonly [usage: UsageClass, pixels: number])[] = [
  ['sd', 640 * 480],
  ['hd', 1280 * 720],
  ['full-hd', 1920 * 1080],
  ['2k', 2560 * 1440],
];

/** The class of a picture; without one it is the sound that was recorded. */
export function usageClass(width: number | null, height: number | null): UsageClass {
  if (!width || !height) return 'audio';
  return classLimits.find(([, pixels]) => width * height <= pixels)?.[0] ?? '4k';
}

/** Queries over an open store. */
export const createUsageQueries = ({ db }: Store): UsageQueries => ({
  async recorded({ sdkAppIds, fromMs, toMs, mix }) {
    if (sdkAppIds.length === 0) return [];
    const rows = await db
      .selectFrom('file as f')
      .innerJoin('task as t', 't.id', 'f.task_id')
      .select(['f.task_id', 'f.file_key', 'f.container', 'f.width', 'f.height', 'f.start_ms', 'f.end_ms'])
      .where('t.sdk_app_id', 'in', sdkAppIds)
      .where('f.state', 'in', ['done', 'removed'])
      .where('f.start_ms', '<', toMs)
      .where('f.end_ms', '>', fromMs)
      .$if(mix !== undefined, (q) => q.where('f.media_id', mix === 'multi' ? '=' : '!=', 'mix'))
      .execute();
    return [...Map.groupBy(rows, (row) => `${row.task_id} ${row.file_key}`).values()].flatMap(inOneForm);
  },
});

interface CountedFile {
  readonly container: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly start_ms: number;
  readonly end_ms: number;
}

/** What was delivered in several forms was recorded once: the parts of one form count. */
function inOneForm(files: readonly CountedFile[]): RecordedSpan[] {
  const forms = Map.groupBy(files, (file) => file.container);
  const parts = forms.get('mp4') ?? forms.get('hls') ?? files;
  return merged(parts).map((file) => ({
    usage: usageClass(file.width, file.height),
    startMs: file.start_ms,
    endMs: file.end_ms,
  }));
}

/** Sound and picture of the same time may have playlists of their own (AvMerge 0): together they are one recording. */
function merged(parts: readonly CountedFile[]): CountedFile[] {
  const spans: CountedFile[] = [];
  for (const part of parts.toSorted((a, b) => a.start_ms - b.start_ms)) {
    const last = spans.at(-1);
    if (!last || part.start_ms >= last.end_ms) spans.push(part);
    else spans[spans.length - 1] = { ...(last.width ? last : part), ...union(last, part) };
  }
  return spans;
}

const union = (a: CountedFile, b: CountedFile): Pick<CountedFile, 'start_ms' | 'end_ms'> => ({
  start_ms: Math.min(a.start_ms, b.start_ms),
  end_ms: Math.max(a.end_ms, b.end_ms),
});

/** How much of each class lies within the point. */
export function recordedIn(point: TimePoint, spans: readonly RecordedSpan[]): RecordedTime {
  const sums = new Map<UsageClass, number>();
  for (const { usage, startMs, endMs } of spans) {
    const ms = Math.min(endMs, point.toMs) - Math.max(startMs, point.fromMs);
    if (ms > 0) sums.set(usage, (sums.get(usage) ?? 0) + ms);
  }
  return sums;
}
