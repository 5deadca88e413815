import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import { fileMediaStore, type MediaStore } from './media-store.ts';
import { withQuery, type LinkFault, type LinkQuery, type PlayLinks } from './play-links.ts';
import { ifRangeHolds, noneMatches, parseRange, type ByteRange } from './range.ts';
import { Shelf, type ServedItem } from './shelf.ts';

/** What the library's route needs. */
export interface LibraryOptions {
  readonly store: Store;
  /** Folder of the finished files, `library` in the data directory. */
  readonly root: string;
  readonly clock: Clock;
  readonly links: Pick<PlayLinks, 'areSigned' | 'faultOf'>;
}

interface LibraryRoute {
  Params: { subAppId: string; fileId: string; '*': string };
  Querystring: LinkQuery;
}

const corsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'accept-ranges, content-length, content-range, etag',
};

function chosenRange(request: FastifyRequest, file: ServedItem): ByteRange | 'whole' | 'unsatisfiable' {
  const ifRange = request.headers['if-range'];
  const holds = ifRangeHolds(typeof ifRange === 'string' ? ifRange : undefined, file.etag, file.lastModified);
  return holds ? parseRange(request.headers.range, file.size) : 'whole';
}

function describeFile(reply: FastifyReply, file: ServedItem): void {
  reply.headers({
    'accept-ranges': 'bytes',
    'content-type': file.contentType,
    etag: file.etag,
    'last-modified': file.lastModified,
    'cache-control': 'private, max-age=3600',
    'x-content-type-options': 'nosniff',
  });
}

const faultText: Readonly<Record<LinkFault, string>> = {
  unsigned: 'This file is served to signed addresses only: t, us and sign are missing.',
  expired: 'The time of this address is over; ask for a new one.',
  forged: 'The signature of this address does not fit it.',
  withdrawn: 'This file is served to signed addresses only, and the app that signs them is no longer configured.',
  unsupported: 'Addresses with exper or rlimit are not known here.',
};

const notFound = (reply: FastifyReply): FastifyReply => reply.code(404).send({ error: 'There is no such file.' });

/** Answers with the bytes of `range`; a HEAD gets the same headers and no bytes. */
async function sendRange(
  request: FastifyRequest,
  reply: FastifyReply,
  media: MediaStore,
  file: ServedItem,
  range: ByteRange | 'whole',
): Promise<unknown> {
  const span = range === 'whole' ? { start: 0, end: file.size - 1 } : range;
  const length = span.end - span.start + 1;
  const isBare = request.method === 'HEAD' || length === 0;
  const bytes = isBare ? Readable.from([]) : await media.read(file.item, span);
  if (!bytes) return notFound(reply);
  describeFile(reply, file);
  reply.code(range === 'whole' ? 200 : 206).header('content-length', length);
  if (range !== 'whole') reply.header('content-range', `bytes ${span.start}-${span.end}/${file.size}`);
  return reply.send(bytes);
}

async function serve(
  request: FastifyRequest,
  reply: FastifyReply,
  media: MediaStore,
  file: ServedItem,
): Promise<unknown> {
  if (!noneMatches(request.headers['if-none-match'], file.etag)) {
    describeFile(reply, file);
    return reply.code(304).send();
  }
  const range = chosenRange(request, file);
  if (range !== 'unsatisfiable') return sendRange(request, reply, media, file, range);
  describeFile(reply, file);
  reply.header('content-range', `bytes */${file.size}`).header('content-type', 'text/plain');
  return reply.code(416).send('The range is outside the file.');
}

/** A playlist for whom every address must be signed: its segments get the signature that it was asked for with. */
async function servePlaylist(
  request: FastifyRequest,
  reply: FastifyReply,
  media: MediaStore,
  file: ServedItem,
): Promise<unknown> {
  const bytes = await media.read(file.item, { start: 0, end: file.size - 1 });
  if (!bytes) return notFound(reply);
  const query = request.url.slice(request.url.indexOf('?') + 1);
  const body = withQuery(await text(bytes), query);
  // What is sent differs with the address, so it has no validators of the file.
  reply.headers({ 'content-type': file.contentType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  return reply.send(request.method === 'HEAD' ? '' : body);
}

/**
 * `GET|HEAD /vod/{SubAppId}/{FileId}/{name}`: finished files with ranges (RFC 9110 §14), open to every origin: MP4, AAC,
 * and HLS playlists with their segments beside them. 404 for what is unknown, unfinished, expired or deleted; 403 where the
 * app's addresses are signed and this one is not, or no longer; 416 for a range outside the file.
 */
export async function registerLibrary(fastify: FastifyInstance, options: LibraryOptions): Promise<void> {
  const { links } = options;
  const media = fileMediaStore(options.root);
  const shelf = new Shelf(options, media);
  // A wildcard for the name, because a named parameter may not be as long as a name of contract §5.
  const url = '/vod/:subAppId/:fileId/*';
  fastify.route<LibraryRoute>({
    method: ['GET', 'HEAD'],
    url,
    handler: async (request, reply) => {
      reply.headers(corsHeaders);
      const { subAppId, fileId, '*': name } = request.params;
      const file = await shelf.find({ subAppId, fileId, name });
      if (!file) return notFound(reply);
      const place = { subAppId: file.item.subAppId, fileId: file.item.fileId };
      const fault = links.faultOf(file.sdkAppId, place, request.query);
      if (fault) return reply.code(403).send({ error: faultText[fault] });
      const isList = file.item.container === 'hls' && file.item.segment === undefined;
      const answer = isList && links.areSigned(file.sdkAppId) ? servePlaylist : serve;
      return answer(request, reply, media, file);
    },
  });
  fastify.options(url, async (_request, reply) =>
    reply
      .headers({ ...corsHeaders, 'access-control-allow-headers': 'range, if-range', 'access-control-max-age': '86400' })
      .code(204)
      .send(),
  );
}
