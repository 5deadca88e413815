import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileTable, sizeText, type FileRow } from '../../src/demo/table.ts';

const row = (change: Partial<FileRow> = {}): FileRow => ({
  file: 'alice.mp4',
  streams: 'h264 640×360 + aac',
  duration: '24.0 s of 24.0 s',
  size: '1.2 MB',
  start: '12:00:00.123',
  url: 'http://127.0.0.1:8080/vod/1/2/alice.mp4',
  ...change,
});

test('every column is as wide as its widest cell, and the URL has a line of its own', () => {
  const long = row({ file: 'a much longer name.mp4', size: '800 kB', url: 'http://x/b.mp4' });
  assert.equal(
    fileTable([row(), long]),
    [
      'file                    streams             duration          size    start',
      '──────────────────────  ──────────────────  ────────────────  ──────  ────────────',
      'alice.mp4               h264 640×360 + aac  24.0 s of 24.0 s  1.2 MB  12:00:00.123',
      '  http://127.0.0.1:8080/vod/1/2/alice.mp4',
      'a much longer name.mp4  h264 640×360 + aac  24.0 s of 24.0 s  800 kB  12:00:00.123',
      '  http://x/b.mp4',
    ].join('\n'),
  );
});

test('without files the heads remain', () => {
  assert.equal(fileTable([]).split('\n').length, 2);
});

test('sizes are as people read them', () => {
  assert.deepEqual([0, 999_499, 999_999, 1_000_000, 1_250_000_000].map(sizeText), [
    '0 kB',
    '999 kB',
    '1000 kB',
    '1.0 MB',
    '1250.0 MB',
  ]);
});
