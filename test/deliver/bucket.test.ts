import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import dns from 'node:dns';
import { writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { FakeClock, systemClock, type Clock } from '../../src/clock.ts';
import { bucketAddress, type BucketPlace } from '../../src/deliver/bucket-address.ts';
import { openBucket, type Bucket } from '../../src/deliver/bucket.ts';
import { md5Of } from '../../src/deliver/object-md5.ts';
import { DestinationError, type DestinationFault } from '../../src/deliver/object-store.ts';
import type { BucketDestination } from '../../src/worker-api/messages.ts';
import { startFaultyProxy, type FaultyProxy, type Treatment } from '../kit/faulty-proxy.ts';
import { s3Keys, startS3, type S3Server } from '../kit/s3-server.ts';
import { tempDir } from '../single/recorder-kit.ts';

const clock = systemClock({ unref: true });

async function open(t: TestContext, destination: BucketDestination, more: { clock?: Clock } = {}): Promise<Bucket> {
  const bucket = await openBucket({ destination, allowPrivate: true, clock, ...more });
  t.after(() => bucket.close());
  return bucket;
}

/** A server, a proxy in front of it, and a bucket through the proxy. */
async function behindProxy(
  t: TestContext,
  more: Partial<BucketDestination> = {},
): Promise<{ server: S3Server; proxy: FaultyProxy; bucket: Bucket }> {
  const server = await startS3(t);
  const proxy = await startFaultyProxy(t, server.host);
  const bucket = await open(t, { ...server.destination(proxy.host), ...more });
  return { server, proxy, bucket };
}

const fails =
  (fault: DestinationFault, text: RegExp = /^the bucket’s store at 127\.0\.0\.1 /) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof DestinationError, String(error));
    assert.equal(error.fault, fault, error.message);
    assert.match(error.message, text);
    assert.doesNotMatch(`${error.message}${error.stack}`, new RegExp(s3Keys.secretKey));
    return true;
  };

const address = (more: Partial<BucketDestination>) =>
  bucketAddress({
    vendor: 's3',
    region: 'ap-singapore-1',
    bucket: 'b-1250000000',
    accessKey: '',
    secretKey: '',
    ...more,
  });

test('where a destination is', () => {
  assert.deepEqual(address({ vendor: 'cos', region: 'ap-guangzhou' }), {
    endpoint: 'https://cos.ap-guangzhou.myqcloud.com',
    pathStyle: false,
    host: 'b-1250000000.cos.ap-guangzhou.myqcloud.com',
  });
  assert.equal(address({ region: 'eu-central-1' }).host, 'b-1250000000.s3.eu-central-1.amazonaws.com');
  assert.equal(address({ region: 'cn-north-1' }).endpoint, 'https://s3.cn-north-1.amazonaws.com.cn');
  assert.ok(address({ bucket: 'dotted.name' }).pathStyle);
  for (const [endpoint, origin, host] of [
    ['acct.r2.cloudflarestorage.com', 'https://acct.r2.cloudflarestorage.com', 'acct.r2.cloudflarestorage.com'],
    ['minio.lan:9000', 'https://minio.lan:9000', 'minio.lan'],
    ['8.8.8.8:9000', 'https://8.8.8.8:9000', '8.8.8.8'],
    ['10.0.0.5:9000', 'http://10.0.0.5:9000', '10.0.0.5'],
    ['127.0.0.1:9000', 'http://127.0.0.1:9000', '127.0.0.1'],
    ['localhost:9000', 'http://localhost:9000', 'localhost'],
    ['[fd00::5]:9000', 'http://[fd00::5]:9000', 'fd00::5'],
    ['http://10.0.0.5:9000/', 'http://10.0.0.5:9000', '10.0.0.5'],
    ['https://[fd00::5]:9000', 'https://[fd00::5]:9000', 'fd00::5'],
    ['http://0x7f.1', 'http://127.0.0.1', '127.0.0.1'],
  ] as const)
    assert.deepEqual(address({ endpoint }), { endpoint: origin, pathStyle: true, host });
});

test('what cannot be a destination is refused before anything is sent', () => {
  const bad: Partial<BucketPlace>[] = [
    { region: 'x.evil.example/#' },
    { region: '' },
    { bucket: 'a/b' },
    { bucket: '' },
    ...['ftp://h', 'h/path', 'u:p@h', 'h?x', 'h#x', 'a b', 'http://', ':9000'].map((endpoint) => ({ endpoint })),
  ];
  for (const more of bad) assert.throws(() => address(more), fails('address', /./), JSON.stringify(more));
});

test('link-local and metadata addresses never hold a bucket, private ones when allowed', async () => {
  const at = (endpoint: string, allowPrivate = false) =>
    openBucket({
      destination: { vendor: 's3', region: '', bucket: 'bucket', ...s3Keys, endpoint },
      allowPrivate,
      clock,
    });
  for (const never of ['http://169.254.169.254', 'http://100.100.100.200', 'http://[::ffff:169.254.169.254]'])
    await assert.rejects(at(never, true), fails('address', /an address that may not be connected to$/));
  for (const inside of ['http://2130706433', 'http://10.0.0.5:9000', 'https://[fd00::5]'])
    await assert.rejects(at(inside), fails('address', /an address that may not be connected to$/));
  const named = await at('http://localhost:9');
  await assert.rejects(named.list(''), fails('address', /at localhost has an address that may not/));
  named.close();
});

test('a bucket at COS is asked for at its own host, over TLS', async (t) => {
  const asked: string[] = [];
  const { lookup } = dns;
  const answer = (host: string, _options: unknown, done: (error: Error, found: never[]) => void): void => {
    asked.push(host);
    done(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }), []);
  };
  Object.assign(dns, { lookup: answer });
  syncBuiltinESMExports();
  t.after(() => {
    Object.assign(dns, { lookup });
    syncBuiltinESMExports();
  });
  const place = { vendor: 'cos', region: 'ap-guangzhou', bucket: 'b-1250000000' } as const;
  const bucket = await openBucket({ destination: { ...place, ...s3Keys }, allowPrivate: true, clock });
  t.after(() => bucket.close());
  const host = 'b-1250000000.cos.ap-guangzhou.myqcloud.com';
  await assert.rejects(bucket.put('x', Buffer.from('abc'), 'text/plain'), fails('unreachable', /\(ENOTFOUND\)$/));
  assert.deepEqual(new Set(asked), new Set([host]));
});

test('an object has its bytes, its type and its checksum; list and stat see it', async (t) => {
  const { server, proxy, bucket } = await behindProxy(t);
  const bytes = randomBytes(100_000);
  const key = 'a/b/T+.-/1400000000_10001_UserId_s_dXNlcj4+Pg.._UserId_e_main.m3u8';
  const confirmed = await bucket.put(key, bytes, 'application/vnd.apple.mpegurl');
  assert.deepEqual(confirmed, { key, sizeBytes: 100_000, md5: md5Of(bytes) });
  assert.deepEqual(await server.get(key), bytes);
  assert.equal(await server.typeOf(key), 'application/vnd.apple.mpegurl');
  assert.deepEqual(await bucket.stat(key), confirmed);
  assert.equal(await bucket.stat('a/b'), undefined);
  assert.deepEqual(await bucket.list('a/b/T+'), [confirmed]);
  const put = proxy.seen.find(({ method }) => method === 'PUT')!;
  assert.equal(put.headers['content-md5'], Buffer.from(md5Of(bytes), 'hex').toString('base64'));
  assert.ok(!Object.keys(put.headers).some((name) => /x-amz-(checksum|sdk-checksum|trailer)/.test(name)));
});

test('a list of more than one page', async (t) => {
  const { proxy, bucket } = await behindProxy(t);
  const page = (key: string, more: string): string =>
    `<ListBucketResult><Contents><Key>${key}</Key><Size>3</Size><ETag>"abc-2"</ETag></Contents>${more}</ListBucketResult>`;
  const more = '<IsTruncated>true</IsTruncated><NextContinuationToken>next+/=</NextContinuationToken>';
  proxy.treat = ({ url }) => ({
    status: 200,
    body: url.includes('continuation-token') ? page('b', '') : page('a', more),
  });
  const found = await bucket.list('');
  assert.deepEqual(found, [
    { key: 'a', sizeBytes: 3, md5: undefined },
    { key: 'b', sizeBytes: 3, md5: undefined },
  ]);
  assert.match(proxy.seen.at(-1)!.url, /continuation-token=next%2B%2F%3D/);
});

test('a large file goes in parts of 8 MB and is the same in the bucket', async (t) => {
  const { server, proxy, bucket } = await behindProxy(t);
  const bytes = randomBytes(17 * 1024 * 1024);
  const path = join(tempDir(t), 'file.mp4');
  writeFileSync(path, bytes);
  const confirmed = await bucket.putFile('T/file.mp4', path, 'video/mp4');
  assert.equal(confirmed.sizeBytes, bytes.length);
  assert.match(confirmed.md5, /^[0-9a-f]{32}-3$/);
  assert.ok(bytes.equals(await server.get('T/file.mp4')));
  assert.equal(await server.typeOf('T/file.mp4'), 'video/mp4');
  const parts = proxy.seen.filter(({ url }) => url.includes('partNumber='));
  assert.equal(parts.length, 3);
  assert.ok(parts.every(({ headers }) => headers['content-md5']));
  assert.equal(proxy.seen.at(-1)!.method, 'HEAD');
  // Keys that may only write.
  proxy.treat = ({ method }) => (method === 'HEAD' ? { status: 403 } : 'pass');
  assert.deepEqual(await bucket.putFile('T/file.mp4', path, 'video/mp4'), confirmed);
});

test('an upload in parts that fails is given up at the store', async (t) => {
  const { server, proxy, bucket } = await behindProxy(t);
  const path = join(tempDir(t), 'file.mp4');
  writeFileSync(path, randomBytes(17 * 1024 * 1024));
  proxy.treat = ({ url }) => (url.includes('partNumber=2') ? { status: 400 } : 'pass');
  await assert.rejects(bucket.putFile('T/file.mp4', path, 'video/mp4'), fails('store'));
  const last = proxy.seen.at(-1)!;
  assert.equal(last.method, 'DELETE');
  assert.match(last.url, /uploadId=/);
  assert.deepEqual(await server.list(), []);
  const ended = new AbortController();
  proxy.treat = ({ url }) => {
    if (url.includes('partNumber=2')) ended.abort();
    return 'pass';
  };
  await assert.rejects(bucket.putFile('T/file.mp4', path, 'video/mp4', { signal: ended.signal }), fails('cancelled'));
  assert.equal(proxy.seen.at(-1)!.method, 'DELETE');
});

test('other bytes than were sent are found out', async (t) => {
  const { proxy, bucket } = await behindProxy(t);
  proxy.treat = ({ method }) => (method === 'PUT' ? { rewrite: { etag: `"${'0'.repeat(32)}"` } } : 'pass');
  await assert.rejects(bucket.put('x', Buffer.from('abc'), 'text/plain'), fails('checksum'));
  // A store whose ETag is no MD5, as with keys of the customer's, is asked for the size.
  proxy.treat = ({ method }) => (method === 'PUT' ? { rewrite: { etag: '"opaque"' } } : 'pass');
  await bucket.put('x', Buffer.from('abc'), 'text/plain');
  assert.equal(proxy.seen.at(-1)!.method, 'HEAD');
  const kms = { etag: `"${'0'.repeat(32)}"`, 'x-amz-server-side-encryption': 'aws:kms' };
  proxy.treat = ({ method }) => ({ rewrite: method === 'PUT' ? kms : { 'content-length': '2' } });
  await assert.rejects(bucket.put('x', Buffer.from('abc'), 'text/plain'), fails('checksum'));
});

test('every fault of a store has its name', async (t) => {
  const { server, proxy, bucket } = await behindProxy(t);
  const xml = (code: string): string => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`;
  const rows: [Treatment, DestinationFault, RegExp][] = [
    ['reset', 'unreachable', /could not be reached \(ECONNRESET\)$/],
    [{ status: 503, body: xml('SlowDown') }, 'store', /answered with an error \(SlowDown 503\)$/],
    [{ status: 403, body: xml('AccessDenied') }, 'denied', /\(AccessDenied 403\)$/],
    [{ status: 400, body: xml('BadDigest') }, 'checksum', /\(BadDigest 400\)$/],
    [{ status: 301, body: xml('PermanentRedirect') }, 'no-bucket', /in this region \(PermanentRedirect 301\)$/],
    [{ status: 400, body: xml(`${s3Keys.secretKey} said <i>`) }, 'store', /./],
    [{ status: 502, body: 'not xml' }, 'store', /502/],
  ];
  for (const [treatment, fault, text] of rows) {
    proxy.treat = () => treatment;
    await assert.rejects(bucket.put('x', Buffer.from('abc'), 'text/plain'), fails(fault, text));
  }
  proxy.treat = () => 'pass';
  const other = await open(t, { ...server.destination(), bucket: 'nobodys' });
  await assert.rejects(other.put('x', Buffer.from('abc'), 'text/plain'), fails('no-bucket', /\(NoSuchBucket 404\)$/));
  const stranger = await open(t, { ...server.destination(), secretKey: 'wrong' });
  await assert.rejects(stranger.put('x', Buffer.from('abc'), 'text/plain'), fails('denied'));
  const nowhere = await open(t, { ...server.destination('127.0.0.1:1') });
  await assert.rejects(nowhere.put('x', Buffer.from('abc'), 'text/plain'), fails('unreachable', /\(ECONNREFUSED\)$/));
  const plain = await open(t, { ...server.destination(), endpoint: `https://${server.host}` });
  await assert.rejects(plain.put('x', Buffer.from('abc'), 'text/plain'), fails('unreachable', /begins with http:/));
});

test('a hiccup of the store is not told to anybody', async (t) => {
  const { server, proxy, bucket } = await behindProxy(t);
  let left = 2;
  proxy.treat = () => (left-- > 0 ? (left > 0 ? { status: 503 } : 'reset-after') : 'pass');
  await bucket.put('x', Buffer.from('abc'), 'text/plain');
  assert.equal((await server.get('x')).toString(), 'abc');
});

test('a store that never answers is waited for half a minute, and less when the caller or close says so', async (t) => {
  const server = await startS3(t);
  const proxy = await startFaultyProxy(t, server.host);
  proxy.treat = () => 'hang';
  const fake = new FakeClock();
  const bucket = await open(t, server.destination(proxy.host), { clock: fake });
  const asked = async (count: number): Promise<void> => {
    while (proxy.seen.length < count) await wait(5);
  };
  const slow = bucket.put('x', Buffer.from('abc'), 'text/plain');
  await asked(1);
  fake.advance(29_999);
  fake.advance(100);
  await assert.rejects(slow, fails('timeout'));
  const cancelled = new AbortController();
  const ended = bucket.put('x', Buffer.from('abc'), 'text/plain', { signal: cancelled.signal });
  await asked(2);
  cancelled.abort();
  await assert.rejects(ended, fails('cancelled'));
  const closed = bucket.list('');
  await asked(3);
  bucket.close();
  bucket.close();
  await assert.rejects(closed, fails('cancelled'));
});
