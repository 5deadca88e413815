import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { BucketDestination } from '../../src/worker-api/messages.ts';
import type { Closing } from './closers.ts';

/** What of the server package is used; it has no types of its own. */
interface S3rver {
  readonly middleware: ((context: Context, next: () => Promise<void>) => Promise<void>)[];
  readonly httpServer: { closeAllConnections(): void };
  run(): Promise<AddressInfo>;
  close(): Promise<void>;
}

interface Context {
  readonly path: string;
  readonly method: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  app: object;
  status: number;
  type: string;
  body: unknown;
}

/** The server checks every signature, but computes that of a list wrongly: it leaves out the slash behind the bucket. */
const acceptLists = (context: Context, next: () => Promise<void>): Promise<void> => {
  if (context.path.endsWith('/')) {
    context.app = Object.create(context.app, { allowMismatchedSignatures: { value: true } }) as object;
  }
  return next();
};

const Server = createRequire(import.meta.url)('@20minutes/s3rver') as new (options: object) => S3rver;

/** The keys that the server knows. */
export const s3Keys = { accessKey: 'S3RVER', secretKey: 'S3RVER' } as const;

/** A real S3 server with one empty bucket, on 127.0.0.1. */
export interface S3Server {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** The bucket as CloudStorage names it; `host` is another's that passes on to the server. */
  destination(host?: string): BucketDestination;
  /** The object's bytes. Rejects when there is none. */
  get(key: string): Promise<Buffer>;
  /** Its content type. */
  typeOf(key: string): Promise<string | undefined>;
  /** Keys of uploads in parts that are neither completed nor given up. */
  openUploads(): string[];
  /** Keys that begin so, in order. */
  list(prefix?: string): Promise<string[]>;
  /** Ends the server and forgets the bucket. Idempotent. */
  close(): Promise<void>;
}

const bucket = 'recordings';

/** Starts a server; it is closed when the test ends. */
export async function startS3(t: Closing): Promise<S3Server> {
  const directory = mkdtempSync(join(tmpdir(), 'roomtape-s3-'));
  const options = { address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets: [{ name: bucket }] };
  const server = new Server(options);
  server.middleware.unshift(acceptLists, partsOf(join(directory, bucket, '._S3rver_uploads')));
  const { port } = await server.run();
  const host = `127.0.0.1:${port}`;
  const client = new S3Client({
    endpoint: `http://${host}`,
    forcePathStyle: true,
    region: 'us-east-1',
    credentials: { accessKeyId: s3Keys.accessKey, secretAccessKey: s3Keys.secretKey },
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      client.destroy();
      const closed = server.close();
      server.httpServer.closeAllConnections();
      await closed;
      rmSync(directory, { recursive: true, force: true });
    })());
  t.after(close);
  return {
    host,
    destination: (through = host) => ({
      kind: 'bucket',
      prefix: [],
      vendor: 's3',
      region: 'us-east-1',
      bucket,
      ...s3Keys,
      endpoint: `http://${through}`,
    }),
    get: async (Key) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      return Buffer.from(await Body!.transformToByteArray());
    },
    typeOf: async (Key) => (await client.send(new HeadObjectCommand({ Bucket: bucket, Key }))).ContentType,
    openUploads: () => openUploads(join(directory, bucket, '._S3rver_uploads')).map(({ key }) => key),
    list: (prefix = '') => listAll(client, prefix),
    close,
  };
}

/** At most a thousand: the server cannot make the token of a second page on this Node. */
async function listAll(client: S3Client, Prefix: string): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
  return Contents.map(({ Key }) => Key!).sort();
}

/** What the server package lacks of uploads in parts: lists of them and of their parts, and giving them up. */
const partsOf =
  (folder: string) =>
  async (context: Context, next: () => Promise<void>): Promise<void> => {
    const { method, query } = context;
    const { uploadId } = query;
    if (method === 'GET' && uploadId !== undefined)
      return answerXml(context, listedParts(join(folder, uploadId), Number(query['part-number-marker'] ?? 0)));
    if (method === 'GET' && 'uploads' in query) return answerXml(context, listedUploads(folder, query['prefix'] ?? ''));
    if (uploadId !== undefined && !existsSync(join(folder, uploadId))) return answerXml(context, undefined);
    if (method !== 'DELETE' || uploadId === undefined) return next();
    rmSync(join(folder, uploadId), { recursive: true });
    context.status = 204;
  };

function answerXml(context: Context, xml: string | undefined): void {
  context.status = xml === undefined ? 404 : 200;
  context.type = 'application/xml';
  context.body = `<?xml version="1.0"?>${xml ?? '<Error><Code>NoSuchUpload</Code><Message>No.</Message></Error>'}`;
}

/** Two on a page, so that further pages are asked for. */
function listedParts(folder: string, after: number): string | undefined {
  if (!existsSync(folder)) return undefined;
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, `${name}.md5`)));
  const rest = names
    .map(Number)
    .filter((number) => number > after)
    .sort((a, b) => a - b);
  const page = rest.slice(0, 2);
  const parts = page.map((number) => {
    const etag = readFileSync(join(folder, `${number}.md5`), 'utf8');
    const size = statSync(join(folder, `${number}`)).size;
    return `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag><Size>${size}</Size></Part>`;
  });
  const marks = `<IsTruncated>${rest.length > 2}</IsTruncated><NextPartNumberMarker>${page.at(-1) ?? 0}</NextPartNumberMarker>`;
  return `<ListPartsResult>${marks}${parts.join('')}</ListPartsResult>`;
}

const openUploads = (folder: string): { id: string; key: string }[] =>
  existsSync(folder)
    ? readdirSync(folder).map((id) => ({ id, key: readFileSync(join(folder, id, 'key'), 'utf8') }))
    : [];

function listedUploads(folder: string, prefix: string): string {
  const uploads = openUploads(folder).filter(({ key }) => key.startsWith(prefix));
  const listed = uploads.map(({ id, key }) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`);
  return `<ListMultipartUploadsResult>${listed.join('')}</ListMultipartUploadsResult>`;
}
