import { z } from 'zod';
import { mostHits, type LibraryQuery, type TimeSpan } from '../../library/catalogue.ts';
import { wallMs } from '../../units.ts';
import { apiError } from '../errors.ts';
import { given, list, optionalText, textList, unsigned } from '../fields.ts';

const isoText = () =>
  optionalText({
    maxBytes: 40,
    pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/,
    form: 'an ISO 8601 time such as 2026-01-31T12:00:00Z',
  });
const timeRange = z
  .strictObject({ After: isoText().describe('From then on.'), Before: isoText().describe('Up to then, included.') })
  .optional();
// The documents count characters: at most four bytes each.
const names = () => textList(10, { maxBytes: 400 }).optional();
const words = (max = 10) => textList(max, { maxBytes: 256 }).optional();
const numbers = () => list(unsigned(), 10).optional();

/** Every parameter of the SDK's SearchMedia, of which the older forms of others have no list. */
export const searchSchema = z.strictObject({
  SubAppId: unsigned().optional().describe('Sub-application that owns the files. Default: all of the account.'),
  FileIds: z.array(z.string()).optional().describe('At most 10.'),
  Names: names().describe('Parts of names.'),
  NamePrefixes: names().describe('Beginnings of names.'),
  Descriptions: names().describe('No recording has any: a search for one finds nothing.'),
  ClassIds: numbers().describe('Categories.'),
  Tags: words(16).describe('No recording has any: a search for one finds nothing.'),
  Categories: words().describe('Video or Audio.'),
  SourceTypes: words().describe('TrtcRecord is what all files are.'),
  StreamIds: words().describe('No recording has any: a search for one finds nothing.'),
  CreateTime: timeRange.describe('When the file came into the library.'),
  ExpireTime: timeRange.describe('When it is deleted.'),
  StorageRegions: words(20).describe('No recording has any: a search for one finds nothing.'),
  StorageClasses: words().describe('STANDARD is what all files are.'),
  MediaTypes: words().describe('mp4, m3u8 or aac.'),
  Status: words().describe('Normal is what all files are.'),
  ReviewResults: words().describe('notModerated is what all files are.'),
  TrtcSdkAppIds: numbers().describe('Apps.'),
  TrtcRoomIds: words().describe('Rooms.'),
  Filters: words(20).describe('Parts wanted, as in DescribeMediaInfos.'),
  Sort: z
    .strictObject({ Field: z.string(), Order: z.string() })
    .optional()
    .describe('Field CreateTime; Order Asc or Desc, which is the default.'),
  Offset: unsigned().optional().describe('Default: 0.'),
  Limit: unsigned().optional().describe('Default: 10; Offset and Limit together at most 5000.'),
  Text: optionalText({ maxBytes: 256 }).describe('Part of a name; an older form of Names.'),
  SourceType: optionalText({ maxBytes: 64 }).describe('Older form of SourceTypes.'),
  StreamId: optionalText({ maxBytes: 256 }).describe('No recording has any: a search for one finds nothing.'),
  StartTime: isoText().describe('Older form of CreateTime.After.'),
  EndTime: isoText().describe('Older form of CreateTime.Before; that moment itself is not meant.'),
  StreamDomains: words().describe('No recording has any: a search for one finds nothing.'),
  StreamPaths: words().describe('No recording has any: a search for one finds nothing.'),
  KnowledgeBases: words().describe('No recording has any: a search for one finds nothing.'),
  // Without effect, says VOD.
  Vids: words().describe('Not looked at.'),
  Vid: optionalText({ maxBytes: 256 }).describe('Not looked at.'),
});

/** A SearchMedia as it came through the schema. */
export type SearchRequest = z.infer<typeof searchSchema>;

/**
 * The request as a query of the library; undefined when no file of it can fit, because the request asks for what none of
 * them has, such as tags.
 * @throws {ApiError} InvalidParameterValue for a time, a page or an order that cannot be
 */
export function toQuery(request: SearchRequest): LibraryQuery | undefined {
  const page = pageOf(request);
  const query: LibraryQuery = {
    fileIds: request.FileIds ?? [],
    names: [...(request.Names ?? []), ...(given(request.Text) === undefined ? [] : [request.Text ?? ''])],
    namePrefixes: request.NamePrefixes ?? [],
    classIds: request.ClassIds ?? [],
    trackTypes: (request.Categories ?? []).flatMap(trackTypesOf),
    containers: (request.MediaTypes ?? []).flatMap(containersOf),
    sdkAppIds: request.TrtcSdkAppIds ?? [],
    roomIds: request.TrtcRoomIds ?? [],
    created: createdSpan(request),
    expires: spanOf('ExpireTime', request.ExpireTime?.After, request.ExpireTime?.Before),
    ...page,
  };
  return canFit(request, query) ? query : undefined;
}

function pageOf({ Offset = 0, Limit = 10, Sort }: SearchRequest): Pick<LibraryQuery, 'offset' | 'limit' | 'order'> {
  if (Offset + Limit > mostHits) throw invalid('Limit', Limit);
  if (Sort && Sort.Field !== 'CreateTime') throw invalid('Sort.Field', Sort.Field);
  if (Sort && Sort.Order !== 'Asc' && Sort.Order !== 'Desc') throw invalid('Sort.Order', Sort.Order);
  return { offset: Offset, limit: Limit, order: Sort?.Order === 'Asc' ? 'asc' : 'desc' };
}

const invalid = (parameter: string, value: string | number) => apiError('InvalidParameterValue', { parameter, value });

function trackTypesOf(category: string): LibraryQuery['trackTypes'] {
  if (category === 'Video') return ['video', 'audio_video'];
  return category === 'Audio' ? ['audio'] : [];
}

/** `m3u8` is what BasicInfo.Type says, `hls` what MetaData.Container does. */
function containersOf(mediaType: string): LibraryQuery['containers'] {
  if (mediaType === 'm3u8' || mediaType === 'hls') return ['hls'];
  return mediaType === 'mp4' || mediaType === 'aac' ? [mediaType] : [];
}

/** CreateTime has precedence over the older StartTime and EndTime, end by end. */
function createdSpan({ CreateTime, StartTime, EndTime }: SearchRequest): TimeSpan {
  const span = spanOf('CreateTime', CreateTime?.After, CreateTime?.Before);
  const fromMs = span.fromMs ?? timeOf('StartTime', StartTime);
  // Of a range both ends belong to it, but EndTime does not.
  return { fromMs, beforeMs: span.beforeMs ?? timeOf('EndTime', EndTime) };
}

/** Both ends belong to a range, and times are told in whole seconds: the last second of it is meant to its end. */
function spanOf(name: string, after: string | undefined, before: string | undefined): TimeSpan {
  const fromMs = timeOf(`${name}.After`, after);
  const lastMs = timeOf(`${name}.Before`, before);
  return { fromMs, beforeMs: lastMs === undefined ? undefined : wallMs(Math.floor(lastMs / 1000) * 1000 + 1000) };
}

function timeOf(parameter: string, text: string | undefined) {
  if (text === undefined || text === '') return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw invalid(parameter, text);
  return wallMs(ms);
}

/** What all files of the library have in common. */
const ours = { sourceType: 'TrtcRecord', storageClass: 'STANDARD', status: 'Normal', review: 'notModerated' } as const;

const isAny = (wanted: readonly string[] | undefined, value: string): boolean =>
  !wanted || wanted.length === 0 || wanted.includes(value);
const isEmpty = (wanted: readonly unknown[] | undefined): boolean => !wanted || wanted.length === 0;

function canFit(request: SearchRequest, query: LibraryQuery): boolean {
  const sourceType = given(request.SourceType);
  return (
    isAny(request.SourceTypes, ours.sourceType) &&
    (sourceType === undefined || sourceType === ours.sourceType) &&
    isAny(request.StorageClasses, ours.storageClass) &&
    isAny(request.Status, ours.status) &&
    isAny(request.ReviewResults, ours.review) &&
    asksForNothingElse(request) &&
    (isEmpty(request.Categories) || query.trackTypes.length > 0) &&
    (isEmpty(request.MediaTypes) || query.containers.length > 0)
  );
}

/** No file has a description, a tag, a region or a live stream. */
const asksForNothingElse = (request: SearchRequest): boolean =>
  isEmpty(request.Descriptions) &&
  isEmpty(request.Tags) &&
  isEmpty(request.StorageRegions) &&
  isEmpty(request.StreamIds) &&
  given(request.StreamId) === undefined &&
  isEmpty(request.StreamDomains) &&
  isEmpty(request.StreamPaths) &&
  isEmpty(request.KnowledgeBases);
