import assert from 'node:assert/strict';
import { test } from 'node:test';
import { libraryPath, videoUrl } from '../../src/library/location.ts';
import { ifRangeHolds, noneMatches, parseRange } from '../../src/library/range.ts';

test('ranges of RFC 9110 §14.1.2 on 10000 bytes', () => {
  const cases: [string | undefined, ReturnType<typeof parseRange>][] = [
    [undefined, 'whole'],
    ['bytes=0-499', { start: 0, end: 499 }],
    ['bytes=500-999', { start: 500, end: 999 }],
    ['bytes=-500', { start: 9500, end: 9999 }],
    ['bytes=9500-', { start: 9500, end: 9999 }],
    ['bytes=0-', { start: 0, end: 9999 }],
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=9999-', { start: 9999, end: 9999 }],
    ['bytes=9000-99999', { start: 9000, end: 9999 }],
    ['bytes=-99999', { start: 0, end: 9999 }],
    ['BYTES=0-1', { start: 0, end: 1 }],
    ['bytes=10000-', 'unsatisfiable'],
    ['bytes=99999-100000', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-4', 'whole'],
    ['bytes=0-1,5-6', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=a-b', 'whole'],
    ['bytes=1-99999999999999999999', 'whole'],
    ['items=0-1', 'whole'],
    ['', 'whole'],
  ];
  for (const [header, expected] of cases) assert.deepEqual(parseRange(header, 10_000), expected, header);
});

test('an empty file has no satisfiable range', () => {
  assert.equal(parseRange('bytes=0-', 0), 'unsatisfiable');
  assert.equal(parseRange('bytes=-1', 0), 'unsatisfiable');
});

test('If-Range and If-None-Match', () => {
  const date = 'Tue, 14 Nov 2023 22:13:20 GMT';
  assert.equal(ifRangeHolds(undefined, '"a"', date), true);
  assert.equal(ifRangeHolds('"a"', '"a"', date), true);
  assert.equal(ifRangeHolds('"b"', '"a"', date), false);
  assert.equal(ifRangeHolds('W/"a"', '"a"', date), false);
  assert.equal(ifRangeHolds(date, '"a"', date), true);
  assert.equal(noneMatches(undefined, '"a"'), true);
  assert.equal(noneMatches('"b", W/"a"', '"a"'), false);
  assert.equal(noneMatches('*', '"a"'), false);
  assert.equal(noneMatches('"b"', '"a"'), true);
});

test('locations', () => {
  const key = { subAppId: 7, fileId: '5145403699454155159', name: 'a+b..mp4' };
  assert.equal(libraryPath('/data/library', key), '/data/library/7/5145403699454155159/5145403699454155159.mp4');
  const url = 'http://h:8080/vod/7/5145403699454155159/a%2Bb..mp4';
  assert.equal(videoUrl('http://h:8080', key), url);
  assert.equal(videoUrl('http://h:8080/', key), url);
});
