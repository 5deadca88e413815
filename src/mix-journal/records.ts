import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { FeedAnchor, FeedTrack } from '../feed/messages.ts';
import type { LayoutPlan } from '../layout/layout-plan.ts';
import type { AudioUnit, VideoUnit } from '../timeline/media.ts';
import { MAX_PICTURE_BYTES } from '../timeline/byte-collector.ts';
import { wallUs, type WallUs } from '../units.ts';
import { layoutPlan } from '../worker-api/schemas.ts';

/** The room as a recording sees it: who is in it, what is sent, how it is drawn. */
export interface RoomState {
  readonly anchors: readonly FeedAnchor[];
  readonly tracks: readonly FeedTrack[];
  readonly layout: LayoutPlan;
}

/** Something that happened to the room of a mix. */
export type RoomRecord =
  | ({ readonly kind: 'state' } & RoomState)
  | { readonly kind: 'anchor-entered'; readonly anchor: FeedAnchor }
  | { readonly kind: 'anchor-left'; readonly userId: string; readonly at: WallUs }
  | { readonly kind: 'track-opened'; readonly track: FeedTrack }
  | { readonly kind: 'track-closed'; readonly track: number; readonly at: WallUs }
  | { readonly kind: 'pictures-forgotten'; readonly userId: string; readonly at: WallUs }
  | { readonly kind: 'layout-changed'; readonly layout: LayoutPlan; readonly at: WallUs };

/** A unit of one of the tracks. */
export type UnitRecord =
  | { readonly kind: 'video'; readonly track: number; readonly unit: VideoUnit }
  | { readonly kind: 'audio'; readonly track: number; readonly unit: AudioUnit };

/** One entry of a journal: a call that the mix got. */
export type JournalRecord = RoomRecord | UnitRecord;

const chunkTitle = 'roomtape mix journal ';
/** First bytes of every chunk; another number says that the rest is to be read in another way. */
export const chunkHeader = Buffer.from(`${chunkTitle}1\n`);

/** Longest body of a record: the longest picture that the timeline hands out, and its head. */
export const longestRecord = MAX_PICTURE_BYTES + 1024;

/** A record is `u32 bytes of the body | u32 CRC-32 of the body | body`; the body begins with its type. */
const frameBytes = 8;
const types = { room: 0, video: 1, audio: 2 } as const;
/** `type | u32 track | f64 at | u8 flags`, then the picture. */
const videoHead = 14;
/** `type | u32 track | f64 at | u32 samples | u8 level | u32 lost`, then the Opus packet. */
const audioHead = 22;
/** 120 ms at 48 kHz (RFC 6716 §2.1.4). */
const longestOpusSamples = 5760;
const flags = { key: 1, vp8: 2 } as const;

const stamp = z.int().min(0).transform(wallUs);
const user = z.string().max(1000);
const trackId = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const anchor = z.object({ userId: user, order: z.int(), enteredUs: stamp, robot: z.literal('relay').exactOptional() });
const track = z.object({
  track: trackId,
  userId: user,
  mediaId: z.enum(['main', 'aux']),
  media: z.enum(['audio', 'video']),
  codec: z.enum(['h264', 'vp8', 'opus']),
  clockRate: z.int().positive(),
  sessionId: z.string().max(1000),
  startedUs: stamp,
});

const roomRecord: z.ZodType<RoomRecord> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('state'),
    anchors: z.array(anchor).max(1000),
    tracks: z.array(track).max(4000),
    layout: layoutPlan,
  }),
  z.object({ kind: z.literal('anchor-entered'), anchor }),
  z.object({ kind: z.literal('anchor-left'), userId: user, at: stamp }),
  z.object({ kind: z.literal('track-opened'), track }),
  z.object({ kind: z.literal('track-closed'), track: trackId, at: stamp }),
  z.object({ kind: z.literal('pictures-forgotten'), userId: user, at: stamp }),
  z.object({ kind: z.literal('layout-changed'), layout: layoutPlan, at: stamp }),
]);

/** A record as it stands in the file, in pieces; a unit's data is not copied. */
export function encodeRecord(record: JournalRecord): Uint8Array[] {
  if (record.kind === 'video') return framed(videoHeadOf(record.track, record.unit), record.unit.data);
  if (record.kind === 'audio') return framed(audioHeadOf(record.track, record.unit), record.unit.data);
  return framed(Buffer.from([types.room]), Buffer.from(JSON.stringify(record)));
}

function framed(head: Buffer, data: Uint8Array): Uint8Array[] {
  const frame = Buffer.allocUnsafe(frameBytes);
  frame.writeUInt32LE(head.length + data.length, 0);
  frame.writeUInt32LE(crc32(data, crc32(head)), 4);
  return [frame, head, data];
}

function videoHeadOf(id: number, { at, key, codec }: VideoUnit): Buffer {
  const head = headOf(types.video, id, at, videoHead);
  head.writeUInt8((key ? flags.key : 0) | (codec === 'vp8' ? flags.vp8 : 0), 13);
  return head;
}

function audioHeadOf(id: number, { at, samples, level, lost = 0 }: AudioUnit): Buffer {
  const head = headOf(types.audio, id, at, audioHead);
  head.writeUInt32LE(samples, 13);
  head.writeUInt8(level, 17);
  head.writeUInt32LE(Math.min(lost, 2 ** 32 - 1), 18);
  return head;
}

function headOf(type: number, id: number, at: WallUs, length: number): Buffer {
  const head = Buffer.allocUnsafe(length);
  head.writeUInt8(type, 0);
  head.writeUInt32LE(id, 1);
  head.writeDoubleLE(at, 5);
  return head;
}

const isChunk = (bytes: Buffer): boolean => bytes.subarray(0, chunkHeader.length).equals(chunkHeader);

/** Whether a file that begins with these bytes is a chunk that another version wrote. */
export const isForeignChunk = (head: Buffer): boolean =>
  head.length >= chunkHeader.length && head.toString('latin1', 0, chunkTitle.length) === chunkTitle && !isChunk(head);

/**
 * Reads the records of a chunk up to the first that is torn or damaged: what stands behind it cannot be told apart from
 * garbage. Data of units are views of `bytes`.
 */
export function* decodeRecords(bytes: Buffer): Generator<JournalRecord, void, undefined> {
  if (!isChunk(bytes)) return;
  for (let at = chunkHeader.length; at + frameBytes < bytes.length;) {
    const length = bytes.readUInt32LE(at);
    const from = at + frameBytes;
    if (length === 0 || length > longestRecord || from + length > bytes.length) return;
    const body = bytes.subarray(from, from + length);
    const record = crc32(body) === bytes.readUInt32LE(at + 4) ? decodeBody(body) : undefined;
    if (!record) return;
    yield record;
    at = from + length;
  }
}

function decodeBody(body: Buffer): JournalRecord | undefined {
  if (body[0] === types.video) return videoOf(body);
  if (body[0] === types.audio) return audioOf(body);
  return body[0] === types.room ? roomOf(body.toString('utf8', 1)) : undefined;
}

function roomOf(text: string): RoomRecord | undefined {
  try {
    return roomRecord.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function videoOf(body: Buffer): UnitRecord | undefined {
  const at = timeOf(body, videoHead);
  if (at === undefined) return undefined;
  const bits = body.readUInt8(13);
  const codec = (bits & flags.vp8) === 0 ? 'h264' : 'vp8';
  const unit = { at, key: (bits & flags.key) !== 0, codec, data: body.subarray(videoHead) } as const;
  return { kind: 'video', track: body.readUInt32LE(1), unit };
}

function audioOf(body: Buffer): UnitRecord | undefined {
  const at = timeOf(body, audioHead);
  if (at === undefined) return undefined;
  const samples = body.readUInt32LE(13);
  if (samples === 0 || samples > longestOpusSamples) return undefined;
  const lost = body.readUInt32LE(18);
  const sound = { at, samples, level: body.readUInt8(17), data: body.subarray(audioHead) };
  return { kind: 'audio', track: body.readUInt32LE(1), unit: lost > 0 ? { ...sound, lost } : sound };
}

function timeOf(body: Buffer, head: number): WallUs | undefined {
  if (body.length < head) return undefined;
  const at = body.readDoubleLE(5);
  return Number.isSafeInteger(at) && at >= 0 ? wallUs(at) : undefined;
}
