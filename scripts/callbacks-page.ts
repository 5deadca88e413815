import { recordingEvents, roomEvents, type BothLanguages, type MemberTable } from '../src/callbacks/event-table.ts';
import { eventGroup } from '../src/callbacks/groups.ts';
import { messageBody, messageHeaders, roomMessageBody } from '../src/callbacks/message.ts';
import * as payloads from '../src/callbacks/payloads.ts';
import * as rooms from '../src/callbacks/room-events.ts';
import { attemptTimeoutMs, giveUpAfterMs, longestWaitMs, nextAttemptMs } from '../src/callbacks/schedule.ts';
import { wallMs } from '../src/units.ts';
import { cell, table } from './markdown-table.ts';

type Language = keyof BothLanguages;

const AT = wallMs(1_622_191_965_102);
const SENT_MS = 1_622_191_965_320;
const FILE = {
  userId: 'anna',
  trackType: 'audio_video',
  mediaId: 'main',
  startMs: wallMs(1_622_186_279_145),
  endMs: wallMs(1_622_186_811_145),
} as const;
const NAME = '1400000001_10001_UserId_s_YW5uYQ.._UserId_e_main';
const VISIT = { user_id: 'anna', role: 20, terminal: 1, user_type: 1, joined_ms: 1_622_191_960_000 } as const;

/** One event of each kind, made by the code that makes the real ones. */
const recordingSamples = [
  payloads.recorderStart(AT, 0),
  payloads.recorderStop(AT, 0),
  payloads.uploadStart(AT, 0),
  payloads.fileInfo(AT, `${NAME}_audio.m3u8`),
  payloads.uploadStop(AT, 0),
  payloads.failover(AT),
  payloads.fileSlice(AT, { name: `${NAME}_audio.m3u8`, userId: 'anna', trackType: 'audio', beginMs: FILE.startMs }),
  payloads.downloadImageError(AT, 'https://example.com/background.png'),
  payloads.mp4Stop(AT, 0, [{ ...FILE, name: `${NAME}.mp4` }]),
  payloads.vodCommit(AT, {
    ...FILE,
    fileId: '5145403699454155159',
    videoUrl: `https://rec.example.com/vod/1400000001/5145403699454155159/${NAME}.mp4`,
    cacheFile: `${NAME}.mp4`,
  }),
  payloads.vodStop(AT, 0),
];

const roomSamples = [
  rooms.roomCreated(AT, 'anna'),
  rooms.roomDestroyed(AT),
  rooms.userEntered(AT, VISIT),
  rooms.userLeft(AT, VISIT, 'left'),
  rooms.roleChanged(AT, VISIT),
  ...(['video', 'audio', 'aux'] as const).flatMap((media) =>
    [true, false].map((on) => rooms.mediaChanged(AT, 'anna', media, on)),
  ),
];

const sampleBody = (event: payloads.TaskEvent): string =>
  messageBody({
    type: event.type,
    roomId: '10001',
    eventMs: event.atMs,
    botUserId: 'recorder_10001',
    taskId: 'TASK',
    payload: event.payload,
    callbackMs: SENT_MS,
  });

const sampleRoomBody = ({ group, type, atMs, info }: rooms.RoomEvent): string =>
  roomMessageBody({ group, type, eventMs: atMs, info: { RoomId: 10_001, ...info }, callbackMs: SENT_MS });

/** Names of the members of an object and of what is in it, as the table of events names them. */
const memberNames = (value: object, prefix = ''): string[] =>
  Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    const inner: unknown = Array.isArray(member) ? member[0] : member;
    const within = typeof inner === 'object' && inner !== null ? memberNames(inner, `${prefix}${name}.`) : [];
    return [`${prefix}${name}`, ...within];
  });

/** The table may say of more (Errmsg comes with failures only), and of no less than a real event has. */
function checkMembers(type: number, value: object, members: MemberTable): void {
  const untold = memberNames(value).filter(
    (name) => !members[name] && !Object.keys(members).some((told) => told.startsWith(`${name}.`)),
  );
  if (untold.length > 0)
    throw new Error(`event ${type}: src/callbacks/event-table.ts says nothing of ${untold.join()}`);
}

const texts = {
  en: {
    recordings: 'Recordings',
    rooms: 'Rooms and media in them',
    members: ['Payload', 'Meaning'],
    infoMembers: ['EventInfo', 'Meaning'],
    isText: ' EventTs is a text by default.',
    group: (name: string, id: number) => ` Group \`${name}\`, EventGroupId ${id}.`,
  },
  zh: {
    recordings: '录制事件',
    rooms: '房间与媒体事件',
    members: ['Payload', '含义'],
    infoMembers: ['EventInfo', '含义'],
    isText: 'EventTs 默认为字符串。',
    group: (name: string, id: number) => `事件组 \`${name}\`，EventGroupId 为 ${id}。`,
  },
} as const;

function memberTable(members: MemberTable, head: readonly string[], language: Language): string[] {
  const rows = Object.entries(members).map(([name, text]) => [`\`${name}\``, cell(text[language])]);
  return rows.length > 0 ? [table([[...head], ...rows])] : [];
}

/** Spread over lines as the formatter wants it: a list of one name stays on its line. */
const spread = (body: string): string =>
  JSON.stringify(JSON.parse(body), null, 2).replaceAll(/\[\n\s+("[^"]*")\n\s+\]/g, '[$1]');

const json = (body: string): string[] => ['```json', spread(body), '```', ''];

function recordingSection(event: payloads.TaskEvent, language: Language): string {
  const rule = recordingEvents[event.type];
  checkMembers(event.type, event.payload, rule.members);
  const { members, isText } = texts[language];
  const when = rule.when[language] + (rule.timeIsText ? isText : '');
  const parts = [`### ${event.type} ${rule.name}`, '', when, '', ...memberTable(rule.members, members, language)];
  return [...parts, ...json(sampleBody(event))].join('\n');
}

function roomSection(event: rooms.RoomEvent, language: Language): string {
  const rule = roomEvents[event.type];
  checkMembers(event.type, event.info, rule.members);
  const { infoMembers, group } = texts[language];
  const parts = [
    `### ${event.type} ${rule.name}`,
    '',
    `${rule.when[language]}${group(rule.group, eventGroup[rule.group])}`,
    '',
    ...memberTable(rule.members, infoMembers, language),
  ];
  return [...parts, ...json(sampleRoomBody(event))].join('\n');
}

/** When attempts of a message begin that all fail at once, in seconds after the first. */
function attemptSeconds(giveUpMs: number, most: number): number[] {
  const starts = [0];
  for (let attempts = 1; attempts < most; attempts++) {
    const startedMs = starts.at(-1)!;
    const next = nextAttemptMs({ attempts, firstAttemptMs: 0, startedMs, nowMs: startedMs }, giveUpMs);
    if (next === undefined) break;
    starts.push(next);
  }
  return starts.map((ms) => Math.round(ms / 1000));
}

const KEY = 'callbackkey';
const sample = sampleBody(recordingSamples[0]!);
const headers = Object.entries(
  messageHeaders({ sdkAppId: 1_400_000_001, id: 'evt_4f1c2a', body: sample, sentMs: SENT_MS }, KEY),
).map(([name, value]) => `${name}: ${value}`);

const schedule = attemptSeconds(giveUpAfterMs, 20).join(', ');
const longer = attemptSeconds(24 * 3_600_000, 14)
  .slice(7)
  .join(', ');
const [timeout, giveUp, longest] = [attemptTimeoutMs / 1000, giveUpAfterMs / 1000, longestWaitMs / 60_000];

const heads = {
  en: `# Callbacks

<!-- written by \`npm run reference\` from src/callbacks/event-table.ts; edit that -->

[中文](callbacks.zh-CN.md)

An app with \`callback\` in the [configuration](configuration.md#apps) is told what happens by HTTP, one POST of JSON for each event. \`groups\` says what is told: \`recording\` (the default), \`room\`, \`media\`.

## A request

\`\`\`http
POST /callback HTTP/1.1
${headers.join('\n')}

${sample}
\`\`\`

- \`Sign\` is base64 of HMAC-SHA256 over the exact bytes of the body with \`callback.key\`. Without a key it is absent.
- \`webhook-id\` is the same in every attempt and replay of one event: keep it to recognise what came twice. \`webhook-signature\` signs id, time and body, as [Standard Webhooks](https://www.standardwebhooks.com/) say; the secret for its libraries is the key in base64.
- \`RoomId\` and \`EventTs\` have the forms of [\`compat.room_id\` and \`compat.event_ts\`](compat.md). \`EventMsTs\` is the same time in milliseconds. \`CallbackTs\` is when the first attempt was made; a retry has the same bytes.

## Answer and retries

Answer with status 200 within ${timeout} seconds; the body is not looked at. Anything else is a failure, redirects too. When every attempt fails at once, attempts begin at seconds ${schedule}; ${giveUp} seconds after the first the message is given up. With \`callback.retry_hours\` it goes on (at seconds ${longer} …), at last every ${longest} minutes.

Events of one task come in order: a later one waits until the one before is taken or given up. Each comes at least once. What was given up stays in the [admin API](admin-api.md#get-callbacks) with every attempt, and is [sent again](admin-api.md#post-callbacksreplay) from there.

## Order

- CloudVod: 301, (306, 309)…, 302, 311 for each file, 312.
- CloudStorage: 301, 303, (307, 304) for each playlist, (306, 309)…, 302, 305, 310 for MP4 and AAC.
- A 301 with Status 1 is followed by nothing. Failures (311 with Status 1 or 2, 310 or 305 with Status 1) are followed by a success when the file has arrived after all, also after 312.
`,
  zh: `# 回调

<!-- written by \`npm run reference\` from src/callbacks/event-table.ts; edit that -->

[English](callbacks.md)

在[配置](configuration.md#apps)中设置了 \`callback\` 的应用，会通过 HTTP 得到事件通知：每个事件一个 JSON POST 请求。\`groups\` 决定通知哪些事件：\`recording\`（默认）、\`room\`、\`media\`。

## 请求

\`\`\`http
POST /callback HTTP/1.1
${headers.join('\n')}

${sample}
\`\`\`

- \`Sign\` 是用 \`callback.key\` 对请求体原始字节计算 HMAC-SHA256 后的 base64。没有配置密钥时不带此请求头。
- 同一事件的每次重试和重发，\`webhook-id\` 都相同，请据此去重。\`webhook-signature\` 按 [Standard Webhooks](https://www.standardwebhooks.com/) 对 ID、时间和请求体签名；其官方库所需的密钥是该 key 的 base64。
- \`RoomId\` 与 \`EventTs\` 的类型由 [\`compat.room_id\` 与 \`compat.event_ts\`](compat.md) 决定。\`EventMsTs\` 是同一时刻的毫秒值。\`CallbackTs\` 是第一次尝试的时间；重试时请求体逐字节相同。

## 应答与重试

请在 ${timeout} 秒内返回状态码 200，响应体不会被读取。其他任何结果（包括重定向）都算失败。若每次都立即失败，各次尝试从第 ${schedule} 秒开始；距第一次尝试满 ${giveUp} 秒后放弃。设置 \`callback.retry_hours\` 后会继续重试（第 ${longer} … 秒），最后每 ${longest} 分钟一次。

同一任务的事件按顺序送达：前一个被接收或放弃之前，后一个会等待。每个事件至少送达一次。被放弃的事件及其每次尝试都可在[管理 API](admin-api.md#get-callbacks) 中查看，并可从那里[重新发送](admin-api.md#post-callbacksreplay)。

## 顺序

- CloudVod：301、（306、309）…、302、每个文件一个 311、312。
- CloudStorage：301、303、每个索引文件的（307、304）、（306、309）…、302、305、MP4 与 AAC 的 310。
- Status 为 1 的 301 之后不再有事件。失败（311 的 Status 1 或 2、310 或 305 的 Status 1）之后，如果文件最终到达，会再通知一次成功，也可能在 312 之后。
`,
} as const;

/** The page of every callback in one of the languages; its examples come from the code that makes the real ones. */
export const callbacksPage = (language: Language): string =>
  [
    heads[language],
    `## ${texts[language].recordings}\n`,
    ...recordingSamples.map((event) => recordingSection(event, language)),
    `## ${texts[language].rooms}\n`,
    ...roomSamples.map((event) => roomSection(event, language)),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');

const shown = [...recordingSamples, ...roomSamples].map(({ type }) => String(type));
const untold = [...Object.keys(recordingEvents), ...Object.keys(roomEvents)].filter((type) => !shown.includes(type));
if (untold.length > 0) throw new Error(`scripts/callbacks-page.ts has no example of ${untold.join()}`);
