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
    schema: z.strictObject({
      FileIds: z.array(z.string()),
      SubAppId: unsigned().optional(),
      Filters: z.array(z.string()).optional(),
    }),
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
    schema: searchSchema,
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
    schema: z.strictObject({
      FileId: text({ maxBytes: 1024 }),
      SubAppId: unsigned().optional(),
      DeleteParts: list(z.strictObject({ Type: z.string(), Definition: unsigned().optional() }), 20).optional(),
    }),
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
