import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import type { App, AppDirectory } from '../../src/config/apps.ts';
import { PlayLinks, withQuery } from '../../src/library/play-links.ts';
import { rememberProtectedApps, type PlayProtection } from '../../src/library/protected-apps.ts';
import { createTaskQueries } from '../../src/tasks/queries.ts';
import {
  bench,
  claimJobs,
  doneReport,
  eventsOf,
  oneApp,
  recordedFile,
  recordTask,
  sdkAppId,
  tempStore,
} from '../tasks/fixture.ts';
import { hlsLibrary } from './hls-library.ts';
import { keep, libraryBench } from './library-kit.ts';

const KEY = '24FEQmTzro4V5u3D5epW';
const HOUR_MS = 3_600_000;

/** The app with signed addresses that hold for two hours. */
const signing: Pick<AppDirectory, 'app'> = {
  app: (id) => {
    const app = oneApp().app(id);
    return app && ({ ...app, play: { key: KEY, linkSeconds: 7200 } } satisfies App);
  },
};

const linksAt = (clock: FakeClock): PlayLinks =>
  new PlayLinks({ publicUrl: () => 'http://media.example/', apps: signing, clock });
const place = { subAppId: 5, fileId: '123' };
const queryOf = (url: string): Record<string, string> => Object.fromEntries(new URL(url).searchParams);

test('the signature is that of the key protection of VOD, by an example of its form', () => {
  const [dir, t, us] = ['/dir1/dir2/', '5a71afc0', '72d4cd1101'];
  const sign = createHash('md5').update(`${KEY}${dir}${t}${us}`).digest('hex');
  assert.equal(sign, '3d8488faeb37d52d6bf63b63c1b171c3');
  const own = createHash('md5').update(`${KEY}/vod/5/123/${t}${us}`).digest('hex');
  const links = linksAt(new FakeClock(0x5a71afc0 * 1000 - 1));
  assert.equal(links.faultOf(sdkAppId, place, { t, us, sign: own }), undefined);
  assert.equal(links.faultOf(sdkAppId, { ...place, fileId: '124' }, { t, us, sign: own }), 'forged');
});

test('an address holds for its time and not longer, for its file and no other', () => {
  const clock = new FakeClock();
  const links = linksAt(clock);
  const url = links.urlOf(sdkAppId, { ...place, name: 'a+b.mp4' });
  assert.match(
    url,
    /^http:\/\/media\.example\/vod\/5\/123\/a%2Bb\.mp4\?t=[0-9a-f]{8}&us=[0-9a-f]{16}&sign=[0-9a-f]{32}$/,
  );
  const query = queryOf(url);
  assert.equal(links.faultOf(sdkAppId, place, query), undefined);
  assert.equal(links.faultOf(sdkAppId, { ...place, subAppId: 6 }, query), 'forged');
  // The time is a whole second: the last moment before it, and it.
  const endMs = Number.parseInt(query['t']!, 16) * 1000;
  clock.advance(endMs - 1 - clock.wallMs());
  assert.equal(links.faultOf(sdkAppId, place, query), undefined);
  clock.advance(1);
  assert.equal(links.faultOf(sdkAppId, place, query), 'expired');
});

test('whatever is changed in an address, it is refused', () => {
  const links = linksAt(new FakeClock());
  const query = queryOf(links.urlOf(sdkAppId, { ...place, name: 'a.mp4' }));
  const fault = (change: Record<string, string | string[] | undefined>) =>
    links.faultOf(sdkAppId, place, { ...query, ...change });
  const later = (Number.parseInt(query['t']!, 16) + 1).toString(16);
  assert.equal(fault({ t: later }), 'forged');
  assert.equal(fault({ t: `0${query['t']}` }), 'forged');
  assert.equal(fault({ t: '-1' }), 'forged');
  assert.equal(fault({ us: '' }), 'forged');
  assert.equal(fault({ us: ['a', 'b'] }), 'forged');
  assert.equal(fault({ us: 'a'.repeat(65) }), 'forged');
  assert.equal(fault({ sign: '' }), 'forged');
  assert.equal(fault({ sign: `${query['sign']}0` }), 'forged');
  assert.equal(fault({ sign: undefined }), 'unsigned');
  assert.equal(fault({ t: undefined }), 'unsigned');
  assert.equal(fault({ sign: [query['sign']!, query['sign']!] }), 'unsigned');
  assert.equal(fault({ exper: '30' }), 'unsupported');
  assert.equal(fault({ rlimit: '3' }), 'unsupported');
});

test('apps without a key have plain addresses that need no signature', () => {
  const links = new PlayLinks({ publicUrl: () => 'http://h', apps: oneApp(), clock: new FakeClock() });
  assert.equal(links.urlOf(sdkAppId, { ...place, name: 'a.mp4' }), 'http://h/vod/5/123/a.mp4');
  assert.equal(links.faultOf(sdkAppId, place, {}), undefined);
  assert.equal(links.areSigned(sdkAppId), false);
});

test('every address of a playlist gets the query, and nothing else is touched', () => {
  const list = '#EXTM3U\n#EXT-X-MAP:URI="x"\n#EXTINF:4.0,\na.ts\n\n#EXTINF:4.0,\nb.ts\n#EXT-X-ENDLIST\n';
  assert.equal(
    withQuery(list, 't=1&sign=2'),
    list.replace('a.ts', 'a.ts?t=1&sign=2').replace('b.ts', 'b.ts?t=1&sign=2'),
  );
});

test('callback 311 and the list of tasks give signed addresses', async (t) => {
  const clock = new FakeClock();
  const links = linksAt(clock);
  const b = await bench(t, { links });
  const taskId = await recordTask(b, [recordedFile('a')]);
  const [job] = await claimJobs(b.tasks, 'r');
  await b.tasks.reportJob(job!.jobId, doneReport(job!));
  const told = (await eventsOf(b.store, taskId)).find(({ type }) => type === 311);
  const { VideoUrl } = (told!.payload as { TencentVod: { VideoUrl: string } }).TencentVod;
  const listed = (await createTaskQueries({ store: b.store, links }).taskDetail(taskId))?.files[0]?.videoUrl;
  for (const url of [VideoUrl, listed!])
    assert.equal(links.faultOf(sdkAppId, { subAppId: sdkAppId, fileId: job!.fileId }, queryOf(url)), undefined);
});

test('a file is served to the address that the library gives, and to no plain one', async (t) => {
  const b = await libraryBench(t, signing);
  const file = await keep(b);
  const [found] = await b.library.files({ sdkAppIds: [sdkAppId], subAppId: undefined }, [file.fileId]);
  const answer = await fetch(found!.url, { headers: { range: 'bytes=0-9' } });
  assert.equal(answer.status, 206);
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), file.bytes.subarray(0, 10));
  const plain = await fetch(found!.url.replace(/\?.*/, ''));
  assert.equal(plain.status, 403);
  assert.match(((await plain.json()) as { error: string }).error, /signed addresses only/);
  assert.equal(plain.headers.get('access-control-allow-origin'), '*');
  b.clock.advance(2 * HOUR_MS + 2000);
  assert.equal((await fetch(found!.url)).status, 403);
  const [renewed] = await b.library.files({ sdkAppIds: [sdkAppId], subAppId: undefined }, [file.fileId]);
  assert.equal((await fetch(renewed!.url)).status, 200);
});

test('of HLS the playlist hands its signature on to its segments', async (t) => {
  const { b, file } = await hlsLibrary(t, signing);
  const [found] = await b.library.files({ sdkAppIds: [sdkAppId], subAppId: undefined }, [file.fileId]);
  const list = await fetch(found!.url);
  assert.equal(list.headers.get('cache-control'), 'no-store');
  const uris = (await list.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.ok(uris.length >= 2);
  for (const uri of uris) {
    assert.equal((await fetch(new URL(uri, found!.url))).status, 200);
    assert.equal((await fetch(new URL(uri.replace(/\?.*/, ''), found!.url))).status, 403);
  }
  const head = await fetch(found!.url, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  const segment = new URL(uris[0]!, found!.url);
  b.clock.advance(2 * HOUR_MS - 1000);
  assert.equal((await fetch(segment)).status, 200);
  b.clock.advance(2001);
  assert.deepEqual([(await fetch(segment)).status, (await fetch(found!.url)).status], [403, 403]);
});

test('files of an app that is out of the configuration stay closed if they were, and open if they were', async (t) => {
  const store = await tempStore(t);
  const seen = (...apps: PlayProtection[]) => rememberProtectedApps(store, apps);
  assert.deepEqual([...(await seen({ sdkAppId: 1, isSigned: true }, { sdkAppId: 2, isSigned: false }))], [1]);
  assert.deepEqual([...(await seen())], [1]);
  assert.deepEqual([...(await seen({ sdkAppId: 1, isSigned: true }))], [1]);
  // The key alone taken away is meant so, and remembered too.
  assert.deepEqual([...(await seen({ sdkAppId: 1, isSigned: false }))], []);
  assert.deepEqual([...(await seen())], []);
  const gone: Pick<AppDirectory, 'app'> = { app: () => undefined };
  for (const [protectedApps, status] of [
    [new Set([sdkAppId]), 403],
    [new Set([5]), 200],
  ] as const) {
    const b = await libraryBench(t, gone, protectedApps);
    const { url } = await keep(b);
    assert.equal((await fetch(url)).status, status);
    assert.equal((await fetch(`${url}?t=ffffffff&us=a&sign=${'0'.repeat(32)}`)).status, status);
  }
});
