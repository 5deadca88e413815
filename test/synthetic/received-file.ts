import {
  AV_CODEC_ID_H264,
  AV_CODEC_ID_OPUS,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_PIX_FMT_YUV420P,
  AV_PKT_FLAG_KEY,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { FFmpegError, FormatContext, Packet, Rational, type Stream } from 'node-av/lib';
import { annexBUnits } from '../../src/synthetic/annex-b.ts';

/** An RTP packet, whoever received it. */
export interface ReceivedPacket {
  readonly ssrc: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Buffer;
}

/** What one publication brought, in order of sequence numbers and without loss. */
export interface ReceivedMedia {
  readonly audio: readonly ReceivedPacket[];
  readonly video: readonly ReceivedPacket[];
  readonly reports: readonly { readonly ssrc: number; readonly ntpUs: number; readonly rtp: number }[];
}

const START_CODE = Buffer.from([0, 0, 0, 1]);

/** A coded picture or sound, placed on the sender's own clock by its sender reports. */
export interface ReceivedUnit {
  readonly atUs: number;
  readonly key: boolean;
  readonly data: Buffer;
}

/** H.264 access units put together from RTP by RFC 6184, in order of arrival on a link without loss. */
export function receivedPictures(session: ReceivedMedia): ReceivedUnit[] {
  const units: ReceivedUnit[] = [];
  let nals: Buffer[] = [];
  for (const packet of session.video) {
    if (packet.payload.length === 0) continue;
    const fresh = nalsOf(packet.payload, nals);
    nals = [...nals, ...fresh];
    if (!packet.marker) continue;
    const key = nals.some((nal) => (nal[0]! & 31) === 5);
    units.push({
      atUs: senderTime(session, packet, 90_000),
      key,
      data: Buffer.concat(nals.flatMap((nal) => [START_CODE, nal])),
    });
    nals = [];
  }
  return units;
}

/** Opus packets. */
export const receivedSounds = (session: ReceivedMedia): ReceivedUnit[] =>
  session.audio.map((packet) => ({ atUs: senderTime(session, packet, 48_000), key: true, data: packet.payload }));

/** New NAL units of one payload; a later fragment is joined to the last of `before` in place. */
function nalsOf(payload: Buffer, before: Buffer[]): Buffer[] {
  const type = payload[0]! & 31;
  if (type === 28) return fragment(payload, before);
  if (type !== 24) return [payload];
  const nals: Buffer[] = [];
  for (let at = 1; at + 2 < payload.length; at += 2 + payload.readUInt16BE(at))
    nals.push(payload.subarray(at + 2, at + 2 + payload.readUInt16BE(at)));
  return nals;
}

function fragment(payload: Buffer, before: Buffer[]): Buffer[] {
  const header = payload[1]!;
  if (header & 0x80) return [Buffer.concat([Buffer.from([(payload[0]! & 0xe0) | (header & 31)]), payload.subarray(2)])];
  const last = before.pop();
  if (!last) throw new Error('A fragment without a beginning.');
  return [Buffer.concat([last, payload.subarray(2)])];
}

/** The sender's wall time of a packet, by the last sender report of its stream. */
export function senderTime(session: ReceivedMedia, packet: ReceivedPacket, clockRate: number): number {
  const report = session.reports.findLast(({ ssrc }) => ssrc === packet.ssrc);
  if (!report) throw new Error(`No sender report for stream ${packet.ssrc}.`);
  return report.ntpUs + (((packet.timestamp - report.rtp) | 0) * 1_000_000) / clockRate;
}

/** Writes what was received as an MP4 (H.264 and Opus, both untouched) whose zero is the given sender time. */
export async function writeReceived(path: string, session: ReceivedMedia, zeroUs: number): Promise<void> {
  const pictures = receivedPictures(session);
  const first = pictures.findIndex(({ key }) => key);
  const format = new FormatContext();
  FFmpegError.throwIfError(format.allocOutputContext2(null, 'mp4', path));
  const video = videoStream(format, pictures[first]!.data);
  const audio = audioStream(format);
  FFmpegError.throwIfError(await format.openOutput());
  FFmpegError.throwIfError(await format.writeHeader());
  writeUnits(format, video, pictures.slice(first), zeroUs);
  writeUnits(format, audio, receivedSounds(session), zeroUs);
  FFmpegError.throwIfError(await format.writeTrailer());
  await format.closeOutput();
}

function videoStream(format: FormatContext, keyFrame: Buffer): Stream {
  const stream = format.newStream();
  const sets = annexBUnits(keyFrame).filter((unit) => [7, 8].includes(unit[0]! & 31));
  stream.codecpar.codecType = AVMEDIA_TYPE_VIDEO;
  stream.codecpar.codecId = AV_CODEC_ID_H264;
  stream.codecpar.width = 640;
  stream.codecpar.height = 360;
  stream.codecpar.format = AV_PIX_FMT_YUV420P;
  stream.codecpar.extradata = Buffer.concat(sets.flatMap((unit) => [START_CODE, unit]));
  stream.timeBase = new Rational(1, 90_000);
  return stream;
}

function audioStream(format: FormatContext): Stream {
  const stream = format.newStream();
  const head = Buffer.from('OpusHead\0\0\0\0\0\0\0\0\0\0\0', 'latin1');
  head[8] = 1;
  head[9] = 2;
  head.writeUInt32LE(48_000, 12);
  stream.codecpar.codecType = AVMEDIA_TYPE_AUDIO;
  stream.codecpar.codecId = AV_CODEC_ID_OPUS;
  stream.codecpar.sampleRate = 48_000;
  stream.codecpar.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
  stream.codecpar.frameSize = 960;
  stream.codecpar.extradata = head;
  stream.timeBase = new Rational(1, 48_000);
  return stream;
}

function writeUnits(format: FormatContext, stream: Stream, units: readonly ReceivedUnit[], zeroUs: number): void {
  for (const [index, { atUs, key, data }] of units.entries()) {
    const packet = new Packet();
    packet.alloc();
    packet.data = data;
    packet.streamIndex = stream.index;
    packet.pts = packet.dts = BigInt(Math.round(atUs - zeroUs));
    packet.duration = BigInt(Math.round((units[index + 1]?.atUs ?? atUs + 20_000) - atUs));
    if (key) packet.setFlags(AV_PKT_FLAG_KEY);
    packet.rescaleTs({ num: 1, den: 1_000_000 }, stream.timeBase);
    FFmpegError.throwIfError(format.writeFrameSync(packet));
    packet.free();
  }
}
