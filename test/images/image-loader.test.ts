import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { deflateSync } from 'node:zlib';
import { mayConnectPublicly } from '../../src/address-guard.ts';
import { systemClock } from '../../src/clock.ts';
import { createImageLoader } from '../../src/images/image-loader.ts';
import { plainJpeg, plainPng, png, pngChunk, pngHeader, pngSignature } from './image-files.ts';
import { serveImages } from './image-server.ts';

const within = { width: 1280, height: 720 };

function loader(t: TestContext, change: { allowPrivate?: boolean; timeoutMs?: number } = {}) {
  const images = createImageLoader({ allowPrivate: true, clock: systemClock(), ...change });
  t.after(() => images.close());
  return images;
}

test('a PNG keeps its colours and its opacity, multiplied', async (t) => {
  const half = png(40, 30, (x) => (x < 20 ? [200, 100, 50, 128] : [10, 20, 30, 255]));
  const { url } = await serveImages(t, { '/a.png': half });
  const image = await loader(t).load(url('/a.png'), within);
  assert.deepEqual([image.width, image.height], [40, 30]);
  assert.deepEqual([...image.data.subarray(0, 4)], [100, 50, 25, 128]);
  assert.deepEqual([...image.data.subarray(39 * 4, 160)], [10, 20, 30, 255]);
});

test('a JPEG of odd size is read in full range', async (t) => {
  const { url } = await serveImages(t, { '/a.jpeg?x=1': await plainJpeg(101, 55, [76, 85, 255]) });
  const image = await loader(t).load(url('/a.jpeg?x=1'), within);
  assert.deepEqual([image.width, image.height], [101, 55]);
  const [r, g, b, a] = image.data.subarray(400, 404);
  assert.ok(r! > 245 && g! < 10 && b! < 10, `${r},${g},${b}`);
  assert.equal(a, 255);
});

test('a large image is kept no larger than it takes to cover the canvas; a tiny one is at least 2×2', async (t) => {
  const { url } = await serveImages(t, {
    '/wide.png': plainPng(2560, 1440, [1, 2, 3, 255]),
    '/dot.png': plainPng(1, 1, [9, 8, 7, 255]),
  });
  const images = loader(t);
  const wide = await images.load(url('/wide.png'), within);
  assert.deepEqual([wide.width, wide.height], [1280, 720]);
  const dot = await images.load(url('/dot.png'), within);
  assert.deepEqual([dot.width, dot.height], [2, 2]);
  assert.deepEqual([...dot.data.subarray(0, 4)], [9, 8, 7, 255]);
});

test('what is no usable image is refused, and says why', async (t) => {
  const picture = plainPng(20, 20, [1, 2, 3, 255]);
  const bomb = Buffer.concat([
    pngSignature,
    pngHeader(10_000, 10_000),
    pngChunk('IDAT', deflateSync(Buffer.alloc(99))),
  ]);
  const jpeg = await plainJpeg(64, 64, [76, 85, 255]);
  const scan = jpeg.subarray(jpeg.indexOf(Buffer.from([0xff, 0xda])), -2);
  const scans = Buffer.concat([jpeg.subarray(0, -2), ...Array.from({ length: 150 }, () => scan), jpeg.subarray(-2)]);
  const { url, asked } = await serveImages(t, {
    '/page.png': Buffer.from('<html><body>no image</body></html>'),
    '/huge.png': Buffer.concat([picture, Buffer.alloc(6 * 1024 * 1024)]),
    '/endless.png': (_, response) => {
      response.writeHead(200);
      const more = (): void => void response.write(Buffer.alloc(1 << 20), (error) => error ?? more());
      more();
    },
    '/bomb.png': bomb,
    '/cut.png': picture.subarray(0, picture.length - 20),
    '/broken.png': Buffer.concat([
      pngSignature,
      pngHeader(20, 20),
      pngChunk('IDAT', Buffer.alloc(9, 7)),
      pngChunk('IEND', Buffer.alloc(0)),
    ]),
    '/scans.jpg': scans,
    '/empty.jpg': Buffer.alloc(0),
    '/moved.png': (_, response) => response.writeHead(302, { location: '/good.png' }).end(),
    '/good.png': picture,
    '/slow.png': (_, response) => void response.writeHead(200).write(picture.subarray(0, 30)),
  });
  const images = loader(t, { timeoutMs: 700 });
  const refused = async (path: string, reason: RegExp): Promise<void> =>
    assert.rejects(images.load(url(path), within), (error: Error) => {
      assert.match(error.message, reason, path);
      return error.name === 'ImageError';
    });
  await refused('/missing.png', /HTTP 404/);
  await refused('/page.png', /neither PNG nor JPEG/);
  await refused('/huge.png', /larger than 5 MB/);
  await refused('/endless.png', /larger than 5 MB/);
  await refused('/bomb.png', /larger than 2K: 10000×10000/);
  await refused('/cut.png', /PNG that ends early|damaged/);
  await refused('/broken.png', /cannot be decoded/);
  await refused('/scans.jpg', /too many scans/);
  await refused('/empty.jpg', /neither PNG nor JPEG/);
  await refused('/moved.png', /HTTP 302/);
  await refused('/slow.png', /in time/);
  assert.ok(!asked.includes('/good.png'), 'a redirect was followed');
});

test('compressed comments are not unpacked: only the picture reaches the decoder', async (t) => {
  const zeros = deflateSync(Buffer.alloc(64 << 20));
  const profile = pngChunk('iCCP', Buffer.concat([Buffer.from('p\0\0', 'latin1'), zeros]));
  const comment = pngChunk('zTXt', Buffer.concat([Buffer.from('c\0\0', 'latin1'), zeros]));
  const { url } = await serveImages(t, { '/a.png': png(16, 16, () => [5, 6, 7, 255], [profile, comment]) });
  const before = process.memoryUsage().rss;
  const image = await loader(t).load(url('/a.png'), within);
  assert.deepEqual([...image.data.subarray(0, 4)], [5, 6, 7, 255]);
  assert.ok(process.memoryUsage().rss - before < 48 << 20);
});

test('only web addresses, and without leave only public ones', async (t) => {
  const { url, asked } = await serveImages(t, { '/a.png': plainPng(2, 2, [0, 0, 0, 255]) });
  const open = loader(t);
  for (const bad of [
    'file:///etc/passwd',
    'ftp://127.0.0.1/a.png',
    'concat:/a.png',
    'data:image/png;base64,aa',
    'a.png',
  ])
    await assert.rejects(open.load(bad, within), /no web address/, bad);
  const guarded = loader(t, { allowPrivate: false });
  const port = new URL(url('/')).port;
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433'])
    await assert.rejects(guarded.load(`http://${host}:${port}/a.png`, within), /cannot be fetched/, host);
  for (const host of ['169.254.169.254', '100.100.100.200', '[fe80::1]'])
    await assert.rejects(open.load(`http://${host}/a.png`, within), /cannot be fetched/, host);
  assert.deepEqual(asked, []);
});

test('public means neither private, loopback, shared nor reserved', () => {
  for (const address of [
    '10.0.0.1',
    '172.16.3.4',
    '192.168.1.1',
    '127.0.0.1',
    '100.64.0.1',
    '0.0.0.0',
    '240.0.0.1',
    '::1',
    'fc00::1',
    '::ffff:10.0.0.1',
    '224.0.0.1',
    '169.254.1.1',
    'nonsense',
  ])
    assert.equal(mayConnectPublicly(address), false, address);
  for (const address of ['8.8.8.8', '2606:4700::1', '::ffff:1.1.1.1'])
    assert.equal(mayConnectPublicly(address), true, address);
});
