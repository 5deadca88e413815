import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import type { FileRow } from '../store/tables.ts';
import type { LibraryKey } from './location.ts';
import { fileMediaStore, type MediaStore } from './media-store.ts';
import { ifRangeHolds, noneMatches, parseRange, type ByteRange } from './range.ts';

/** What the library's route needs. */
export interface LibraryOptions {
  readonly store: Store;
  /** Folder of the finished files, `library` in the data directory. */
  readonly root: string;
  readonly clock: Clock;
}

interface LibraryRoute {
  Params: { subAppId: string; fileId: string; '*': string };
}

/** A finished file and the validators of its bytes, which never change. */
interface ServedFile {
  readonly key: LibraryKey;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: string;
}

const corsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'accept-ranges, content-length, content-range, etag',
};

const served = (file: FileRow, size: number): ServedFile => ({
  key: { subAppId: file.sub_app_id, fileId: file.file_id, name: file.name },
  size,
  etag: `"${(file.sha256 ?? file.file_id).slice(0, 32)}"`,
  lastModified: new Date(file.done_ms ?? 0).toUTCString(),
});

/** Finds files that the store says are done, not expired and on the disk with the size they were announced with. */
class Shelf {
  readonly #store: Store;
  readonly #media: MediaStore;
  readonly #clock: Clock;

  constructor(options: LibraryOptions, media: MediaStore) {
    this.#store = options.store;
    this.#media = media;
    this.#clock = options.clock;
  }

  async find({ subAppId, fileId, '*': name }: LibraryRoute['Params']): Promise<ServedFile | undefined> {
    const row = await this.#store.db
      .selectFrom('file')
      .selectAll()
      .where('file_id', '=', fileId)
      .where('state', '=', 'done')
      .executeTakeFirst();
    if (!row || String(row.sub_app_id) !== subAppId || row.name !== name) return undefined;
    if (row.expires_ms !== null && row.expires_ms <= this.#clock.wallMs()) return undefined;
    const size = await this.#media.size({ subAppId: row.sub_app_id, fileId, name });
    return size === undefined || size !== row.size_bytes ? undefined : served(row, size);
  }
}

function chosenRange(request: FastifyRequest, file: ServedFile): ByteRange | 'whole' | 'unsatisfiable' {
  const ifRange = request.headers['if-range'];
  const holds = ifRangeHolds(typeof ifRange === 'string' ? ifRange : undefined, file.etag, file.lastModified);
  return holds ? parseRange(request.headers.range, file.size) : 'whole';
}

function describeFile(reply: FastifyReply, file: ServedFile): void {
  reply.headers({
    'accept-ranges': 'bytes',
    'content-type': 'video/mp4',
    etag: file.etag,
    'last-modified': file.lastModified,
    'cache-control': 'private, max-age=3600',
    'x-content-type-options': 'nosniff',
  });
}

/** Answers with the bytes of `range`; a HEAD gets the same headers and no bytes. */
async function sendRange(
  request: FastifyRequest,
  reply: FastifyReply,
  media: MediaStore,
  file: ServedFile,
  range: ByteRange | 'whole',
): Promise<unknown> {
  const span = range === 'whole' ? { start: 0, end: file.size - 1 } : range;
  const length = span.end - span.start + 1;
  reply.code(range === 'whole' ? 200 : 206).header('content-length', length);
  if (range !== 'whole') reply.header('content-range', `bytes ${span.start}-${span.end}/${file.size}`);
  if (request.method === 'HEAD' || length === 0) return reply.send(Readable.from([]));
  return reply.send(await media.read(file.key, span));
}

async function serve(
  request: FastifyRequest,
  reply: FastifyReply,
  media: MediaStore,
  file: ServedFile,
): Promise<unknown> {
  describeFile(reply, file);
  if (!noneMatches(request.headers['if-none-match'], file.etag)) return reply.code(304).send();
  const range = chosenRange(request, file);
  if (range !== 'unsatisfiable') return sendRange(request, reply, media, file, range);
  reply.header('content-range', `bytes */${file.size}`).header('content-type', 'text/plain');
  return reply.code(416).send('The range is outside the file.');
}

/**
 * `GET|HEAD /vod/{SubAppId}/{FileId}/{name}`: finished files with ranges (RFC 9110 §14), open to every origin. 404 for
 * what is unknown, unfinished or expired; 416 for a range outside the file.
 */
export async function registerLibrary(fastify: FastifyInstance, options: LibraryOptions): Promise<void> {
  const media = fileMediaStore(options.root);
  const shelf = new Shelf(options, media);
  // A wildcard for the name, because a named parameter may not be as long as a name of contract §5.
  const url = '/vod/:subAppId/:fileId/*';
  fastify.route<LibraryRoute>({
    method: ['GET', 'HEAD'],
    url,
    handler: async (request, reply) => {
      reply.headers(corsHeaders);
      const file = await shelf.find(request.params);
      return file ? serve(request, reply, media, file) : reply.code(404).send({ error: 'There is no such file.' });
    },
  });
  fastify.options(url, async (_request, reply) =>
    reply
      .headers({ ...corsHeaders, 'access-control-allow-headers': 'range, if-range', 'access-control-max-age': '86400' })
      .code(204)
      .send(),
  );
}
