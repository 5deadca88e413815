import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { test, type TestContext } from 'node:test';
import fastify from 'fastify';
import { libraryPath } from '../../src/library/location.ts';
import { registerLibrary } from '../../src/library/routes.ts';
import type { NewTask } from '../../src/tasks/service.ts';
import type { LeasedJob } from '../../src/worker-api/messages.ts';
import {
  bench,
  claimJobs,
  doneReport,
  library as vodLibrary,
  nameOf,
  newTask,
  plainLinks,
  recordedFile,
  recordTask,
  tempFolder,
  type Bench,
} from '../tasks/fixture.ts';
import { subAppOf } from './library-kit.ts';

const media = randomBytes(700_001);
const etag = `"${createHash('sha256').update(media).digest('hex').slice(0, 32)}"`;

async function report(b: Bench, job: LeasedJob): Promise<void> {
  const sha256 = createHash('sha256').update(media).digest('hex');
  await b.tasks.reportJob(job.jobId, doneReport(job, { sizeBytes: media.length, sha256 }));
}

/** A library with one file that is on the disk and in the store, finished unless told otherwise. */
async function library(t: TestContext, options: { userId?: string; done?: boolean; task?: Partial<NewTask> } = {}) {
  const b = await bench(t);
  const root = await tempFolder(t);
  await recordTask(b, [recordedFile(options.userId ?? 'user>>>')], newTask(options.task));
  const [job] = await claimJobs(b.tasks, 'r');
  assert.ok(job);
  const path = libraryPath(root, { subAppId: subAppOf(job), fileId: job.fileId });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, media);
  if (options.done ?? true) await report(b, job);
  const http = fastify();
  await registerLibrary(http, { store: b.store, root, clock: b.clock, links: plainLinks('http://h') });
  await http.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => http.close());
  const origin = `http://127.0.0.1:${(http.server.address() as AddressInfo).port}`;
  const url = `${origin}/vod/${subAppOf(job)}/${job.fileId}/${encodeURIComponent(nameOf(job))}`;
  return { b, job, path, origin, url };
}

const get = (url: string, headers: Record<string, string> = {}, method = 'GET') => fetch(url, { method, headers });
const bytes = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

test('a finished file is served whole, with its type, length and validators', async (t) => {
  const { url } = await library(t);
  assert.match(url, /%2B/);
  const response = await get(url);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'video/mp4');
  assert.equal(response.headers.get('content-length'), String(media.length));
  assert.equal(response.headers.get('accept-ranges'), 'bytes');
  assert.equal(response.headers.get('etag'), etag);
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  assert.ok((await bytes(response)).equals(media));
});

test('HEAD has the headers of GET and no bytes, with and without a range', async (t) => {
  const { url } = await library(t);
  const head = await get(url, {}, 'HEAD');
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('content-length'), String(media.length));
  assert.equal(head.headers.get('content-type'), 'video/mp4');
  const part = await get(url, { range: 'bytes=10-19' }, 'HEAD');
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-length'), '10');
  assert.equal((await bytes(part)).length, 0);
});

test('ranges are served exactly', async (t) => {
  const { url } = await library(t);
  for (const [range, start, end] of [
    ['bytes=0-0', 0, 0],
    ['bytes=1000-299999', 1000, 299_999],
    ['bytes=-5', media.length - 5, media.length - 1],
    ['bytes=700000-', 700_000, 700_000],
  ] as const) {
    const response = await get(url, { range });
    assert.equal(response.status, 206);
    assert.equal(response.headers.get('content-range'), `bytes ${start}-${end}/${media.length}`);
    assert.equal(response.headers.get('content-length'), String(end - start + 1));
    assert.ok((await bytes(response)).equals(media.subarray(start, end + 1)), range);
  }
});

test('a range outside the file is 416 with the size', async (t) => {
  const { url } = await library(t);
  const response = await get(url, { range: `bytes=${media.length}-` });
  assert.equal(response.status, 416);
  assert.equal(response.headers.get('content-range'), `bytes */${media.length}`);
});

test('If-Range with a stale validator gets the whole file, If-None-Match 304', async (t) => {
  const { url } = await library(t);
  assert.equal((await get(url, { range: 'bytes=0-9', 'if-range': etag })).status, 206);
  assert.equal((await get(url, { range: 'bytes=0-9', 'if-range': '"other"' })).status, 200);
  const cached = await get(url, { 'if-none-match': etag });
  assert.equal(cached.status, 304);
  assert.equal((await bytes(cached)).length, 0);
});

test('preflight allows ranges from every origin', async (t) => {
  const { url } = await library(t);
  const response = await get(url, { origin: 'http://player.example' }, 'OPTIONS');
  assert.equal(response.status, 204);
  assert.match(response.headers.get('access-control-allow-headers') ?? '', /range/);
});

test('the longest names are served', async (t) => {
  const task: Partial<NewTask> = {
    room: { sdkAppId: 1400000000, kind: 'string', roomId: '会'.repeat(21) },
    userDefineRecordId: 'u'.repeat(64),
  };
  // Longer than a file on the disk may be called.
  const { url, job } = await library(t, { userId: 'v'.repeat(64), task });
  assert.ok(nameOf(job).length > 255, `${nameOf(job).length}`);
  assert.equal((await get(url)).status, 200);
});

test('an unfinished file is not served, though it lies on the disk', async (t) => {
  const { url, b, job } = await library(t, { done: false });
  assert.equal((await get(url)).status, 404);
  await report(b, job);
  assert.equal((await get(url)).status, 200);
});

test('a file whose size is not the announced one, or that is gone, is not served', async (t) => {
  const { url, path } = await library(t);
  await truncate(path, 1000);
  assert.equal((await get(url)).status, 404);
  await rm(path);
  assert.equal((await get(url)).status, 404);
});

test('an expired file is not served', async (t) => {
  const { url, b } = await library(t, { task: { destination: vodLibrary({ expireSeconds: 86_400 }) } });
  b.clock.advance(86_399_000);
  assert.equal((await get(url)).status, 200);
  b.clock.advance(1000);
  assert.equal((await get(url)).status, 404);
});

/** Sends a path as it is; fetch would clean it. */
const raw = (origin: string, path: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request(origin, { path }, (response) => resolve(response.resume()))
      .on('error', reject)
      .end();
  });

test('nothing else can be reached', async (t) => {
  const { job, origin } = await library(t);
  const name = encodeURIComponent(nameOf(job));
  const paths = [
    `/vod/1/${job.fileId}/${name}`,
    `/vod/${subAppOf(job)}/1/${name}`,
    `/vod/${subAppOf(job)}/${job.fileId}/other.mp4`,
    `/vod/${subAppOf(job)}/${job.fileId}/`,
    `/vod/${subAppOf(job)}/${job.fileId}/../${job.fileId}/${name}`,
    `/vod/${subAppOf(job)}/${job.fileId}/%2e%2e%2f${job.fileId}%2f${name}`,
    `/vod/${subAppOf(job)}/${job.fileId}/${name}%00`,
    `/vod/${subAppOf(job)}/${job.fileId}/..%5c..%5cstore.sqlite`,
  ];
  for (const path of paths) assert.equal((await raw(origin, path)).statusCode, 404, path);
});

test('a player that hangs up leaves the server serving', async (t) => {
  const { url } = await library(t);
  for (let i = 0; i < 20; i += 1) {
    const abort = new AbortController();
    const response = await fetch(url, { signal: abort.signal });
    await response.body?.getReader().read();
    abort.abort();
  }
  assert.ok((await bytes(await get(url))).equals(media));
});
