import { z } from 'zod';
import type { LibraryQuery } from '../library/catalogue.ts';
import type { LibraryFile } from '../library/library-file.ts';
import { wallMs } from '../units.ts';
import { app, appText, moment, momentText, ms } from './fields.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';
import type { AdminServices } from './services.ts';
import { roomKind } from './task-view.ts';

const byId = z.strictObject({ fileId: z.string().min(1).max(64) });
const unknown = 'There is no such file in the library.';

const mediaFile = z
  .object({
    fileId: z.string(),
    name: z.string(),
    container: z.enum(['mp4', 'hls', 'aac']),
    url: z.string().describe('Where it plays; signed where the app has a play_key.'),
    app,
    taskId: z.string(),
    room: z.object({ kind: roomKind, id: z.string() }),
    userId: z.string().describe('Empty for a mix.'),
    trackType: z.enum(['audio', 'video', 'audio_video']),
    createdMs: ms,
    expiresMs: ms.nullable().describe('Null for never.'),
    sizeBytes: z.int(),
    durationMs: z.int(),
    width: z.int(),
    height: z.int(),
  })
  .meta({ id: 'LibraryFile' });

/** A file of the library in an answer. */
export type LibraryFileView = z.input<typeof mediaFile>;

const list = defineRoute({
  method: 'GET',
  path: '/library/files',
  summary: 'Searches the library, the newest first.',
  query: z.strictObject({
    app: appText.optional().describe('SdkAppId.'),
    text: z.string().max(200).optional().describe('In the name, whatever the case.'),
    room: z.string().min(1).max(256).optional().describe('RoomId.'),
    user: z.string().min(1).max(256).optional().describe('UserId of the anchor whose own file it is.'),
    container: z.enum(['mp4', 'hls', 'aac']).optional(),
    from: momentText.optional().describe('Files that came from then on.'),
    to: momentText.optional().describe('Files that came before then.'),
    offset: z.coerce.number().int().min(0).max(5000).default(0),
    limit: z.coerce.number().int().min(1).max(100).default(50).describe('Most items of a page.'),
  }),
  answer: {
    status: 200,
    description: 'A page of files.',
    schema: z.object({
      items: z.array(mediaFile).describe('The page.'),
      total: z.int().describe('How many fit, at most 5000.'),
    }),
  },
  async handle({ query }, services) {
    const { total, files } = await services.library.search(everything(services), searchOf(query));
    return { items: files.map(viewFile), total };
  },
});

interface Search {
  readonly app?: number | undefined;
  readonly text?: string | undefined;
  readonly room?: string | undefined;
  readonly user?: string | undefined;
  readonly container?: LibraryQuery['containers'][number] | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly offset: number;
  readonly limit: number;
}

const listOf = <T>(value: T | undefined): T[] => (value === undefined || value === '' ? [] : [value]);
const momentOf = (value: number | undefined) => (value === undefined ? undefined : wallMs(value));

const searchOf = ({ app: sdkAppId, text, room, user, container, from, to, offset, limit }: Search): LibraryQuery => ({
  fileIds: [],
  names: listOf(text),
  namePrefixes: [],
  classIds: [],
  trackTypes: [],
  containers: listOf(container),
  sdkAppIds: listOf(sdkAppId),
  roomIds: listOf(room),
  userIds: listOf(user),
  created: { fromMs: momentOf(from), beforeMs: momentOf(to) },
  expires: { fromMs: undefined, beforeMs: undefined },
  order: 'desc',
  offset,
  limit,
});

const everything = ({ appIds }: AdminServices) => ({ sdkAppIds: appIds, subAppId: undefined });

const remove = defineRoute({
  method: 'DELETE',
  path: '/library/files/{fileId}',
  summary: 'Deletes a file from the library, for good.',
  params: byId,
  answer: { status: 204, description: 'Nobody gets it any more.' },
  problems: { 404: unknown },
  async handle({ params: { fileId } }, services) {
    if (!(await services.library.remove(everything(services), fileId))) throw new AdminProblem(404, unknown);
  },
});

const setExpiry = defineRoute({
  method: 'PUT',
  path: '/library/files/{fileId}/expiry',
  summary: "Sets when a file's time in the library is over.",
  params: byId,
  body: z.strictObject({ expiresMs: moment.nullable().describe('Null for never.') }),
  answer: { status: 204, description: 'Set.' },
  problems: { 404: unknown, 422: 'That time is over.' },
  async handle({ params: { fileId }, body: { expiresMs } }, services) {
    if (expiresMs !== null && expiresMs <= services.clock.wallMs()) {
      throw new AdminProblem(422, 'That time is over. Delete the file instead.');
    }
    const expires = momentOf(expiresMs ?? undefined);
    if (!(await services.library.setExpiry(everything(services), fileId, expires)))
      throw new AdminProblem(404, unknown);
  },
});

const archive = defineRoute({
  method: 'GET',
  path: '/library/files/{fileId}/archive',
  summary: 'Gives an HLS recording as one ZIP file: its playlist and segments, not compressed.',
  params: byId,
  answer: { status: 200, description: 'The file.', file: 'application/zip' },
  problems: { 404: unknown },
  async handle({ params: { fileId } }, services, call) {
    const [file] = await services.library.files(everything(services), [fileId]);
    const name = file?.name.replace(/\.m3u8$/, '') ?? '';
    const found = file?.container === 'hls' ? await services.archives.open(file, file.fileId) : undefined;
    if (!found) throw new AdminProblem(404, unknown);
    call.setHeader('content-length', String(found.sizeBytes));
    call.setHeader('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name)}.zip`);
    return found.bytes;
  },
});

const viewFile = (file: LibraryFile): z.input<typeof mediaFile> => ({
  fileId: file.fileId,
  name: file.name,
  container: file.container,
  url: file.url,
  app: file.room.sdkAppId,
  taskId: file.taskId,
  room: { kind: file.room.kind, id: file.room.roomId },
  userId: file.userId,
  trackType: file.trackType,
  createdMs: file.createdMs,
  expiresMs: file.expiresMs ?? null,
  sizeBytes: file.sizeBytes,
  durationMs: file.durationMs,
  width: file.width,
  height: file.height,
});

/** Finished files. */
export const libraryRoutes: readonly AdminRoute[] = [list, remove, setExpiry, archive];
