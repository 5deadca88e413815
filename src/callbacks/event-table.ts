import type { EventGroup } from './groups.ts';

/** A text in both languages of the documents. */
export interface BothLanguages {
  readonly en: string;
  readonly zh: string;
}

const say = (en: string, zh: string): BothLanguages => ({ en, zh });

/** What is said of one member of an event. */
export type MemberTable = Readonly<Record<string, BothLanguages>>;

/** What is said of one event. */
export interface EventRule {
  /** The name that the documents of the real service give it. */
  readonly name: string;
  /** When it is sent. */
  readonly when: BothLanguages;
  /** Members of Payload; of room and media events, members of EventInfo beside RoomId and the times. */
  readonly members: MemberTable;
}

const deliveryStatus = say(
  '0: everything is there; 1: something is stuck on the server and is tried on; 2: what was stuck is there too.',
  '0：全部到达；1：有内容滞留在服务器上，仍在重试；2：滞留的内容也已到达。',
);
const user = say('Whose file it is; empty for a mix.', '文件所属用户；混流时为空。');
const track = say('`audio`, `video` or `audio_video`.', '`audio`、`video` 或 `audio_video`。');
const media = say(
  '`main`: camera and microphone; `aux`: screen; `mix`: a mix, where `file_names` is `wire`.',
  '`main`：摄像头与麦克风；`aux`：屏幕分享；`mix`：混流（`file_names` 为 `wire` 时）。',
);
const start = say('First moment of the file, in milliseconds.', '文件起始时刻，毫秒。');
const end = say('Last moment of the file, in milliseconds.', '文件结束时刻，毫秒。');

/** Events of a recording task (contract §4.3). `timeIsText`: EventTs is a text by default (decision D-2). */
export const recordingEvents = {
  301: {
    name: 'RECORDER_START',
    timeIsText: true,
    when: say(
      'The recording began, or never will. Once per task, first.',
      '录制已开始，或无法开始。每个任务一次，最先发送。',
    ),
    members: {
      Status: say(
        '0: it began; 1: it never will, and nothing more is told.',
        '0：已开始；1：无法开始，此后不再有回调。',
      ),
    },
  },
  302: {
    name: 'RECORDER_STOP',
    timeIsText: true,
    when: say('The recording ended. Once per task.', '录制已结束。每个任务一次。'),
    members: {
      LeaveCode: say(
        '0: DeleteCloudRecording; 1: the bot was removed; 2: the room was dissolved; 3, 4: the same by the server itself; 99: nobody was there for MaxIdleTime; 100: it could not go on (the disk is full, the UserSig ended before a takeover, the room was out of reach); 101: another task with the same UserId came.',
        '0：调用了 DeleteCloudRecording；1：机器人被移出；2：房间被解散；3、4：由服务器自身移出或解散；99：超过 MaxIdleTime 无主播；100：无法继续（磁盘写满、接管前 UserSig 已过期、房间长时间不可达）；101：同一 UserId 的另一个任务进入。',
      ),
    },
  },
  303: {
    name: 'UPLOAD_START',
    timeIsText: false,
    when: say('The upload to a bucket began. CloudStorage only.', '开始上传到存储桶。仅 CloudStorage。'),
    members: {
      Status: say('0: it began; 1: the first object could not be written.', '0：已开始；1：第一个对象无法写入。'),
    },
  },
  304: {
    name: 'FILE_INFO',
    timeIsText: false,
    when: say('A playlist is in the bucket. CloudStorage only.', '索引文件已在存储桶中。仅 CloudStorage。'),
    members: { FileList: say('Its name, a text.', '索引文件名，字符串。') },
  },
  305: {
    name: 'UPLOAD_STOP',
    timeIsText: false,
    when: say('The upload of segments ended. CloudStorage only.', '分片上传结束。仅 CloudStorage。'),
    members: { Status: deliveryStatus },
  },
  306: {
    name: 'FAILOVER',
    timeIsText: false,
    when: say('Another recorder took the task over and is in the room.', '另一个录制进程已接管任务并进入房间。'),
    members: { Status: say('Always 0.', '恒为 0。') },
  },
  307: {
    name: 'FILE_SLICE',
    timeIsText: true,
    when: say(
      'The first segment of a playlist is in the bucket. CloudStorage only.',
      '某个索引文件的第一个分片已在存储桶中。仅 CloudStorage。',
    ),
    members: {
      FileName: say('Name of the playlist.', '索引文件名。'),
      UserId: user,
      TrackType: track,
      BeginTimeStamp: start,
    },
  },
  309: {
    name: 'DOWNLOAD_IMAGE_ERROR',
    timeIsText: false,
    when: say(
      'An image of the layout could not be fetched or decoded; the recording goes on without it.',
      '布局中的图片下载或解码失败；录制继续，不显示该图片。',
    ),
    members: { Url: say('Its address.', '图片地址。') },
  },
  310: {
    name: 'MP4_STOP',
    timeIsText: false,
    when: say(
      'MP4 or AAC files are in the bucket, or stuck. CloudStorage with OutputFormat 1 to 4.',
      'MP4 或 AAC 文件已在存储桶中，或滞留。CloudStorage 且 OutputFormat 为 1–4。',
    ),
    members: {
      Status: deliveryStatus,
      FileList: say('Their names, a list.', '文件名列表。'),
      FileMessage: say('What each of them is.', '各文件的说明。'),
      'FileMessage.FileName': say('Name of the file.', '文件名。'),
      'FileMessage.UserId': user,
      'FileMessage.TrackType': track,
      'FileMessage.MediaId': media,
      'FileMessage.StartTimeStamp': start,
      'FileMessage.EndTimeStamp': end,
    },
  },
  311: {
    name: 'VOD_COMMIT',
    timeIsText: false,
    when: say(
      'A file is in the library or at Tencent VOD, or could not be brought there. Once per file; after a failure again when it has arrived.',
      '文件已进入媒体库或腾讯云 VOD，或无法送达。每个文件一次；失败后到达时会再发一次。',
    ),
    members: {
      Status: say(
        '0: it is there; 1: its segments are stuck on the server; 2: it could not be made or taken.',
        '0：已到达；1：分片滞留在服务器上；2：无法生成或未被接收。',
      ),
      Errmsg: say('Why not; absent with Status 0.', '失败原因；Status 为 0 时没有此字段。'),
      'TencentVod.UserId': user,
      'TencentVod.TrackType': track,
      'TencentVod.MediaId': media,
      'TencentVod.FileId': say('Names it in DescribeMediaInfos.', '用于 DescribeMediaInfos 的文件 ID。'),
      'TencentVod.VideoUrl': say('Where it is played and downloaded.', '播放与下载地址。'),
      'TencentVod.CacheFile': say('Its name.', '文件名。'),
      'TencentVod.StartTimeStamp': start,
      'TencentVod.EndTimeStamp': end,
    },
  },
  312: {
    name: 'VOD_STOP',
    timeIsText: false,
    when: say(
      'All files of the task are settled; nothing more comes but late successes. Once per task.',
      '任务的全部文件都已有结果；此后只会有迟到的成功。每个任务一次。',
    ),
    members: { Status: say('0: all are there; 1: one or more failed.', '0：全部到达；1：有文件失败。') },
  },
} as const satisfies Readonly<Record<number, EventRule & { readonly timeIsText: boolean }>>;

/** Events of a recording task. */
export type EventType = keyof typeof recordingEvents;

const who = say('The user.', '用户。');
const unique = say('Tells several visits of one user apart.', '区分同一用户的多次进房。');
const role = say('20: sends; 21: watches.', '20：主播；21：观众。');
const sender: MemberTable = { UserId: who };
const stopped: MemberTable = { UserId: who, Reason: say('Always 0.', '恒为 0。') };

/** Events of rooms and of media in them (contract §4.5). */
export const roomEvents = {
  101: {
    name: 'CREATE_ROOM',
    group: 'room',
    when: say('The first user is about to enter.', '第一个用户即将进入。'),
    members: { UserId: who },
  },
  102: {
    name: 'DISMISS_ROOM',
    group: 'room',
    when: say('The last user has left, or the room was dissolved.', '最后一个用户离开，或房间被解散。'),
    members: {},
  },
  103: {
    name: 'ENTER_ROOM',
    group: 'room',
    when: say('A user entered.', '用户进房。'),
    members: {
      UserId: who,
      UniqueId: unique,
      Role: role,
      TerminalType: say(
        '1: Windows; 2: Android; 3: iOS; 4: Linux; 100: other.',
        '1：Windows；2：Android；3：iOS；4：Linux；100：其他。',
      ),
      UserType: say('1: a browser; 3: a program.', '1：浏览器；3：程序。'),
      Reason: say('Always 1: normal.', '恒为 1：正常进房。'),
    },
  },
  104: {
    name: 'EXIT_ROOM',
    group: 'room',
    when: say('A user left.', '用户退房。'),
    members: {
      UserId: who,
      UniqueId: unique,
      Role: role,
      Reason: say(
        '1: by itself; 2: nothing came any more; 3: removed, or the room was dissolved.',
        '1：正常退出；2：超时；3：被移出或房间被解散。',
      ),
    },
  },
  105: {
    name: 'CHANGE_ROLE',
    group: 'room',
    when: say('A user who watched began to send, or the other way round.', '观众开始推流，或主播转为观众。'),
    members: { UserId: who, UniqueId: unique, Role: role },
  },
  201: {
    name: 'START_VIDEO',
    group: 'media',
    when: say('The camera’s picture began.', '开始推送视频。'),
    members: sender,
  },
  202: { name: 'STOP_VIDEO', group: 'media', when: say('It ceased.', '停止推送视频。'), members: stopped },
  203: { name: 'START_AUDIO', group: 'media', when: say('The sound began.', '开始推送音频。'), members: sender },
  204: { name: 'STOP_AUDIO', group: 'media', when: say('It ceased.', '停止推送音频。'), members: stopped },
  205: {
    name: 'START_ASSIT',
    group: 'media',
    when: say('A screen began.', '开始推送辅路（屏幕分享）。'),
    members: sender,
  },
  206: { name: 'STOP_ASSIT', group: 'media', when: say('It ceased.', '停止推送辅路。'), members: stopped },
} as const satisfies Readonly<Record<number, EventRule & { readonly group: EventGroup }>>;

/** Events of rooms and of media in them. */
export type RoomEventType = keyof typeof roomEvents;
