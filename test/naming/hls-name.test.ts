import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileStem, type FileNameMode, type FileStemParts } from '../../src/naming/file-name.ts';
import { objectKey, playlistName, playlistSegmentName, type HlsStream } from '../../src/naming/hls-name.ts';

const room = { sdkAppId: 1400000000, kind: 'number', roomId: '10001' } as const;
const main = (userId: string) => ({ userId, mediaId: 'main' }) as const;
const name = (
  { stream = 'mixed', epoch = 1, ...parts }: Partial<FileStemParts> & { stream?: HlsStream; epoch?: number },
  mode: FileNameMode = 'documented',
): string =>
  playlistName(fileStem({ room, anchor: undefined, userDefineRecordId: undefined, ...parts }, mode), stream, epoch);

test('F10: one anchor, one playlist for each medium', () => {
  const anchor = main('anchor1');
  const stem = '1400000000_10001_UserId_s_YW5jaG9yMQ.._UserId_e_main';
  assert.equal(name({ anchor, stream: 'audio' }), `${stem}_audio.m3u8`);
  assert.equal(name({ anchor, stream: 'video' }), `${stem}_video.m3u8`);
});

test('AvMerge 1, in wire mode', () => {
  const expected = '1400000000_10001__UserId_s_YW5jaG9yMQ..__UserId_e_aux_audiovideo.m3u8';
  assert.equal(name({ anchor: { userId: 'anchor1', mediaId: 'aux' }, stream: 'audiovideo' }, 'wire'), expected);
});

test('the mix, in numeric and string rooms', () => {
  assert.equal(name({}), '1400000000_10001.m3u8');
  const text = { sdkAppId: 1400000000, kind: 'string', roomId: 'room_366' } as const;
  assert.equal(name({ room: text }, 'wire'), '1400000000_cm9vbV8zNjY..m3u8');
});

test('E23: after a takeover every name begins with its number', () => {
  const names = [1, 2, 3, 12].map((epoch) => name({ epoch, userDefineRecordId: 'cls7' }));
  const stem = 'cls7__UserDefine_u_1400000000_10001.m3u8';
  assert.deepEqual(names, [stem, `ha1_${stem}`, `ha2_${stem}`, `ha11_${stem}`]);
});

test('the segment seen on the real service (D45169)', () => {
  const seen = { sdkAppId: 1400123456, kind: 'number', roomId: '12345' } as const;
  const playlist = name({ room: seen, anchor: main('1686119'), stream: 'video' }, 'wire');
  assert.equal(
    playlistSegmentName(playlist, Date.UTC(2033, 4, 31, 9, 45, 51, 825)),
    '1400123456_12345__UserId_s_MTY4NjExOQ..__UserId_e_main_video_20330531094551825.ts',
  );
});

test('F7: the key has the prefixes and the task in front', () => {
  assert.equal(objectKey(['a', 'b'], 'T+.-', 'x.m3u8'), 'a/b/T+.-/x.m3u8');
  assert.equal(objectKey([], 'T', 'x.m3u8'), 'T/x.m3u8');
});
