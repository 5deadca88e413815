import { foreignAppId, userSig, type Json } from './recording-api.ts';

/** Changes to BASE of contract §9, by what they change. */
export const rp = (RecordParams: Json): Json => ({ RecordParams });
/** TencentVod. */
export const vod = (TencentVod: Json): Json => ({ StorageParams: { CloudVod: { TencentVod } } });
/** MixLayoutParams; the grid unless told. */
export const ml = (MixLayoutParams: Json): Json => ({ MixLayoutParams: { MixLayoutMode: 3, ...MixLayoutParams } });
const lists = (SubscribeStreamUserIds: Json): Json => rp({ SubscribeStreamUserIds });
/** VideoParams. */
export const video = (VideoParams: Json): Json => ({
  MixTranscodeParams: {
    VideoParams: { Width: 1920, Height: 1080, Fps: 15, BitRate: 550_000, Gop: 10, ...VideoParams },
  },
});
const audio = (AudioParams: Json): Json => ({
  MixTranscodeParams: { AudioParams: { SampleRate: 1, Channel: 2, BitRate: 64_000, ...AudioParams } },
});
/** A complete CloudStorage. */
export const storage = { Vendor: 1, Region: 'r', Bucket: 'b', AccessKey: 'a', SecretKey: 's' };
/** CloudStorage instead of CloudVod. */
export const cloud = (CloudStorage: Json): Json => ({ StorageParams: { CloudVod: undefined, CloudStorage } });
const many = (count: number, entry: unknown): unknown[] => Array.from({ length: count }, () => entry);
/** A small rectangle. */
export const place = { Top: 0, Left: 0, Width: 10, Height: 10 };
const mark = (watermark: Json): Json => ml({ WaterMarkList: [watermark] });
const imageMark = (WaterMarkUrl: string): Json => mark({ WaterMarkImage: { WaterMarkUrl, ...place } });

const range = 'InvalidParameter.OutOfRange';
const refused = 'UnsupportedOperation';
const missing = 'MissingParameter';

/** Case number of contract §9, the change to BASE, and the code that answers it; `ok` for acceptance. */
export const createCases: readonly (readonly [name: string, changes: Json, code: string, named?: string])[] = [
  ['C1', {}, 'ok'],
  ['C2 SdkAppId', { SdkAppId: undefined }, 'MissingParameter.SdkAppId', 'SdkAppId'],
  ['C3 RoomId', { RoomId: undefined }, 'MissingParameter.RoomId', 'RoomId'],
  ['C3 RoomId empty', { RoomId: '' }, 'MissingParameter.RoomId', 'RoomId'],
  ['C4 UserId', { UserId: undefined }, 'MissingParameter.UserId', 'UserId'],
  ['a UserId of 64 bytes', { UserId: 'u'.repeat(64), UserSig: userSig('u'.repeat(64)) }, 'ok'],
  ['a UserId of our own bots', { UserId: 'roomtape.x', UserSig: userSig('roomtape.x') }, range, 'UserId'],
  ['a UserId of 65 bytes', { UserId: 'u'.repeat(65), UserSig: userSig('u'.repeat(65)) }, range, 'UserId'],
  ['C5 UserSig', { UserSig: undefined }, 'MissingParameter.UserSig', 'UserSig'],
  ['C5 UserSig null', { UserSig: null }, 'MissingParameter.UserSig', 'UserSig'],
  ['C6 RecordParams', { RecordParams: undefined }, 'MissingParameter.RecordParams', 'RecordParams'],
  ['C7 StorageParams', { StorageParams: undefined }, 'MissingParameter.StorageParams', 'StorageParams'],
  ['C8', rp({ RecordMode: undefined }), 'MissingParameter.RecordMode', 'RecordParams.RecordMode'],
  ['C9 mode 0', rp({ RecordMode: 0 }), range, 'RecordParams.RecordMode'],
  ['C9 mode 3', rp({ RecordMode: 3 }), range],
  ['C10 idle 4', rp({ MaxIdleTime: 4 }), range, 'RecordParams.MaxIdleTime'],
  ['C10 idle 5', rp({ MaxIdleTime: 5 }), 'ok'],
  ['C10 idle 86400', rp({ MaxIdleTime: 86_400 }), 'ok'],
  ['C10 idle 86401', rp({ MaxIdleTime: 86_401 }), range],
  ['C11', rp({ StreamType: 3 }), range],
  ['C12 0', rp({ MaxMediaFileDuration: 0 }), range],
  ['C12 1', rp({ MaxMediaFileDuration: 1 }), 'ok'],
  ['C12 1440', rp({ MaxMediaFileDuration: 1440 }), 'ok'],
  ['C12 1441', rp({ MaxMediaFileDuration: 1441 }), range],
  ['C13 OutputFormat', rp({ OutputFormat: 5 }), range, 'RecordParams.OutputFormat'],
  ['C13 AvMerge', rp({ AvMerge: 2 }), range, 'RecordParams.AvMerge'],
  ['C13 MediaId', rp({ MediaId: 3 }), range, 'RecordParams.MediaId'],
  ['C13 FillType', rp({ FillType: 2 }), range, 'RecordParams.FillType'],
  ['C13 SubscribeAbility', rp({ SubscribeAbility: 2 }), range, 'RecordParams.SubscribeAbility'],
  ['FillType 1', rp({ FillType: 1 }), 'ok'],
  ['values that change nothing', rp({ FillType: 0, AvMerge: 1, OutputFormat: 3, SubscribeAbility: 1 }), 'ok'],
  ['C14', { StorageParams: { CloudVod: undefined } }, 'MissingParameter.CloudStorage'],
  ['C14 null', { StorageParams: { CloudVod: null } }, 'MissingParameter.CloudStorage'],
  ['an empty TencentVod', { StorageParams: { CloudVod: { TencentVod: { ExpireTime: undefined } } } }, 'ok'],
  ['C15', { StorageParams: { CloudStorage: storage } }, refused, 'CloudVod'],
  ...Object.keys(storage).map(
    (name) =>
      [
        `C16 ${name}`,
        cloud({ ...storage, [name]: undefined }),
        `MissingParameter.${name}`,
        `StorageParams.CloudStorage.${name}`,
      ] as const,
  ),
  ['C16 all', cloud(storage), 'ok'],
  ['C17', cloud({ ...storage, Vendor: 2 }), range],
  ['C18 a/b', cloud({ ...storage, FileNamePrefix: ['a/b'] }), range, 'StorageParams.CloudStorage.FileNamePrefix.0'],
  [
    'long prefix',
    cloud({ ...storage, FileNamePrefix: ['a'.repeat(128), 'b'.repeat(128), 'c'.repeat(128), 'd'.repeat(113)] }),
    'ok',
  ],
  [
    'too long prefix',
    cloud({ ...storage, FileNamePrefix: Array.from({ length: 32 }, () => 'a'.repeat(20)) }),
    range,
    'StorageParams.CloudStorage.FileNamePrefix',
  ],
  ['prefix ..', cloud({ ...storage, FileNamePrefix: ['..'] }), range, 'StorageParams.CloudStorage.FileNamePrefix.0'],
  ['C18 a_b', cloud({ ...storage, FileNamePrefix: ['a_b', 'c-1'] }), 'ok'],
  ['EndpointUrl', cloud({ ...storage, EndpointUrl: 'h.example.com' }), 'ok'],
  [
    'no EndpointUrl',
    cloud({ ...storage, EndpointUrl: 'h.example.com/path' }),
    range,
    'StorageParams.CloudStorage.EndpointUrl',
  ],
  ['no Bucket', cloud({ ...storage, Bucket: '../b' }), range, 'StorageParams.CloudStorage.Bucket'],
  ['no Region', cloud({ ...storage, Region: 'evil.example/' }), range, 'StorageParams.CloudStorage.Region'],
  ['any Region at an endpoint', cloud({ ...storage, Region: 'My Region', EndpointUrl: 'http://10.0.0.5:9000' }), 'ok'],
  ['AAC of pictures alone', { ...cloud(storage), ...rp({ OutputFormat: 4, StreamType: 2 }) }, refused, 'OutputFormat'],
  ['HLS and AAC of pictures alone', { ...cloud(storage), ...rp({ OutputFormat: 2, StreamType: 2 }) }, refused],
  ['AAC of sound and pictures', { ...cloud(storage), ...rp({ OutputFormat: 4 }) }, 'ok'],
  ['C19 5', vod({ MediaType: 5 }), range],
  ['C19 2 with picture', vod({ MediaType: 2 }), refused, 'StreamType'],
  ['C19 2 audio', { ...vod({ MediaType: 2 }), ...rp({ StreamType: 1 }) }, 'ok'],
  ['MediaType 1', vod({ MediaType: 1 }), 'ok'],
  ['Procedure, which the embedded library has not', vod({ Procedure: 'flow' }), refused, 'TencentVod.Procedure'],
  ['empty texts are not set', vod({ Procedure: '', UserDefineRecordId: '', StorageRegion: '' }), 'ok'],
  ['contexts', vod({ SessionContext: 'a\nb', SourceContext: 'x', ClassId: 3, StorageRegion: 'ap-shanghai' }), 'ok'],
  ['C20 64', vod({ UserDefineRecordId: 'a'.repeat(64) }), 'ok'],
  ['C20 65', vod({ UserDefineRecordId: 'a'.repeat(65) }), range],
  ['C20 a.b', vod({ UserDefineRecordId: 'a.b' }), range, 'StorageParams.CloudVod.TencentVod.UserDefineRecordId'],
  ['C21 1920×1080', video({}), 'ok'],
  ['C21 1921', video({ Width: 1921 }), range, 'MixTranscodeParams.VideoParams.Width'],
  ['C21 1920×1088', video({ Height: 1088 }), range, 'MixTranscodeParams.VideoParams.Height'],
  ['C22', video({ Width: 1080, Height: 1920 }), 'ok'],
  ['a canvas without pixels', video({ Width: 1 }), range],
  ['C23 Fps 0', video({ Fps: 0 }), range],
  ['C23 Fps 61', video({ Fps: 61 }), range],
  ['C23 BitRate 63999', video({ BitRate: 63_999 }), range],
  ['C23 BitRate 8192001', video({ BitRate: 8_192_001 }), range],
  ['C24', video({ Gop: undefined }), missing, 'MixTranscodeParams.VideoParams.Gop'],
  ['C25', audio({ SampleRate: 48_000 }), range],
  ['C26 31999', audio({ BitRate: 31_999 }), range],
  ['C26 128001', audio({ BitRate: 128_001 }), range],
  ['C26 Channel 3', audio({ Channel: 3 }), range],
  ['C27', ml({ MixLayoutMode: undefined }), missing, 'MixLayoutParams.MixLayoutMode'],
  ['C28', ml({ MixLayoutMode: 5 }), range],
  ['C29', ml({ MixLayoutMode: 4, MixLayoutList: many(26, place) }), range, 'MixLayoutParams.MixLayoutList'],
  ['C29 25', ml({ MixLayoutMode: 4, MixLayoutList: many(25, place) }), 'ok'],
  ['C30', ml({ MixLayoutMode: 4, MixLayoutList: [{ ...place, Left: 351 }] }), range, 'MixLayoutParams.MixLayoutList.0'],
  ['C30 edge', ml({ MixLayoutMode: 4, MixLayoutList: [{ ...place, Left: 350 }] }), 'ok'],
  [
    'C30 in a larger canvas',
    { ...video({}), ...ml({ MixLayoutMode: 4, MixLayoutList: [{ ...place, Left: 351 }] }) },
    'ok',
  ],
  [
    'C30 up to the edge of an odd canvas',
    {
      ...video({ Width: 641, Height: 361 }),
      ...ml({ MixLayoutMode: 4, MixLayoutList: [{ ...place, Left: 0, Top: 0, Width: 641, Height: 361 }] }),
    },
    'ok',
  ],
  ['C31 Alpha', ml({ MixLayoutList: [{ ...place, Alpha: 256 }] }), range, 'MixLayoutParams.MixLayoutList.0.Alpha'],
  ['C31 RenderMode', ml({ RenderMode: 4 }), range],
  ['C31 BackGroundColor', ml({ BackGroundColor: 'FFA500' }), range, 'MixLayoutParams.BackGroundColor'],
  ['BackGroundColor', ml({ BackGroundColor: '#FFA500' }), 'ok'],
  ['BackGroundColor black', ml({ BackGroundColor: '0x000000' }), 'ok'],
  ['C32', ml({ WaterMarkList: many(26, {}) }), range],
  ['C33', mark({ WaterMarkType: 1 }), missing, 'MixLayoutParams.WaterMarkList.0.WaterMarkChar'],
  ['C33 default type', mark({}), missing, 'MixLayoutParams.WaterMarkList.0.WaterMarkImage'],
  ['C34 no extension', imageMark('https://h/a'), range],
  ['C34 blank', imageMark('https://h/a b.png'), range],
  ['C35', imageMark('https://h/a.png?token=x'), 'ok'],
  ['C36', mark({ WaterMarkType: 2, WaterMarkTimestamp: { Pos: 7 } }), range],
  ['C36 6', mark({ WaterMarkType: 2, WaterMarkTimestamp: { Pos: 6, TimeZone: -3 } }), 'ok'],
  [
    'a watermark outside the canvas',
    mark({ WaterMarkImage: { ...place, Top: 631, WaterMarkUrl: 'https://h/a.png' } }),
    range,
  ],
  ['C37 33', lists({ SubscribeAudioUserIds: many(33, 'u') }), range],
  ['C37 32', lists({ SubscribeAudioUserIds: many(32, 'u') }), 'ok'],
  ['C37 empty', lists({ SubscribeAudioUserIds: [], UnSubscribeAudioUserIds: [] }), 'ok'],
  ['a list of millions', lists({ SubscribeAudioUserIds: many(2_000_000, 1) }), 'InvalidParameter'],
  ['C38', lists({ SubscribeAudioUserIds: ['a'], UnSubscribeAudioUserIds: ['b'] }), range],
  ['C39', lists({ SubscribeAudioUserIds: ['a'], UnSubscribeVideoUserIds: ['b'] }), 'ok'],
  ['C40 type 2', { RoomIdType: 2 }, range],
  ...['abc', '0', '4294967295', '007', '1.5', ' 1'].map(
    (RoomId) => [`C40 ${RoomId}`, { RoomId }, range, 'RoomId'] as const,
  ),
  ['C40 4294967294', { RoomId: '4294967294' }, 'ok'],
  ['C40 default type', { RoomIdType: undefined, RoomId: 'abc' }, range],
  ['C41', { RoomIdType: 0 }, 'ok'],
  ['a string room of 64 bytes', { RoomIdType: 0, RoomId: '会'.repeat(21) + '1' }, 'ok'],
  ['a string room of 65 bytes', { RoomIdType: 0, RoomId: '会'.repeat(21) + '12' }, range],
  ['a string room with a control character', { RoomIdType: 0, RoomId: 'a\u0007' }, range],
  ['a string room that has no UTF-8', { RoomIdType: 0, RoomId: 'a\ud800' }, range],
  ['C42 5', { ResourceExpiredHour: 5 }, range],
  ['C42 6', { ResourceExpiredHour: 6 }, 'ok'],
  ['C42 720', { ResourceExpiredHour: 720 }, 'ok'],
  ['C42 721', { ResourceExpiredHour: 721 }, range],
  ['C43', { SdkAppId: foreignAppId }, 'InvalidParameter.SdkAppId'],
  ['C43 nobody', { SdkAppId: 5 }, 'InvalidParameter.SdkAppId'],
  [
    'a sub-application that is another account’s app',
    vod({ SubAppId: foreignAppId }),
    'AuthFailure.UnauthorizedOperation',
  ],
  ['C45', { UserSig: userSig('somebody') }, 'InvalidParameter.UserSig'],
  ['C45 expired', { UserSig: userSig('recorder_10001', 0) }, 'InvalidParameter.UserSig'],
  ['C45 long', { UserSig: 'x'.repeat(1_000_000) }, 'InvalidParameter.UserSig'],
  ['C48', { ...rp({ RecordMode: 1 }), ...video({}), ...ml({ MixLayoutMode: 2, WaterMarkList: [{}] }) }, 'ok'],
  ['C49 PrivateMapKey where no room asks for it', { PrivateMapKey: 'any' }, 'ok'],
  ['floating', ml({ MixLayoutMode: 1 }), 'ok'],
  [
    'a grid with what concerns other modes',
    ml({ MaxResolutionUserId: 'a', MediaId: 1, MaxResolutionUserAlign: 1, RenderMode: 1 }),
    'ok',
  ],
];
