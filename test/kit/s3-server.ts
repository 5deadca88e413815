import { mkdtempSync, rmSync } from 'node:fs';
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
  app: object;
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
  server.middleware.unshift(acceptLists);
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
    list: (prefix = '') => listAll(client, prefix),
    close,
  };
}

/** At most a thousand: the server cannot make the token of a second page on this Node. */
async function listAll(client: S3Client, Prefix: string): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
  return Contents.map(({ Key }) => Key!).sort();
}
