import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { parsePlaylist } from '../../src/segment/playlist.ts';
import { readRecord } from '../../src/segment/recording-folder.ts';
import { recoverFolder } from '../../src/segment/recover.ts';
import { readReceipts } from '../../src/upload/upload-receipts.ts';
import { wallUs } from '../../src/units.ts';
import { corpusFolder, fuzz } from '../kit/corpus.ts';

/** Names of files with which recordings begin again after a crash, and texts of all of them in one corpus. */
const folder = mkdtempSync(join(tmpdir(), 'roomtape-playlists-'));
after(() => rmSync(folder, { recursive: true }));

const zero = wallUs(1_700_000_000_000_000);
const record = readFileSync(join(corpusFolder('playlist'), 'recording.txt'));
const media = readFileSync(join(corpusFolder('transport-stream'), 'sound.bin'));
const names = ['000000_20231114221320000.ts', '000001_20231114221330000.ts'];

/** A folder with two segments and those texts. */
function lay(texts: Readonly<Record<string, Buffer>>): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  for (const name of names) writeFileSync(join(folder, name), media);
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
}

/** Recovering finds all that is on the disk and nothing else, and doing it again changes nothing. */
function recovers(input: Buffer): string {
  lay({ 'recording.json': record, 'index.m3u8': input });
  const folded = recoverFolder(folder);
  assert.ok(folded);
  assert.deepEqual(folded.segments.map(({ name }) => name).toSorted(), names);
  const list = readFileSync(join(folder, 'index.m3u8'), 'utf8');
  const { segments, ended } = parsePlaylist(list, zero);
  assert.ok(ended && segments.length === 2);
  assert.equal(recoverFolder(folder)?.found, 0);
  assert.equal(readFileSync(join(folder, 'index.m3u8'), 'utf8'), list);
  return `found ${folded.found}`;
}

function recordOutcome(input: Buffer): string {
  lay({ 'recording.json': input });
  try {
    const read = readRecord(folder);
    assert.ok(read && Number.isSafeInteger(read.zeroUs) && typeof read.userId === 'string');
    return 'record';
  } catch (error) {
    assert.ok(error instanceof SyntaxError, String(error));
    return 'no record';
  }
}

async function receiptsOutcome(input: Buffer): Promise<string> {
  lay({ 'uploaded.jsonl': input });
  const receipts = await readReceipts(folder);
  for (const { objects } of receipts.values()) assert.ok(objects.every(({ sizeBytes }) => sizeBytes >= 0));
  return receipts.size > 0 ? 'receipts' : 'no receipts';
}

fuzz({
  corpus: 'playlist',
  usual: 400,
  words: [
    '#EXTINF:',
    '#EXT-X-ENDLIST\n',
    '#EXT-X-DISCONTINUITY\n',
    '#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20.000Z\n',
    '../../../etc/passwd.ts\n',
    ...names.map((name) => `${name}\n`),
    '"segment":',
    '"zeroUs":',
  ],
  take: async (input) => [recovers(input), recordOutcome(input), await receiptsOutcome(input)].join(', '),
  reaches: [
    'found 0, no record, no receipts',
    'found 1, no record, no receipts',
    'found 2, record, no receipts',
    'found 2, no record, receipts',
  ],
});
