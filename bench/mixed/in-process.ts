/**
 * What the ffmpeg command line would do, by the library's own means, for machines that do not have it: decoders and x264
 * `veryfast` with the library's default threads around one xstack filter graph, fed picture by picture.
 */
import { AV_CODEC_ID_H264, AV_PICTURE_TYPE_NONE, AV_PIX_FMT_YUV420P, FF_ENCODER_LIBX264 } from 'node-av/constants';
import {
  Codec,
  CodecContext,
  Dictionary,
  Filter,
  FilterGraph,
  FilterInOut,
  Frame,
  Packet,
  Rational,
} from 'node-av/lib';
import { ok, present } from '../../src/codec/native.ts';
import { canvas, cellsOf, gopSeconds, measureHere, outputBitrate, type MixCase, type MixResult } from './mix-case.ts';
import { camerasOf } from './scenes.ts';

interface Graph {
  readonly graph: FilterGraph;
  readonly sources: readonly string[];
}

function openGraph(spec: MixCase): Graph {
  const cells = cellsOf(spec);
  const graph = new FilterGraph();
  graph.alloc();
  const buffer = `video_size=${spec.width}x${spec.height}:pix_fmt=${AV_PIX_FMT_YUV420P}:time_base=1/${spec.fps}:frame_rate=${spec.fps}:pixel_aspect=1/1`;
  const parts = cells.map((r, i) => `buffer@in${i}=${buffer},scale=${r.width}:${r.height},setsar=1[t${i}]`);
  const places = cells.map((r) => `${r.left}_${r.top}`).join('|');
  const tiles = cells.map((_, i) => `[t${i}]`).join('');
  const stack =
    cells.length === 1 ? `${tiles}null` : `${tiles}xstack=inputs=${cells.length}:layout=${places}:fill=black`;
  const sink = present('sink', graph.createFilter(present('buffersink', Filter.getByName('buffersink')), 'out', null));
  const out = new FilterInOut();
  out.alloc();
  out.name = 'out';
  out.filterCtx = sink;
  out.padIdx = 0;
  const tail = `pad=${canvas.width}:${canvas.height}:0:0,format=yuv420p[out]`;
  ok('parse', graph.parsePtr([...parts, `${stack},${tail}`].join(';'), out, null));
  ok('configure', graph.configSync());
  return { graph, sources: cells.map((_, i) => `buffer@in${i}`) };
}

async function openEncoder({ fps }: MixCase): Promise<CodecContext> {
  const codec = present('x264', Codec.findEncoderByName(FF_ENCODER_LIBX264));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = canvas.width;
  context.height = canvas.height;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.timeBase = new Rational(1, fps);
  context.framerate = new Rational(fps, 1);
  context.gopSize = fps * gopSeconds;
  context.bitRate = BigInt(outputBitrate);
  context.threadCount = 0;
  ok('open', await context.open2(codec, Dictionary.fromObject({ preset: 'veryfast' })));
  return context;
}

function openDecoder(): CodecContext {
  const codec = present('decoder', Codec.findDecoder(AV_CODEC_ID_H264));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.threadCount = 0;
  ok('open', context.open2Sync(codec, null));
  return context;
}

function allocated<T extends { alloc(): void }>(thing: T): T {
  thing.alloc();
  return thing;
}

/** Runs the pictures of all cameras through decoders, graph and encoder. */
export async function runInProcess(spec: MixCase): Promise<MixResult> {
  const units = camerasOf(spec);
  const encoder = await openEncoder(spec);
  const { graph, sources } = openGraph(spec);
  const decoders = units.map(openDecoder);
  const buffers = sources.map((name) => present(name, graph.getFilter(name)));
  const output = present('sink', graph.getFilter('out'));
  const [packet, frame, drawing] = [allocated(new Packet()), allocated(new Frame()), allocated(new Frame())];
  const shown = units.map(() => 0);
  let drawn = 0;
  const made = { bytes: 0, pictures: 0 };
  const drain = (): void => {
    for (; encoder.receivePacketSync(packet) >= 0; packet.unref()) {
      made.bytes += packet.size;
      made.pictures += 1;
    }
  };
  const decode = (i: number): void => {
    while (decoders[i]!.receiveFrameSync(frame) >= 0) {
      frame.pts = BigInt(shown[i]!);
      shown[i]! += 1;
      const copy = present('frame', frame.clone());
      ok('feed', buffers[i]!.buffersrcAddFrameSync(copy));
      copy.free();
    }
  };
  const draw = (): void => {
    for (; output.buffersinkGetFrameSync(drawing) >= 0; drawing.unref()) {
      drawing.pts = BigInt(drawn);
      drawing.pictType = AV_PICTURE_TYPE_NONE;
      drawn += 1;
      ok('encode', encoder.sendFrameSync(drawing));
      drain();
    }
  };
  return measureHere(spec, () => {
    for (let k = 0; k < spec.seconds * spec.fps; k++) {
      units.forEach((source, i) => {
        packet.data = source[k]!.data as Buffer;
        packet.pts = BigInt(k);
        ok('decode', decoders[i]!.sendPacketSync(packet));
        packet.unref();
        decode(i);
      });
      draw();
    }
    decoders.forEach((decoder, i) => {
      decoder.sendPacketSync(null);
      decode(i);
    });
    for (const buffer of buffers) buffer.buffersrcAddFrameSync(null);
    draw();
    encoder.sendFrameSync(null);
    drain();
    return made;
  });
}
