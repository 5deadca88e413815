import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeName } from '../../src/naming/escape.ts';
import { fileKey, fileKeyPattern } from '../../src/naming/file-key.ts';
import { fileStem, partName, type FileNameMode, type FileStemParts } from '../../src/naming/file-name.ts';

const numeric = { sdkAppId: 1400000000, kind: 'number', roomId: '10001' } as const;
const text = (roomId: string) => ({ sdkAppId: 1400000000, kind: 'string', roomId }) as const;
const name = (parts: Partial<FileStemParts> & { index?: number }, mode: FileNameMode = 'documented'): string => {
  const stem = fileStem({ room: numeric, anchor: undefined, userDefineRecordId: undefined, ...parts }, mode);
  return partName(stem, parts.index, 'mp4');
};
const main = (userId: string) => ({ userId, mediaId: 'main' }) as const;

test('E() gives every published example (contract §5)', () => {
  const examples = {
    'user???': 'dXNlcj8-Pw..',
    'user>>>': 'dXNlcj4+Pg..',
    '1686119': 'MTY4NjExOQ..',
    user_1: 'dXNlcl8x',
    '~~~': 'fn5+',
    张三: '5byg5LiJ',
    abc: 'YWJj',
    ab: 'YWI.',
    a: 'YQ..',
    anchor1: 'YW5jaG9yMQ..',
  };
  for (const [plain, escaped] of Object.entries(examples)) assert.equal(escapeName(plain), escaped, plain);
});

test('F1: single, wire mode', () => {
  const expected = '1400000000_10001__UserId_s_YW5jaG9yMQ..__UserId_e_main.mp4';
  assert.equal(name({ anchor: main('anchor1') }, 'wire'), expected);
});

test('F2: single, documented mode', () => {
  const expected = '1400000000_10001_UserId_s_YW5jaG9yMQ.._UserId_e_main.mp4';
  assert.equal(name({ anchor: main('anchor1') }), expected);
});

test('the second part of an aux in wire mode', () => {
  const expected = '1400000000_10001__UserId_s_YW5jaG9yMQ..__UserId_e_aux_2.mp4';
  assert.equal(name({ anchor: { userId: 'anchor1', mediaId: 'aux' }, index: 2 }, 'wire'), expected);
});

test('F3: mixed in a string room has two dots', () => {
  assert.equal(name({ room: text('room_366') }), '1400000000_cm9vbV8zNjY..mp4');
  assert.equal(name({ room: text('room_366') }, 'wire'), '1400000000_cm9vbV8zNjY..mp4');
});

test('F4: the index stands before the extension', () => {
  assert.equal(name({ room: text('room_366'), index: 1 }), '1400000000_cm9vbV8zNjY._1.mp4');
});

test('a string room of digits is not the numeric room', () => {
  assert.equal(name({ room: text('10001') }), '1400000000_MTAwMDE..mp4');
});

test('F6: UserDefineRecordId goes before everything', () => {
  assert.equal(name({ userDefineRecordId: 'cls7' }), 'cls7__UserDefine_u_1400000000_10001.mp4');
});

test('the name seen on the real service', () => {
  const room = { sdkAppId: 20032332, kind: 'number', roomId: '3369810761' } as const;
  const anchor = main('4c993597-4210-4796-bd2d-990f7b52b1da');
  const expected = '20032332_3369810761__UserId_s_NGM5OTM1OTctNDIxMC00Nzk2LWJkMmQtOTkwZjdiNTJiMWRh__UserId_e_main.mp4';
  assert.equal(name({ room, anchor }, 'wire'), expected);
});

test('file keys are safe folder names, different for different users and media', () => {
  const users = ['a', 'A', '../..', '/etc/passwd', '.', '..', '', '会议/1', 'user>>>', 'x'.repeat(5000), 'mix'];
  const keys = users.flatMap((user) => [fileKey(user, 'main'), fileKey(user, 'aux')]);
  for (const key of [...keys, fileKey('', 'mix')]) {
    assert.match(key, fileKeyPattern);
    assert.ok(Buffer.byteLength(key) <= 255, key);
  }
  assert.equal(new Set([...keys, 'mix']).size, 2 * users.length + 1);
  assert.equal(fileKey('anchor1', 'main'), 'YW5jaG9yMQ.._main');
});

test('the pattern of file keys refuses what leaves the folder', () => {
  for (const bad of ['', '.', '..', '.hidden', 'a/b', 'a\\b', 'a\0', 'x'.repeat(221)]) {
    assert.doesNotMatch(bad, fileKeyPattern);
  }
});
