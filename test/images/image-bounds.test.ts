import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { systemClock } from '../../src/clock.ts';
import { createImageLoader } from '../../src/images/image-loader.ts';
import { plainJpeg, plainPng, png, pngChunk, pngHeader, pngSignature } from './image-files.ts';
import { serveImages, type Answer } from './image-server.ts';

/** Every bound of an image by itself: a file that breaks only that one is refused with its reason. */

const within = { width: 640, height: 360 };
const end = pngChunk('IEND', Buffer.alloc(0));
const good = plainPng(20, 20, [1, 2, 3, 255]);

/** What loading the one image comes to. */
async function outcome(t: TestContext, answer: Answer, path = '/a.png', timeoutMs = 5_000): Promise<string> {
  const { url } = await serveImages(t, { [path]: answer, '/good.png': good });
  return outcomeOf(t, url(path), timeoutMs);
}

async function outcomeOf(t: TestContext, url: string, timeoutMs = 5_000): Promise<string> {
  const images = createImageLoader({ allowPrivate: true, clock: systemClock(), timeoutMs });
  t.after(() => images.close());
  return images.load(url, within).then(
    ({ width, height }) => `${width}×${height}`,
    (error: Error) => (error.name === 'ImageError' ? error.message : `${error.name}: ${error.message}`),
  );
}

/** How much the process grew at most while something ran, in bytes. */
async function growth(run: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss - before)), 5);
  await run();
  clearInterval(watch);
  return Math.max(most, process.memoryUsage().rss - before);
}

test('a PNG whose pixels unpack to far more than its size is a small picture, and no more is unpacked', async (t) => {
  // 96 MB of zeros behind the rows of a picture of 16×16.
  const rows = Buffer.concat([Buffer.alloc(16 * 65), Buffer.alloc(96 << 20)]);
  const bomb = Buffer.concat([pngSignature, pngHeader(16, 16), pngChunk('IDAT', deflateSync(rows)), end]);
  assert.ok(bomb.length < 1 << 20);
  let seen = '';
  const grown = await growth(async () => (seen = await outcome(t, bomb)));
  assert.match(seen, /^16×16$|cannot be decoded/);
  assert.ok(grown < 64 << 20, `${grown >> 20} MB`);
});

test('a body that is packed for the way is not unpacked', async (t) => {
  const packed = gzipSync(Buffer.alloc(64 << 20));
  const answer: Answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
  assert.match(await outcome(t, answer), /neither PNG nor JPEG/);
});

for (const [width, height] of [
  [2561, 16],
  [16, 2561],
  [2049, 2048],
  [0, 16],
  [0xffff_ffff, 0xffff_ffff],
] as const)
  test(`a PNG that says it is ${width}×${height} is refused before anything is decoded`, async (t) => {
    const file = Buffer.concat([
      pngSignature,
      pngHeader(width, height),
      pngChunk('IDAT', deflateSync(Buffer.alloc(99))),
      end,
    ]);
    assert.match(await outcome(t, file), width === 0 ? /no size/ : new RegExp(`larger than 2K: ${width}×${height}`));
  });

test('2K itself is taken, in either direction and as a square', async (t) => {
  for (const [width, height] of [
    [2560, 1440],
    [1440, 2560],
    [2048, 2048],
  ] as const) {
    const rows = deflateSync(Buffer.alloc(height * (1 + 4 * width)));
    const file = Buffer.concat([pngSignature, pngHeader(width, height), pngChunk('IDAT', rows), end]);
    assert.match(await outcome(t, file), /^\d+×\d+$/, `${width}×${height}`);
  }
});

/** Where a JPEG's frame header stands: marker SOF0. */
const frameHeader = (jpeg: Buffer): number => jpeg.indexOf(Buffer.from([0xff, 0xc0]));

test('a JPEG that says it is huge, or of two sizes, is refused', async (t) => {
  const jpeg = await plainJpeg(64, 64, [76, 85, 255]);
  const huge = Buffer.from(jpeg);
  huge.writeUInt16BE(65_000, frameHeader(huge) + 5);
  huge.writeUInt16BE(65_000, frameHeader(huge) + 7);
  assert.match(await outcome(t, huge, '/a.jpg'), /larger than 2K: 65000×65000/);
  const at = frameHeader(jpeg);
  const header = jpeg.subarray(at, at + 2 + jpeg.readUInt16BE(at + 2));
  const two = Buffer.concat([jpeg.subarray(0, at), header, jpeg.subarray(at)]);
  assert.match(await outcome(t, two, '/a.jpg'), /damaged JPEG/);
});

test('a JPEG that ends early is refused, wherever it ends', async (t) => {
  const jpeg = await plainJpeg(320, 240, [76, 85, 255]);
  const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
  for (const length of [3, 20, frameHeader(jpeg) + 4, scan, scan + 12, scan + 40]) {
    const seen = await outcome(t, jpeg.subarray(0, length), `/cut-${length}.jpg`);
    assert.match(seen, /damaged JPEG|cannot be decoded|neither/, `${length} of ${jpeg.length} bytes`);
  }
});

test('what an image is, its first bytes say, not its name or the server: other kinds are refused', async (t) => {
  const kinds: Record<string, Buffer> = {
    gif: Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1'),
    webp: Buffer.from('RIFF\x24\0\0\0WEBPVP8 ', 'latin1'),
    svg: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
    bmp: Buffer.from('BM\x46\0\0\0\0\0\0\0', 'latin1'),
    playlist: Buffer.from('#EXTM3U\nfile:///etc/passwd\n'),
    concat: Buffer.from("ffconcat version 1.0\nfile '/etc/passwd'\n"),
  };
  for (const [name, bytes] of Object.entries(kinds)) {
    const answer: Answer = (_, response) => response.writeHead(200, { 'content-type': 'image/png' }).end(bytes);
    assert.match(await outcome(t, answer, `/${name}.png`), /neither PNG nor JPEG/, name);
  }
  const named: Answer = (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(good);
  assert.equal(await outcome(t, named, '/a.jpg'), '20×20', 'a PNG by another name');
});

test('no redirect is followed, to wherever it leads', async (t) => {
  for (const status of [301, 302, 303, 307, 308])
    for (const location of ['/good.png', 'http://169.254.169.254/latest/meta-data/', 'file:///etc/passwd']) {
      const answer: Answer = (_, response) => response.writeHead(status, { location }).end();
      assert.match(await outcome(t, answer), new RegExp(`HTTP ${status}`), location);
    }
});

/** A server that speaks no HTTP, or only very slowly. */
async function speak(t: TestContext, say: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    say(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.png`;
}

test('a server that takes its time is given up, however steadily it sends', async (t) => {
  const drip = (socket: Socket, first: string): void => {
    socket.write(first);
    const timer = setInterval(() => socket.write('a'), 20);
    socket.on('close', () => clearInterval(timer));
  };
  const silent = await speak(t, () => {});
  const header = await speak(t, (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nx: '));
  const body = await speak(t, (socket) => drip(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n'));
  for (const url of [silent, header, body]) assert.match(await outcomeOf(t, url, 400), /in time/, url);
});

test('a server that breaks off, lies about the length, or speaks no HTTP is no fault of ours', async (t) => {
  const all = [
    await speak(t, (socket) => socket.destroy()),
    await speak(t, (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')),
    await speak(t, (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nshort')),
    await speak(t, (socket) => socket.end(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(9_000)}\r\n`)),
  ];
  for (const url of all) assert.match(await outcomeOf(t, url), /cannot be fetched/);
});

test('a picture of few colours, interlaced rows or a missing palette is decoded or refused, never anything else', async (t) => {
  const header = (depth: number, type: number, interlace: number): Buffer => {
    const data = Buffer.alloc(13);
    data.writeUInt32BE(8, 0);
    data.writeUInt32BE(8, 4);
    data.set([depth, type, 0, 0, interlace], 8);
    return pngChunk('IHDR', data);
  };
  for (const [depth, type, interlace, seen] of [
    [8, 0, 0, /^8×8$/],
    [16, 6, 0, /^8×8$/],
    [1, 0, 1, /^8×8$/],
    [8, 3, 0, /^8×8$|cannot be decoded/],
    [7, 6, 0, /cannot be decoded/],
    [8, 5, 0, /cannot be decoded/],
  ] as const) {
    const rows = pngChunk('IDAT', deflateSync(Buffer.alloc(1024)));
    const file = Buffer.concat([pngSignature, header(depth, type, interlace), rows, end]);
    assert.match(await outcome(t, file), seen, `${depth} bits of type ${type}`);
  }
  assert.equal(
    await outcome(
      t,
      png(3, 5, () => [9, 9, 9, 0]),
    ),
    '3×5',
  );
});
