import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { probeFile } from '../kit/media-file.ts';
import { decodeVideo } from '../kit/video-frames.ts';
import { plan } from '../tasks/fixture.ts';
import { hlsLibrary, hlsPictures as pictures } from './hls-library.ts';
import { keep, libraryBench } from './library-kit.ts';

const segmentsOf = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.ts'));

test('a playlist is served with its type, and its segments beside it, with ranges', async (t) => {
  const { file, folder } = await hlsLibrary(t);
  const list = await fetch(file.url);
  assert.equal(list.status, 200);
  assert.match(file.name, /\.m3u8$/);
  assert.equal(list.headers.get('content-type'), 'application/vnd.apple.mpegurl');
  assert.equal(list.headers.get('access-control-allow-origin'), '*');
  assert.equal(list.headers.get('etag'), `"${'cd'.repeat(16)}"`);
  const text = await list.text();
  assert.equal(text, readFileSync(file.path, 'utf8'));
  const names = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.ok(names.length >= 2, text);
  for (const name of names) {
    const bytes = readFileSync(join(folder, name));
    const whole = await fetch(new URL(name, file.url));
    assert.equal(whole.headers.get('content-type'), 'video/mp2t');
    assert.ok(Buffer.from(await whole.arrayBuffer()).equals(bytes));
    const part = await fetch(new URL(name, file.url), { headers: { range: 'bytes=188-375' } });
    assert.equal(part.status, 206);
    assert.ok(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(188, 376)));
    const cached = await fetch(new URL(name, file.url), { headers: { 'if-none-match': whole.headers.get('etag')! } });
    assert.equal(cached.status, 304);
  }
});

test('a player that reads the playlist over HTTP gets every picture and the sound', async (t) => {
  const { file } = await hlsLibrary(t);
  const probed = await probeFile(file.url);
  assert.match(probed.format, /hls/);
  assert.equal(probed.video?.codec, 'h264');
  assert.equal(probed.audio?.codec, 'aac');
  assert.ok(Math.abs(probed.durationUs - 12_000_000) < 100_000, `${probed.durationUs}`);
  assert.equal((await decodeVideo(file.url)).frames.length, pictures);
});

test('nothing but segments is served beside a playlist, and they go with it', async (t) => {
  const { b, file, folder } = await hlsLibrary(t);
  const [segment] = segmentsOf(folder);
  await writeFile(join(folder, '.hidden.ts'), 'x');
  for (const name of ['index.m3u8', 'recording.json', '.hidden.ts', 'missing.ts', '..%2f..%2fx.ts', '%2e%2e/x.ts']) {
    assert.equal((await fetch(`${dirname(file.url)}/${name}`)).status, 404, name);
  }
  const url = new URL(segment!, file.url);
  assert.equal((await fetch(url)).status, 200);
  assert.equal(await b.library.remove({ sdkAppIds: [1400000000], subAppId: undefined }, file.fileId), true);
  assert.equal((await fetch(url)).status, 404);
  assert.equal((await fetch(file.url)).status, 404);
});

test('beside a file that is no playlist there are no segments', async (t) => {
  const b = await libraryBench(t);
  const file = await keep(b);
  await writeFile(join(dirname(file.path), 'a.ts'), 'x');
  assert.equal((await fetch(new URL('a.ts', file.url))).status, 404);
});

test('sound alone is served as AAC, with ranges', async (t) => {
  const b = await libraryBench(t);
  const file = await keep(b, { task: { plan: { ...plan, outputs: ['aac'] } } });
  assert.match(file.url, /\.aac$/);
  const whole = await fetch(file.url);
  assert.equal(whole.headers.get('content-type'), 'audio/aac');
  assert.ok(Buffer.from(await whole.arrayBuffer()).equals(file.bytes));
  const part = await fetch(file.url, { headers: { range: 'bytes=10-19' } });
  assert.ok(Buffer.from(await part.arrayBuffer()).equals(file.bytes.subarray(10, 20)));
});
