import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { test } from 'node:test';
import { libraryPath, videoUrl } from '../../src/library/location.ts';
import { fileKey } from '../../src/naming/file-key.ts';
import { extensionOf, fileStem, partName } from '../../src/naming/file-name.ts';
import { objectKey, playlistName, playlistSegmentName } from '../../src/naming/hls-name.ts';
import { Spool } from '../../src/recorder/spool.ts';
import { createSegmentWriter } from '../../src/segment/hls-writer.ts';
import { newFileId, newTaskId } from '../../src/tasks/ids.ts';
import { micros } from '../../src/units.ts';
import { tempDir, zero } from '../single/recorder-kit.ts';

/** Ids of rooms and users that somebody might try, longest ones among them (64 bytes). */
const ids = [
  '.',
  '..',
  '../../../../etc/passwd',
  '..\\..\\boot.ini',
  '/etc/passwd',
  'C:\\x',
  '\\\\host\\share',
  'a\0b',
  '%2e%2e%2f',
  '..%c0%af',
  'a/b',
  '~root',
  '-rf',
  'CON',
  'nul.txt',
  'AUX',
  'COM1:',
  'a:stream',
  'a. ',
  '.hidden',
  '$(id)',
  '`id`',
  "a';drop table file;--",
  'a\r\nX-Header: 1',
  '\u202Egpj.exe',
  '\u200F\u2066x',
  'e\u0301',
  'é',
  '🙂'.repeat(16),
  '會'.repeat(21),
  'ÿ'.repeat(32),
  'x'.repeat(64),
  '>>>???',
  '__proto__',
];

const room = (roomId: string) => ({ sdkAppId: 4_294_967_295, kind: 'string', roomId }) as const;

/** Every file below a folder, by real path. */
const filesIn = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => realpathSync(join(entry.parentPath, entry.name)));

/** Folder of a file below `root`, as names. */
const stepsOf = (root: string, path: string): string[] => relative(realpathSync(root), path).split(sep);

test('segments of every user lie in a folder of their own of their task, and nowhere else', async (t) => {
  const root = tempDir(t);
  const spool = new Spool(join(root, 'spool'));
  const taskId = newTaskId();
  const keys = ids.flatMap((id) => [fileKey(id, 'main'), fileKey(id, 'aux')]);
  assert.equal(new Set(keys).size, keys.length);
  for (const key of keys) {
    const identity = { userId: key, mediaId: 'main', epoch: 1 } as const;
    const dir = spool.folder(taskId, 1, key);
    const audio = { sampleRate: 48_000, channels: 1, config: Uint8Array.of(0x11, 0x88) } as const;
    const writer = await createSegmentWriter({ dir, zeroUs: zero, identity, audio });
    writer.writeAudio({ pts: micros(0), duration: micros(21_333), data: new Uint8Array(20) });
    writer.close();
  }
  const files = filesIn(root);
  assert.ok(files.length >= 3 * keys.length);
  for (const file of files) {
    const [top, task, epoch, key, , ...deeper] = stepsOf(root, file);
    assert.deepEqual([top, task, epoch, keys.includes(key!), deeper], ['spool', taskId, 'e1', true, []], file);
  }
  assert.deepEqual(spool.fileKeys(taskId), keys.toSorted());
});

test('files of the library lie by number, and their addresses read back as their names', (t) => {
  const root = tempDir(t);
  for (const [index, id] of ids.entries()) {
    const key = { subAppId: index, fileId: newFileId() };
    const stem = fileStem({ room: room(id), anchor: { userId: id, mediaId: 'aux' }, userDefineRecordId: 'a_' }, 'wire');
    for (const container of ['mp4', 'aac', 'hls'] as const) {
      const path = libraryPath(join(root, 'library'), key, container);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, '');
      assert.deepEqual(stepsOf(root, realpathSync(path)).slice(0, 3), ['library', String(index), key.fileId]);
      const name = partName(stem, 2, extensionOf[container]);
      const { pathname, search, hash } = new URL(videoUrl('http://h', { ...key, name }));
      assert.deepEqual(
        [pathname.split('/').map(decodeURIComponent).slice(2), search, hash],
        [[String(index), key.fileId, name], '', ''],
      );
    }
  }
});

test('objects of a bucket stay below their prefixes, and every name of the way fits a file system', (t) => {
  const root = tempDir(t);
  const taskId = newTaskId();
  const prefixes = ['p'.repeat(128), 'q'.repeat(128), 'r'.repeat(128), 's'.repeat(113)];
  const seen = new Set<string>();
  for (const roomId of ids)
    for (const userId of ids) {
      const stem = fileStem(
        { room: room(roomId), anchor: { userId, mediaId: 'main' }, userDefineRecordId: undefined },
        'wire',
      );
      const playlist = playlistName(stem, 'audiovideo', 10);
      const names = [playlist, playlistSegmentName(playlist, 1_700_000_000_000), partName(stem, 10_080, 'mp4')];
      for (const name of names) {
        const key = objectKey(prefixes, taskId, name);
        assert.match(key, /^[A-Za-z0-9_+./-]+$/);
        assert.ok(key.length <= 850, `${key.length}`);
        assert.ok(
          key.split('/').every((step) => step.length <= 255 && !step.startsWith('.')),
          key,
        );
        assert.ok(!seen.has(key), 'two recordings have one name');
        seen.add(key);
      }
    }
  for (const key of [...seen].slice(0, 200)) {
    const path = join(root, 'bucket', key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    assert.deepEqual(stepsOf(root, realpathSync(path)).slice(0, -1), ['bucket', ...prefixes, taskId]);
  }
});
