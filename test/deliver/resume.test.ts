import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { openBucket, type Bucket } from '../../src/deliver/bucket.ts';
import { DestinationError } from '../../src/deliver/object-store.ts';
import type { UploadProgress } from '../../src/worker-api/messages.ts';
import { startFaultyProxy, type FaultyProxy, type SeenRequest, type Treatment } from '../kit/faulty-proxy.ts';
import { startS3, type S3Server } from '../kit/s3-server.ts';
import { tempDir } from '../single/recorder-kit.ts';

const key = 'T/file.mp4';
const part = 8 * 1024 * 1024;
/** Five parts, the last one small. */
const size = 4 * part + 1000;

interface Bench {
  readonly server: S3Server;
  readonly proxy: FaultyProxy;
  readonly bytes: Buffer;
  /** What the store of jobs would hold. */
  kept: UploadProgress | undefined;
  put(change?: { from?: UploadProgress | undefined; path?: string }): ReturnType<Bucket['putFile']>;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const isPart = ({ url }: SeenRequest, number?: number): boolean => url.includes(`partNumber=${number ?? ''}`);
const isComplete = ({ method, url }: SeenRequest): boolean => method === 'POST' && url.includes('uploadId=');
const isListOfParts = ({ method, url }: SeenRequest): boolean => method === 'GET' && url.includes('uploadId=');
const refused: Treatment = { status: 400, body: '<Error><Code>Sulking</Code></Error>' };

async function bench(t: TestContext): Promise<Bench> {
  const server = await startS3(t);
  const proxy = await startFaultyProxy(t, server.host);
  const bytes = randomBytes(size);
  const whole = join(tempDir(t), 'file.mp4');
  writeFileSync(whole, bytes);
  const clock = systemClock({ unref: true });
  const bucket = await openBucket({ destination: server.destination(proxy.host), allowPrivate: true, clock });
  t.after(() => bucket.close());
  const own: Bench = {
    server,
    proxy,
    bytes,
    kept: undefined,
    put({ from = own.kept, path = whole } = {}) {
      const tell = async (progress: UploadProgress): Promise<void> => void (own.kept = progress);
      return bucket.putFile(key, path, 'video/mp4', { resumption: { sha256: sha256(bytes), from, tell } });
    },
  };
  return own;
}

/** An attempt that gets two parts to the store. */
async function twoParts(b: Bench): Promise<void> {
  b.proxy.treat = (seen) => (isPart(seen, 3) ? refused : 'pass');
  await assert.rejects(b.put(), DestinationError);
  assert.equal(b.kept?.parts.length, 2);
  assert.deepEqual(b.server.openUploads(), [key], 'what is confirmed stays');
  b.proxy.treat = () => 'pass';
  b.proxy.seen.length = 0;
}

const partsSent = ({ proxy }: Bench): number[] =>
  proxy.seen.filter((seen) => isPart(seen)).map(({ url }) => Number(/partNumber=(\d+)/.exec(url)![1]));

async function assertStored(b: Bench): Promise<void> {
  assert.ok(b.bytes.equals(await b.server.get(key)));
  assert.deepEqual(b.server.openUploads(), []);
}

test('the next attempt goes on from the parts that the store has', async (t) => {
  const b = await bench(t);
  await twoParts(b);
  const confirmed = await b.put();
  assert.deepEqual(partsSent(b), [3, 4, 5]);
  assert.match(confirmed.md5, /^[0-9a-f]{32}-5$/);
  await assertStored(b);
});

test('a part that was confirmed after the last word of it is not sent again either', async (t) => {
  const b = await bench(t);
  await twoParts(b);
  await b.put({ from: { ...b.kept!, parts: [] } });
  assert.deepEqual(partsSent(b), [3, 4, 5]);
  await assertStored(b);
});

test('keys that may not list: what was answered to the earlier attempt counts', async (t) => {
  const b = await bench(t);
  await twoParts(b);
  b.proxy.treat = ({ method }) => (method === 'GET' ? { status: 403 } : 'pass');
  await b.put();
  assert.deepEqual(partsSent(b), [3, 4, 5]);
  await assertStored(b);
});

test('an upload that the store has forgotten begins anew, also where the keys may not list', async (t) => {
  for (const treat of [
    () => 'pass',
    (seen: SeenRequest) => (isListOfParts(seen) ? { status: 403 } : 'pass'),
  ] as const) {
    const b = await bench(t);
    await twoParts(b);
    b.proxy.treat = treat as FaultyProxy['treat'];
    await b.put({ from: { ...b.kept!, uploadId: 'f'.repeat(32) } });
    assert.deepEqual(partsSent(b).slice(-5), [1, 2, 3, 4, 5]);
    assert.ok(b.bytes.equals(await b.server.get(key)));
    assert.deepEqual(b.server.openUploads(), []);
  }
});

test('another file is not mixed with the parts of the former one, which are given up', async (t) => {
  const b = await bench(t);
  await twoParts(b);
  await b.put({ from: { ...b.kept!, sha256: '0'.repeat(64) } });
  assert.deepEqual(partsSent(b), [1, 2, 3, 4, 5]);
  await assertStored(b);
});

test('a part that is not what was sent is sent again', async (t) => {
  const b = await bench(t);
  await twoParts(b);
  const parts = b.kept!.parts.with(1, { etag: '"x"', md5: 'f'.repeat(32) });
  b.proxy.treat = (seen) => (isListOfParts(seen) ? { status: 403 } : 'pass');
  await b.put({ from: { ...b.kept!, parts } });
  assert.deepEqual(partsSent(b), [2, 3, 4, 5]);
  await assertStored(b);
});

test('an upload whose end was not heard of is not made twice', async (t) => {
  const b = await bench(t);
  let answers = 1;
  b.proxy.treat = (seen) => (isComplete(seen) && answers-- > 0 ? 'reset-after' : 'pass');
  await b.put();
  assert.deepEqual(partsSent(b), [1, 2, 3, 4, 5], 'the object is there, whatever the answer');
  await assertStored(b);
  // The process died before it could say so.
  b.proxy.treat = () => 'pass';
  b.proxy.seen.length = 0;
  await b.put();
  assert.deepEqual(partsSent(b), []);
  await assertStored(b);
});

test('an upload that was begun and never told of is given up by the next attempt', async (t) => {
  const b = await bench(t);
  await twoParts(b);
  b.kept = undefined;
  await b.put();
  assert.deepEqual(partsSent(b), [1, 2, 3, 4, 5]);
  await assertStored(b);
});

test('a store that says 200 and has something else is found out', async (t) => {
  const b = await bench(t);
  const wrong = [
    [
      'another checksum of the whole',
      (s: SeenRequest) => isComplete(s) && { status: 200, body: completed(`"${'0'.repeat(32)}-5"`) },
    ],
    ['another size', ({ method }: SeenRequest) => method === 'HEAD' && { rewrite: { 'content-length': '7' } }],
    ['another checksum of a part', (s: SeenRequest) => isPart(s, 2) && { rewrite: { etag: `"${'0'.repeat(32)}"` } }],
  ] as const;
  for (const [what, treat] of wrong) {
    b.kept = undefined;
    b.proxy.treat = (seen) => treat(seen) || 'pass';
    await assert.rejects(b.put(), { fault: 'checksum' }, what);
  }
});

const completed = (etag: string): string =>
  `<CompleteMultipartUploadResult><Key>${key}</Key><ETag>${etag}</ETag></CompleteMultipartUploadResult>`;
