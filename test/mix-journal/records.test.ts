import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import {
  chunkHeader,
  decodeRecords,
  encodeRecord,
  isForeignChunk,
  type JournalRecord,
} from '../../src/mix-journal/records.ts';
import { feedTrack } from '../recorder/recorder-kit.ts';
import { seededRandom } from '../rtp/seeded-random.ts';
import { at } from '../single/recorder-kit.ts';

const anchor = { userId: 'alice', order: 3, enteredUs: at(0) };
const layout = { ...gridPlan, background: '#102030', placeholderImage: 'http://h/p.png' };

const all: JournalRecord[] = [
  { kind: 'state', anchors: [{ ...anchor, robot: 'relay' }], tracks: [feedTrack()], layout },
  { kind: 'anchor-entered', anchor },
  { kind: 'anchor-left', userId: 'алиса', at: at(1) },
  { kind: 'track-opened', track: feedTrack({ track: 4_000_000_000, media: 'audio' }) },
  { kind: 'track-closed', track: 4_000_000_000, at: at(2) },
  { kind: 'pictures-forgotten', userId: 'alice', at: at(3) },
  { kind: 'layout-changed', layout, at: at(4) },
  { kind: 'video', track: 7, unit: { at: at(5), key: true, codec: 'h264', data: Buffer.from([1, 2, 3]) } },
  { kind: 'video', track: 7, unit: { at: at(6), key: false, codec: 'vp8', data: Buffer.alloc(70_000, 9) } },
  { kind: 'audio', track: 8, unit: { at: at(7), samples: 960, level: 127, data: Buffer.from([5]) } },
  { kind: 'audio', track: 8, unit: { at: at(8), samples: 5760, level: 0, lost: 3, data: Buffer.from([6, 7]) } },
];

const chunkOf = (records: readonly JournalRecord[]): Buffer =>
  Buffer.concat([chunkHeader, ...records.flatMap((record) => encodeRecord(record))]);
const read = (bytes: Buffer): JournalRecord[] => [...decodeRecords(bytes)];

test('every kind of record is read as it was written', () => {
  assert.deepEqual(read(chunkOf(all)), all);
});

test('a torn last record is left out, wherever it is torn', () => {
  const before = chunkOf(all.slice(0, -1));
  const whole = chunkOf(all);
  for (let length = before.length; length < whole.length; length += 1) {
    assert.equal(read(whole.subarray(0, length)).length, all.length - 1, `${length} bytes`);
  }
});

test('reading stops at a record with a wrong byte', () => {
  const upTo = chunkOf(all.slice(0, 7)).length;
  for (let byte = upTo; byte < upTo + 25; byte += 1) {
    const bytes = chunkOf(all);
    bytes[byte]! ^= 0x10;
    assert.equal(read(bytes).length, 7, `byte ${byte - upTo} of the record`);
  }
});

test('what is whole but makes no sense is not read', () => {
  const wrong: unknown[] = [
    { kind: 'anchor-left', userId: 'alice', at: -1 },
    { kind: 'anchor-left', userId: 'a'.repeat(2000), at: at(0) },
    { kind: 'track-opened', track: { ...feedTrack(), media: 'smell' } },
    { kind: 'video', track: 1, unit: { at: Number.NaN, key: true, codec: 'h264', data: Buffer.from([1]) } },
    { kind: 'audio', track: 1, unit: { at: at(0), samples: 1_000_000, level: 0, data: Buffer.from([1]) } },
    { kind: 'unheard-of' },
  ];
  for (const record of wrong) assert.deepEqual(read(chunkOf([record as JournalRecord])), [], JSON.stringify(record));
});

test('bytes of any kind are read without a fault', () => {
  const random = seededRandom(5);
  for (let round = 0; round < 2000; round += 1) {
    const bytes = chunkOf(all.slice(6));
    for (let k = 0; k < 4; k += 1) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    assert.ok(read(bytes).length <= all.length);
    read(Buffer.concat([chunkHeader, Buffer.from(Array.from({ length: 60 }, () => Math.floor(random() * 256)))]));
  }
});

test('another version is told from no journal at all', () => {
  assert.equal(isForeignChunk(Buffer.from('roomtape mix journal 2\n')), true);
  assert.equal(isForeignChunk(chunkHeader), false);
  assert.equal(isForeignChunk(Buffer.alloc(100)), false);
  assert.equal(isForeignChunk(Buffer.from('room')), false);
});
