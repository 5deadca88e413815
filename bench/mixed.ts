/**
 * CPU of a mixed recording, in CPU seconds (user + system, all threads) per recorded second, beside a naive design that
 * is measured in the same run: decoders and x264 `veryfast` with the library's default threads around one xstack filter
 * graph, fed picture by picture, which is what the ffmpeg command line would do. Every figure comes from a child of its own.
 *
 * node bench/mixed.ts [--quick]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { AV_CODEC_ID_H264, AV_PIX_FMT_YUV420P, FF_ENCODER_LIBX264 } from 'node-av/constants';
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
import { ok, present } from '../src/codec/native.ts';
import { layoutPictures } from '../src/layout/layout-pictures.ts';
import { gridPlan } from '../src/layout/layout-plan.ts';
import { createMixedRecording } from '../src/mixed/mixed-recording.ts';
import type { VideoUnit } from '../src/timeline/media.ts';
import { wallUs } from '../src/units.ts';
import { meetingScene, randomFrom } from '../test/mixed/meeting-scene.ts';
import { asUnits, encodePictures, encodeVoice, type CodedPicture } from '../test/mixed/synthetic-media.ts';
import { median, report } from './report.ts';

interface Source {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrate: number;
}

interface Case extends Source {
  readonly design: 'mix' | 'naive' | 'sound' | 'scenes';
  readonly users: number;
  readonly seconds: number;
  /** Folder of the coded scenes; making them costs more than mixing them. */
  readonly dir: string;
}

interface Result {
  readonly cpu: number;
  readonly bytes: number;
  readonly peakMb: number;
}

const canvas = { width: 1280, height: 720 };
const outputBitrate = 2_000_000;
const zero = wallUs(1_700_000_000_000_000);
const drop = (): void => {};

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
};

const scenesFile = ({ dir, name }: Case): string => join(dir, `${name}.scenes`);

/** Three cameras are enough: every source has a decoder of its own whatever it shows. */
async function encodeScenes(spec: Case): Promise<Result> {
  const { width, height, fps, bitrate, seconds } = spec;
  const scenes: CodedPicture[][] = [];
  for (let seed = 0; seed < 3; seed++) {
    const colour = meetingScene(width, height, seed);
    const count = seconds * fps;
    scenes.push(await encodePictures({ width, height, fps, bitrate, count, preset: 'veryfast', colour }));
  }
  writeFileSync(scenesFile(spec), serialize(scenes));
  return { cpu: 0, bytes: 0, peakMb: 0 };
}

function cameras(spec: Case): VideoUnit[][] {
  const scenes = deserialize(readFileSync(scenesFile(spec))) as CodedPicture[][];
  return Array.from({ length: spec.users }, (_, i) => asUnits(scenes[i % scenes.length] ?? [], zero, spec.fps));
}

async function measure(spec: Case, work: () => Promise<number> | number): Promise<Result> {
  const before = cpuSeconds();
  const bytes = await work();
  const cpu = (cpuSeconds() - before) / spec.seconds;
  return { cpu, bytes, peakMb: process.resourceUsage().maxRSS / 1000 };
}

async function runMix(spec: Case): Promise<Result> {
  const units = cameras(spec);
  let bytes = 0;
  const recording = await createMixedRecording({
    zeroUs: zero,
    layout: gridPlan,
    fill: 'hold',
    video: { ...canvas, fps: spec.fps, bitrate: outputBitrate, gopSeconds: 10 },
    audio: { sampleRate: 48_000, channels: 1, bitrate: 64_000 },
    streams: 'video',
    openWriter: () => ({
      writeVideo: (p) => void (bytes += p.data.length),
      writeAudio: drop,
      cutAt: drop,
      flush: drop,
      close: drop,
    }),
  });
  const sinks = units.map((_, i) => {
    recording.addAnchor(`u${i}`, i, zero);
    return recording.addPicture(`u${i}`, 'main', zero);
  });
  return measure(spec, () => {
    for (let k = 0; k < spec.seconds * spec.fps; k++) {
      units.forEach((source, i) => sinks[i]!.onVideo(source[k]!));
      recording.advance(wallUs((units[0]?.[k]?.at ?? zero) + 700_000));
    }
    recording.finish(wallUs(zero + spec.seconds * 1_000_000));
    return bytes;
  });
}

async function runSound(spec: Case): Promise<Result> {
  const random = randomFrom(7);
  let level = 0;
  const voice = await encodeVoice(
    (i) => (level = 0.97 * level + 0.1 * (random() - 0.5)) * (1 + Math.sin(i / 4000)) + 0.2 * Math.sin(i / 40),
    spec.seconds,
    zero,
  );
  const recording = await createMixedRecording({
    zeroUs: zero,
    layout: gridPlan,
    fill: 'hold',
    video: { ...canvas, fps: spec.fps, bitrate: outputBitrate, gopSeconds: 10 },
    audio: { sampleRate: 48_000, channels: 1, bitrate: 64_000 },
    streams: 'audio',
    openWriter: () => ({ writeVideo: drop, writeAudio: drop, cutAt: drop, flush: drop, close: drop }),
  });
  const sinks = Array.from({ length: spec.users }, (_, i) => recording.addSound(`u${i}`, 'main', zero));
  return measure(spec, () => {
    for (const unit of voice) {
      for (const sink of sinks) sink.onAudio(unit);
      recording.advance(wallUs(unit.at + 700_000));
    }
    recording.finish(wallUs(zero + spec.seconds * 1_000_000));
    return 0;
  });
}

function naiveGraph(spec: Case): { graph: FilterGraph; sources: string[] } {
  const pictures = Array.from({ length: spec.users }, (_, i) => ({
    userId: `u${i}`,
    mediaId: 'main' as const,
    order: i,
    hasVideo: true,
  }));
  const cells = layoutPictures(gridPlan, canvas, pictures).map((p) => p.rect);
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

async function naiveEncoder(spec: Case): Promise<CodecContext> {
  const codec = present('x264', Codec.findEncoderByName(FF_ENCODER_LIBX264));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = canvas.width;
  context.height = canvas.height;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.timeBase = new Rational(1, spec.fps);
  context.framerate = new Rational(spec.fps, 1);
  context.gopSize = spec.fps * 10;
  context.bitRate = BigInt(outputBitrate);
  context.threadCount = 0;
  ok('open', await context.open2(codec, Dictionary.fromObject({ preset: 'veryfast' })));
  return context;
}

function naiveDecoder(): CodecContext {
  const codec = present('decoder', Codec.findDecoder(AV_CODEC_ID_H264));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.threadCount = 0;
  ok('open', context.open2Sync(codec, null));
  return context;
}

async function runNaive(spec: Case): Promise<Result> {
  const units = cameras(spec);
  const encoder = await naiveEncoder(spec);
  const { graph, sources } = naiveGraph(spec);
  const decoders = units.map(naiveDecoder);
  const buffers = sources.map((name) => present(name, graph.getFilter(name)));
  const output = present('sink', graph.getFilter('out'));
  const [packet, frame, canvasFrame] = [new Packet(), new Frame(), new Frame()];
  packet.alloc();
  frame.alloc();
  canvasFrame.alloc();
  const shown = units.map(() => 0);
  let drawn = 0;
  let bytes = 0;
  const drain = (): void => {
    while (encoder.receivePacketSync(packet) >= 0) {
      bytes += packet.size;
      packet.unref();
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
    while (output.buffersinkGetFrameSync(canvasFrame) >= 0) {
      canvasFrame.pts = BigInt(drawn);
      canvasFrame.pictType = 0 as typeof canvasFrame.pictType;
      drawn += 1;
      ok('encode', encoder.sendFrameSync(canvasFrame));
      canvasFrame.unref();
      drain();
    }
  };
  return measure(spec, () => {
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
    if (drawn !== spec.seconds * spec.fps) throw new Error(`the naive design drew ${drawn} pictures`);
    return bytes;
  });
}

const runners = { mix: runMix, naive: runNaive, sound: runSound, scenes: encodeScenes } as const;

function inChild(spec: Case): Result {
  const script = new URL(import.meta.url).pathname;
  const output = execFileSync(process.execPath, [script, '--case', JSON.stringify(spec)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output.toString()) as Result;
}

const sd: Source = { name: '360p15', width: 640, height: 360, fps: 15, bitrate: 500_000 };
const hd: Source = { name: '720p25', width: 1280, height: 720, fps: 25, bitrate: 1_500_000 };

/** What is compared: sources, how many, the target in CPU seconds a second, and whether the short run has it. */
const comparisons = [
  [sd, 1, 0.13, true],
  [sd, 4, undefined, false],
  [sd, 9, 0.2, true],
  [sd, 25, 0.3, true],
  [hd, 9, 0.45, true],
  [hd, 25, 0.9, false],
] as const;

interface Effort {
  readonly dir: string;
  readonly seconds: number;
  readonly rounds: number;
}

/** Runs both designs in turn, so that a busy moment of the machine meets both; the medians are compared. */
function compare(source: Source, users: number, target: number | undefined, { dir, seconds, rounds }: Effort): void {
  const spec = { ...source, users, seconds, dir };
  const pairs = Array.from({ length: rounds }, () => ({
    mix: inChild({ design: 'mix', ...spec }),
    naive: inChild({ design: 'naive', ...spec }),
  }));
  const mix = median(pairs.map((pair) => pair.mix.cpu));
  const ratio = median(pairs.map((pair) => pair.mix.cpu / pair.naive.cpu));
  const targetRatio = users >= 9 ? 0.65 : 0.85;
  const last = pairs.at(-1)!;
  const rate = (bytes: number): string => ((bytes * 8) / seconds / 1000).toFixed(0);
  const cells = [
    `${users} × ${source.name}`.padEnd(14),
    mix.toFixed(3),
    (mix / ratio).toFixed(3),
    ratio.toFixed(2),
    target?.toFixed(2) ?? '–   ',
    targetRatio.toFixed(2),
    last.mix.peakMb.toFixed(0),
    rate(last.mix.bytes),
    rate(last.naive.bytes),
  ];
  console.log(cells.join(' | '));
  const figures = { measured: mix, baseline: mix / ratio, targetRatio, ...(target === undefined ? {} : { target }) };
  report({ group: 'mixed', name: `${users} × ${source.name}`, unit: 'CPU s/s', ...figures });
}

function compareSound(effort: Effort): void {
  const spec = { design: 'sound', users: 25, ...sd, seconds: 30, dir: effort.dir } as const;
  const measured = median(Array.from({ length: effort.rounds }, () => inChild(spec).cpu));
  console.log(`sound of 25    | ${measured.toFixed(3)} | –     | –    | 0.04`);
  report({ group: 'mixed', name: 'sound of 25 talkers', unit: 'CPU s/s', measured, target: 0.04 });
}

function main(quick: boolean): void {
  const dir = mkdtempSync(join(tmpdir(), 'roomtape-bench-'));
  const effort = { dir, rounds: quick ? 1 : 3 };
  console.log('CPU seconds per recorded second, canvas 1280×720; naive = xstack + x264 veryfast, default threads\n');
  console.log('sources        | mix   | naive | ratio | target | target ratio | peak MB | kb/s | kb/s naive');
  try {
    for (const source of [sd, hd]) {
      const seconds = (quick ? 4 : 8) / (source === hd ? 2 : 1);
      inChild({ design: 'scenes', ...source, users: 0, seconds, dir });
      for (const [, users, target, short] of comparisons.filter(([one]) => one === source))
        if (short || !quick) compare(source, users, target, { ...effort, seconds });
    }
    compareSound({ ...effort, seconds: 30 });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const caseAt = process.argv.indexOf('--case');
if (caseAt > 0) {
  const spec = JSON.parse(process.argv[caseAt + 1] ?? '{}') as Case;
  console.log(JSON.stringify(await runners[spec.design](spec)));
} else {
  main(process.argv.includes('--quick'));
}
