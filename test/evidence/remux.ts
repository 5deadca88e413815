import { FormatContext, Packet } from 'node-av/lib';
import { ok } from '../../src/codec/native.ts';

/** A stretch of a file, in milliseconds. */
export type Stretch = readonly [fromMs: number, toMs: number];

interface CopiedPacket {
  readonly stream: number;
  readonly at: number;
  readonly packet: Packet;
}

/** What a forger does to a packet's bytes; `atMs` is its time in the file it comes from. */
export type Change = (data: Buffer, stream: number, atMs: number) => Buffer;

/**
 * Writes a file of stretches of another in that order, without coding anything anew: what an editor that “loses no
 * quality” does. Pictures are taken from the first key frame of a stretch on.
 */
export function remux(
  from: string,
  to: string,
  stretches: readonly Stretch[],
  options: { readonly change?: Change; readonly speed?: number; readonly format?: string } = {},
): void {
  const input = new FormatContext();
  input.allocContext();
  ok('open', input.openInputSync(`file:${from}`));
  ok('streams', input.findStreamInfoSync());
  const output = new FormatContext();
  ok('open', output.allocOutputContext2(null, options.format ?? 'mp4', `file:${to}`));
  for (const { codecpar, timeBase } of input.streams) {
    const stream = output.newStream(null);
    codecpar.copy(stream.codecpar);
    stream.codecpar.codecTag = 0;
    stream.timeBase = timeBase;
  }
  ok('create', output.openOutputSync());
  ok('header', output.writeHeaderSync(null));
  const packets = readAll(input, options.change);
  let shift = 0;
  for (const stretch of stretches) shift = writeStretch(packets, input, output, { stretch, shift, ...options });
  ok('trailer', output.writeTrailerSync());
  output.closeOutputSync();
  output.freeContext();
  for (const { packet } of packets) packet.free();
  input.closeInputSync();
}

const tickMs = (format: FormatContext, stream: number): number => {
  const { num, den } = format.streams[stream]!.timeBase;
  return (num * 1000) / den;
};

function readAll(format: FormatContext, change: Change = (data) => data): CopiedPacket[] {
  const packets: CopiedPacket[] = [];
  for (;;) {
    const packet = new Packet();
    packet.alloc();
    if (format.readFrameSync(packet) < 0) {
      packet.free();
      return packets;
    }
    const stream = packet.streamIndex;
    const at = Number(packet.pts) * tickMs(format, stream);
    const data = Buffer.from(packet.data!);
    const changed = change(data, stream, at);
    if (!changed.equals(data)) packet.data = changed;
    packets.push({ stream, at, packet });
  }
}

/** Answers where the next stretch begins. */
function writeStretch(
  packets: readonly CopiedPacket[],
  input: FormatContext,
  output: FormatContext,
  { stretch: [fromMs, toMs], shift, speed = 1 }: { stretch: Stretch; shift: number; speed?: number },
): number {
  const video = input.streams.findIndex(({ codecpar }) => codecpar.width > 0);
  const key = packets.find(({ stream, at, packet }) => stream === video && packet.isKeyframe && at >= fromMs - 1);
  const begin = key ? key.at : fromMs;
  const chosen = packets.filter(({ at }) => at >= begin - 1 && at < toMs - 1);
  for (const { stream, packet } of chosen) {
    const copy = packet.clone()!;
    const base = tickMs(input, stream);
    const outBase = tickMs(output, stream);
    const move = (ticks: bigint): bigint =>
      BigInt(Math.round(((Number(ticks) * base - begin + shift) * speed) / outBase));
    copy.pts = move(packet.pts);
    copy.dts = move(packet.dts);
    copy.duration = BigInt(Math.round((Number(packet.duration) * base * speed) / outBase));
    ok('write', output.interleavedWriteFrameSync(copy));
    copy.free();
  }
  const end = Math.max(...chosen.map(({ at, packet, stream }) => at + Number(packet.duration) * tickMs(input, stream)));
  return shift + end - begin;
}
