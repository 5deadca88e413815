import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import COS from 'cos-nodejs-sdk-v5';
import { FakeClock } from '../../src/clock.ts';
import type { FinishedFile } from '../../src/deliver/cos-parts.ts';
import { TencentVodError } from '../../src/deliver/tencent-vod-error.ts';
import {
  applyRequest,
  mediaNameOf,
  uploadToTencentVod,
  type TencentVodAccount,
  type TencentVodFile,
  type TencentVodOptions,
} from '../../src/deliver/tencent-vod.ts';
import { TencentVodSpeaker, type Misbehaviour, type SpokenCall } from '../kit/tencent-vod-speaker.ts';

const folder = mkdtempSync(join(tmpdir(), 'roomtape-vod-'));
const clock = new FakeClock();
const speaker = await TencentVodSpeaker.start();
after(async () => {
  await speaker.close();
  rmSync(folder, { recursive: true });
});
afterEach(() => speaker.behave());

const mebibyte = 1 << 20;
const small = fileOf('small.mp4', 1234);
const big = fileOf('big.mp4', 12 * mebibyte + 345);

function fileOf(name: string, sizeBytes: number): FinishedFile & { readonly bytes: Buffer } {
  const bytes = randomBytes(sizeBytes);
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return { path, sizeBytes, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

const account: TencentVodAccount = {
  secretId: speaker.secretId,
  secretKey: speaker.secretKey,
  endpoint: speaker.endpoint,
  protocol: 'http',
  cosDomain: speaker.endpoint,
  silenceMs: 20_000,
};

const plain: TencentVodOptions = { expireSeconds: 0, classId: 0, mediaName: 'name', mediaType: 'mp4' };

interface Change {
  readonly account?: Partial<TencentVodAccount>;
  readonly options?: Partial<TencentVodOptions>;
  readonly signal?: AbortSignal;
  readonly beside?: readonly FinishedFile[];
}

const upload = (file: FinishedFile, change: Change = {}): Promise<TencentVodFile> =>
  uploadToTencentVod(
    { ...account, ...change.account },
    [file, ...(change.beside ?? [])],
    { ...plain, ...change.options },
    {
      clock,
      signal: change.signal ?? new AbortController().signal,
    },
  );

/** Awaits a refusal, and that no secret is in any of it. */
async function failure(work: Promise<unknown>): Promise<TencentVodError> {
  const thrown = await work.then(
    () => assert.fail('the upload succeeded'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof TencentVodError, inspect(thrown));
  const everything = inspect(thrown, { depth: 10, showHidden: true });
  for (const secret of [speaker.secretKey, speaker.secretId, ...speaker.secretsGiven]) {
    assert.ok(!everything.includes(secret), `"${secret}" is in ${everything}`);
  }
  assert.match(thrown.message, /^[A-Z][^\n]*\.$/);
  return thrown;
}

test('a small file arrives as it is, and can be fetched at its address', async () => {
  const { fileId, mediaUrl } = await upload(small);
  assert.match(fileId, /^\d{19}$/);
  const answer = await fetch(mediaUrl);
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), small.bytes);
  assert.equal(speaker.files.at(-1)?.fileId, fileId);
});

test('twelve megabytes arrive as they are, in parts, and no file stays open', async () => {
  const before = speaker.requests.length;
  await upload(big);
  assert.ok(speaker.files.at(-1)?.bytes.equals(big.bytes));
  const calls = speaker.requests.slice(before);
  assert.deepEqual(
    calls
      .filter(({ call }) => call === 'part')
      .map(({ part }) => part!)
      .toSorted((a, b) => a - b),
    Array.from({ length: 13 }, (_, i) => i + 1),
  );
  const others = calls.map(({ call }) => call).filter((call) => call !== 'part');
  assert.deepEqual(others, ['ApplyUpload', 'begin', 'complete', 'check', 'CommitUpload']);
  assert.deepEqual(openFiles(), []);
});

test('of HLS the segments arrive beside the playlist', async () => {
  const playlist = fileOf('index.m3u8', 300);
  const segments = [1, 2, 3].map((i) => fileOf(`1400000000_10001_2026010100000000${i}.ts`, mebibyte + i));
  const beside = segments.map((segment) => ({ ...segment, sha256: undefined }));
  const { mediaUrl } = await upload(playlist, { beside, options: { mediaType: 'm3u8' } });
  for (const file of [playlist, ...segments]) {
    const address = file === playlist ? mediaUrl : new URL(basename(file.path), mediaUrl);
    assert.deepEqual(Buffer.from(await (await fetch(address)).arrayBuffer()), file.bytes);
  }
  const lost = await failure(upload(playlist, { beside: [{ ...beside[0]!, sizeBytes: 1 }] }));
  assert.equal(lost.fault, 'ours');
});

test('every option arrives in ApplyUpload under its wire name', async () => {
  await upload(small, {
    options: {
      subAppId: 1_500_000_007,
      expireSeconds: 86_400,
      classId: 12,
      procedure: 'LongVideoPreset',
      storageRegion: 'ap-shanghai',
      sessionContext: 'session "会议"',
      sourceContext: 'source=1&x',
      mediaName: '1400000000_10001_UserId_s_YW5jaG9yMQ.._UserId_e_main',
    },
  });
  assert.deepEqual(speaker.files.at(-1)?.applied, {
    MediaType: 'mp4',
    MediaName: '1400000000_10001_UserId_s_YW5jaG9yMQ.._UserId_e_main',
    SubAppId: 1_500_000_007,
    ExpireTime: '2023-11-15T22:13:20Z',
    ClassId: 12,
    Procedure: 'LongVideoPreset',
    StorageRegion: 'ap-shanghai',
    SessionContext: 'session "会议"',
    SourceContext: 'source=1&x',
  });
  assert.equal(speaker.files.at(-1)?.committed['SubAppId'], 1_500_000_007);
});

test('what a task does not say is not sent, and 0 seconds are for ever', async () => {
  await upload(small);
  assert.deepEqual(speaker.files.at(-1)?.applied, { MediaType: 'mp4', MediaName: 'name', ClassId: 0 });
  const longest = applyRequest({ ...plain, expireSeconds: 0xffff_ffff }, clock.wallMs());
  assert.equal(longest.ExpireTime, '2159-12-22T04:41:35Z');
});

test('the name in the library is that of the file without its extension', () => {
  assert.equal(mediaNameOf('/a.b/1400000000_cm9vbV8zNjY..mp4'), '1400000000_cm9vbV8zNjY.');
  assert.equal(mediaNameOf('1400000000_10001_2.mp4'), '1400000000_10001_2');
});

/** Each of them ends an upload as the destination's fault, and the next try succeeds. */
const faults: readonly [SpokenCall, Misbehaviour, RegExp][] = [
  ['ApplyUpload', { how: 'status', status: 502 }, /^Tencent VOD, ApplyUpload: answered HTTP 502/],
  ['ApplyUpload', { how: 'reset' }, /^Tencent VOD, ApplyUpload: gave no usable answer/],
  ['ApplyUpload', { how: 'hang' }, /^Tencent VOD, ApplyUpload: gave no usable answer, .*timeout/],
  ['ApplyUpload', { how: 'refuse', code: 'RequestLimitExceeded' }, /RequestLimitExceeded/],
  [
    'ApplyUpload',
    { how: 'refuse', code: 'UnauthorizedOperation' },
    /UnauthorizedOperation, No\. \(request [0-9a-f-]{36}\)\.$/,
  ],
  ['ApplyUpload', { how: 'refuse', code: 'InternalError' }, /InternalError/],
  ['ApplyUpload', { how: 'empty' }, /^Tencent VOD, ApplyUpload: answered without StorageBucket\.$/],
  ['begin', { how: 'status', status: 503 }, /^COS, begin of the upload: answered HTTP 503/],
  ['begin', { how: 'hang' }, /^COS, begin of the upload: gave no answer/],
  ['part', { how: 'status', status: 500 }, /^COS, part of the upload: answered HTTP 500/],
  ['part', { how: 'reset' }, /^COS, part of the upload: gave no answer, ECONNRESET/],
  [
    'part',
    { how: 'refuse', code: 'AccessDenied', message: 'Request has expired' },
    /HTTP 403, AccessDenied, Request has expired\.$/,
  ],
  ['part', { how: 'hang' }, /^COS, part of the upload: gave no answer, ESOCKETTIMEDOUT/],
  ['part', { how: 'wrong etag' }, /^COS, end of the upload: answered HTTP 400, InvalidPart/],
  ['part', { how: 'corrupt' }, /^COS, check of the object: holds other bytes than were sent\.$/],
  ['complete', { how: 'status', status: 500 }, /^COS, end of the upload: answered HTTP 500/],
  ['check', { how: 'status', status: 500 }, /^COS, check of the object: answered HTTP 500/],
  ['CommitUpload', { how: 'status', status: 500 }, /^Tencent VOD, CommitUpload: answered HTTP 500/],
  ['CommitUpload', { how: 'refuse', code: 'InvalidParameterValue.VodSessionKey' }, /VodSessionKey/],
  ['CommitUpload', { how: 'empty' }, /^Tencent VOD, CommitUpload: answered without FileId\.$/],
];

for (const [at, what, message] of faults) {
  const name = Object.values(what).join(' ');
  test(`${at}: ${name} is the destination's fault, and a later try succeeds`, async () => {
    const before = speaker.files.length;
    speaker.misbehave(at, what);
    const patience = what.how === 'hang' ? { account: { silenceMs: 400 } } : {};
    const error = await failure(upload(big, patience));
    assert.match(error.message, message);
    assert.deepEqual([error.fault, error.retryable], ['destination', true]);
    assert.equal(speaker.files.length, before);
    assert.deepEqual(openFiles(), []);
    speaker.behave();
    await upload(small);
    assert.ok(speaker.files.at(-1)?.bytes.equals(small.bytes));
  });
}

test('one bad answer to a part is got over within the upload', async () => {
  speaker.misbehave('part', { how: 'reset' }, 1);
  speaker.misbehave('part', { how: 'status', status: 500 }, 2);
  await upload(big);
  assert.ok(speaker.files.at(-1)?.bytes.equals(big.bytes));
});

test('slow answers are waited for', async () => {
  speaker.misbehave('part', { how: 'delay', ms: 150 });
  speaker.misbehave('complete', { how: 'delay', ms: 600 });
  await upload(big);
  assert.ok(speaker.files.at(-1)?.bytes.equals(big.bytes));
});

test('credentials that VOD does not know are the destination to be put right', async () => {
  const key = await failure(upload(small, { account: { secretKey: 'another-secret-key' } }));
  assert.match(key.message, /AuthFailure\.SignatureFailure/);
  const id = await failure(upload(small, { account: { secretId: 'AKIDanother' } }));
  assert.match(id.message, /AuthFailure\.SecretIdNotFound/);
  assert.ok(key.retryable && id.retryable);
});

test('nobody listens: the destination, and the address is named', async () => {
  const gone = await TencentVodSpeaker.start();
  const { endpoint } = gone;
  await gone.close();
  const api = await failure(upload(small, { account: { endpoint } }));
  assert.match(api.message, /ECONNREFUSED 127\.0\.0\.1/);
  const cos = await failure(upload(small, { account: { cosDomain: endpoint } }));
  assert.match(cos.message, /^COS, begin of the upload: gave no answer, ECONNREFUSED/);
  assert.ok(api.retryable && cos.retryable);
});

test('options that VOD refuses are not tried again', async () => {
  const error = await failure(upload(small, { options: { mediaType: 'no such type' } }));
  assert.deepEqual([error.fault, error.retryable], ['options', false]);
  assert.match(error.message, /InvalidParameterValue\.MediaType/);
});

test('a secret in a message of theirs is blotted out', async () => {
  const message = `Key ${speaker.secretKey} of\n${speaker.secretId} is bad`;
  speaker.misbehave('ApplyUpload', { how: 'refuse', code: 'AuthFailure.SecretIdNotFound', message });
  assert.match((await failure(upload(small))).message, /Key \*\*\* of \*\*\* is bad/);
});

test('a destination without checksums has confirmed nothing', async () => {
  speaker.misbehave('complete', { how: 'no checksum' });
  await upload(small); // The check has one.
  speaker.misbehave('check', { how: 'no checksum' });
  const before = speaker.count('CommitUpload');
  assert.match((await failure(upload(small))).message, /answered without a checksum/);
  assert.equal(speaker.count('CommitUpload'), before);
});

test('without the right to look at the object the checksum alone confirms it', async () => {
  speaker.misbehave('check', { how: 'refuse', code: 'AccessDenied' });
  await upload(small);
  assert.ok(speaker.files.at(-1)?.bytes.equals(small.bytes));
  speaker.misbehave('part', { how: 'corrupt' });
  assert.match((await failure(upload(small))).message, /holds other bytes/);
});

test('a file that is not what was finished is never committed', async () => {
  const before = [speaker.count('ApplyUpload'), speaker.count('complete')];
  const missing = await failure(upload({ ...small, path: join(folder, 'missing.mp4') }));
  assert.match(missing.message, /missing\.mp4 cannot be read, ENOENT\.$/);
  const shorter = await failure(upload({ ...small, sizeBytes: 1235 }));
  const other = fileOf('other.mp4', 1234);
  const changed = await failure(upload({ ...small, path: other.path }));
  for (const { fault, retryable } of [missing, shorter, changed]) assert.deepEqual([fault, retryable], ['ours', false]);
  assert.deepEqual([speaker.count('ApplyUpload'), speaker.count('complete')], [before[0]! + 1, before[1]]);
});

for (const at of ['ApplyUpload', 'begin', 'part', 'complete', 'check', 'CommitUpload'] as const) {
  test(`an abort during ${at} stops the traffic`, async () => {
    const controller = new AbortController();
    const reason = new Error('the lease is lost');
    speaker.misbehave(at, { how: 'hang' });
    const before = speaker.count(at);
    const work = upload(big, { signal: controller.signal });
    const outcome = work.catch((error: unknown) => error);
    for (let waited = 0; speaker.count(at) === before && waited < 1000; waited++) await sleep(5);
    controller.abort(reason);
    const late = AbortSignal.timeout(3000);
    assert.equal(await Promise.race([outcome, once(late, 'abort').then(() => 'no end')]), reason);
    const [requests, bytes] = [speaker.requests.length, speaker.partBytes];
    speaker.behave();
    await sleep(200);
    assert.deepEqual([speaker.requests.length, speaker.partBytes], [requests, bytes]);
    assert.deepEqual(openFiles(), []);
  });
}

test('an abort before the start asks nothing of anybody', async () => {
  const before = speaker.requests.length;
  await assert.rejects(upload(small, { signal: AbortSignal.abort(new Error('too late')) }), /too late/);
  assert.equal(speaker.requests.length, before);
});

test('uploads beside one another do not meet, and leave nothing on the disk', async () => {
  const home = mkdtempSync(join(folder, 'home-'));
  process.env['XDG_CONFIG_HOME'] = home;
  const files = Array.from({ length: 4 }, (_, i) => fileOf(`side-${i}.mp4`, mebibyte * 2 + i));
  const done = await Promise.all(files.map((file) => upload(file)));
  for (const [i, { fileId }] of done.entries()) {
    assert.ok(speaker.files.find((stored) => stored.fileId === fileId)?.bytes.equals(files[i]!.bytes));
  }
  await sleep(500); // The package writes its list of uploads with a delay of 400 ms, if at all.
  assert.deepEqual(readdirSync(home), []);
});

test('the packages are loaded only by the first upload', () => {
  const loaded = `
    import { createRequire } from 'node:module';
    await import('./src/deliver/tencent-vod.ts');
    const paths = Object.keys(createRequire(import.meta.url).cache);
    console.log(paths.filter((path) => /cos-nodejs-sdk|tencentcloud-sdk/.test(path)).length);`;
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', loaded], { encoding: 'utf8' });
  assert.equal(said.trim(), '0');
});

test('the package’s own upload finds everything it asks for in the speaker', async () => {
  const applied = await applyByHand();
  const cos = new COS({ ...applied.keys, Protocol: 'http:', Domain: speaker.endpoint });
  const sent = await cos.sliceUploadFile({ ...applied.object, FilePath: big.path });
  assert.match(sent.ETag, /-13"$/);
  assert.ok(speaker.count('list') > 0);
});

/** Where an ApplyUpload leads to, and with which keys. */
async function applyByHand() {
  const { v20180717 } = await import('tencentcloud-sdk-nodejs-vod/tencentcloud/services/vod/v20180717/index.js');
  const { secretId, secretKey, endpoint } = speaker;
  const profile = { httpProfile: { endpoint, protocol: 'http://' } };
  const client = new v20180717.Client({ credential: { secretId, secretKey }, profile });
  const { StorageBucket, StorageRegion, MediaStoragePath, TempCertificate } = await client.ApplyUpload({
    MediaType: 'mp4',
  });
  const { SecretId, SecretKey, Token } = TempCertificate!;
  return {
    keys: { SecretId: SecretId!, SecretKey: SecretKey!, SecurityToken: Token! },
    object: { Bucket: StorageBucket!, Region: StorageRegion!, Key: MediaStoragePath! },
  };
}

/** Files of this test that the process holds open. */
function openFiles(): string[] {
  if (!existsSync('/proc/self/fd')) return [];
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(join('/proc/self/fd', fd));
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.startsWith(folder));
}
