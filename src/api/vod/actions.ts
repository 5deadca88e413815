import { z } from 'zod';
import { apiVersions, defineAction, type Action } from '../action.ts';
import { apiError } from '../errors.ts';
import { list, text, unsigned } from '../fields.ts';
import { isInfoFilter, mediaInfo, type InfoFilter } from './media-info.ts';
import { scopeOf, type VodServices } from './scope.ts';
import { searchSchema, toQuery } from './search-request.ts';

/** FileIds of one DescribeMediaInfos, and of one SearchMedia. */
const mostDescribed = 20;
const mostSearched = 10;

const subApp = unsigned().optional().describe('Sub-application that owns the files. Default: all of the account.');
const scopeErrors = ['InvalidParameterValue.SubAppId', 'FailedOperation.InvalidVodUser'] as const;
const mediaAnswer = z
  .array(z.record(z.string(), z.unknown()))
  .describe('Each has FileId, BasicInfo (name, address, times, task) and MetaData (size, length, streams).');

/** The library's actions as VOD has them: files are found, described and deleted (contract §7.3). */
export const vodActions = (services: VodServices): readonly Action[] => [
  describeAction(services),
  searchAction(services),
  deleteAction(services),
];

const describeAction = (services: VodServices): Action =>
  defineAction({
    name: 'DescribeMediaInfos',
    version: apiVersions.vod,
    summary: 'Describes files of the library by their FileIds.',
    schema: z.strictObject({
      FileIds: z.array(z.string()).describe('At most 20, as callback 311 gives them.'),
      SubAppId: subApp,
      Filters: z.array(z.string()).optional().describe('Parts wanted: basicInfo, metaData … Default: all.'),
    }),
    answer: z.object({
      MediaInfoSet: mediaAnswer,
      NotExistFileIdSet: z.array(z.string()).describe('Those that do not exist.'),
    }),
    errors: [
      'InvalidParameterValue',
      'InvalidParameterValue.FileIdsEmpty',
      'InvalidParameterValue.FileIdsOverLimit',
      'InvalidParameterValue.FileIds',
      ...scopeErrors,
    ],
    twoLevelMissing: new Set<string>(),
    run: async ({ FileIds, SubAppId, Filters }, account) => {
      if (FileIds.length === 0) throw apiError('InvalidParameterValue.FileIdsEmpty');
      checkFileIds(FileIds, mostDescribed);
      const filters = infoFilters(Filters);
      const ids = [...new Set(FileIds)];
      const files = await services.library.files(await scopeOf(services, account, SubAppId), ids);
      const found = new Map(files.map((file) => [file.fileId, file]));
      return {
        MediaInfoSet: ids.flatMap((id) => found.get(id) ?? []).map((file) => mediaInfo(file, filters)),
        NotExistFileIdSet: ids.filter((id) => !found.has(id)),
      };
    },
  });

const searchAction = (services: VodServices): Action =>
  defineAction({
    name: 'SearchMedia',
    version: apiVersions.vod,
    summary:
      'Finds files of the library. What asks for something that no recording has (tags, streams …) finds nothing.',
    schema: searchSchema,
    answer: z.object({
      TotalCount: z.number().describe('How many fit, on all pages.'),
      MediaInfoSet: mediaAnswer,
    }),
    errors: [
      'InvalidParameterValue',
      'InvalidParameterValue.FileIdsOverLimit',
      'InvalidParameterValue.FileIds',
      ...scopeErrors,
    ],
    twoLevelMissing: new Set<string>(),
    run: async (request, account) => {
      checkFileIds(request.FileIds ?? [], mostSearched);
      const filters = infoFilters(request.Filters);
      const query = toQuery(request);
      const scope = await scopeOf(services, account, request.SubAppId);
      const { total, files } = query ? await services.library.search(scope, query) : { total: 0, files: [] };
      return { TotalCount: total, MediaInfoSet: files.map((file) => mediaInfo(file, filters)) };
    },
  });

/** Parts of a file that VOD can delete. All but the first are products that this library does not make. */
const original = 'OriginalFiles';
const products: readonly string[] = [
  'TranscodeFiles',
  'AdaptiveDynamicStreamingFiles',
  'WechatPublishFiles',
  'WechatMiniProgramPublishFiles',
  'MpsAiMediaAiAnalysisFiles',
  'MpsAiMediaSmartEraseFiles',
  'MpsAiMediaSmartSubtitleFiles',
];

const deleteAction = (services: VodServices): Action =>
  defineAction({
    name: 'DeleteMedia',
    version: apiVersions.vod,
    summary: 'Deletes a file of the library.',
    schema: z.strictObject({
      FileId: text({ maxBytes: 1024 }).describe('The file.'),
      SubAppId: subApp,
      DeleteParts: list(z.strictObject({ Type: z.string(), Definition: unsigned().optional() }), 20)
        .optional()
        .describe('Parts to delete; without OriginalFiles there is nothing to do.'),
    }),
    answer: z.object({}),
    errors: ['ResourceNotFound', 'InvalidParameterValue', ...scopeErrors],
    twoLevelMissing: new Set<string>(),
    run: async ({ FileId, SubAppId, DeleteParts = [] }, account) => {
      const isWhole = deletesAll(DeleteParts.map((part) => part.Type));
      const scope = await scopeOf(services, account, SubAppId);
      const isThere = isWhole
        ? await services.library.remove(scope, FileId)
        : (await services.library.files(scope, [FileId])).length > 0;
      if (!isThere) throw apiError('ResourceNotFound');
      return {};
    },
  });

/** The original is all there is of a file; asked for its products alone, there is nothing to delete. */
function deletesAll(types: readonly string[]): boolean {
  for (const type of types) {
    if (type !== original && !products.includes(type)) {
      throw apiError('InvalidParameterValue', { parameter: 'DeleteParts.Type', value: type });
    }
  }
  return types.length === 0 || types.includes(original);
}

/** Ids of VOD have up to 40 characters. Any that could be one is looked for and then does not exist (V2). */
function checkFileIds(ids: readonly string[], most: number): void {
  if (ids.length > most) throw apiError('InvalidParameterValue.FileIdsOverLimit', { limit: most });
  if (!ids.every((id) => /^[A-Za-z0-9_-]{1,40}$/.test(id))) throw apiError('InvalidParameterValue.FileIds');
}

function infoFilters(filters: readonly string[] = []): InfoFilter[] {
  return filters.map((filter) => {
    if (!isInfoFilter(filter)) throw apiError('InvalidParameterValue', { parameter: 'Filters', value: filter });
    return filter;
  });
}
