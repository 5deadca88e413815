import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finishHere } from '../src/finish/finish-here.ts';
import type { Deliver } from '../src/deliver/deliverer.ts';
import type { FinishRequest } from '../src/finish/finish-request.ts';
import { hashFile, publishFile } from '../src/finish/publish.ts';
import { createSegmentWriter } from '../src/segment/hls-writer.ts';
import { createSingleRecording } from '../src/single/single-recording.ts';
import type { AudioUnit, VideoUnit } from '../src/timeline/media.ts';
import { micros, toWallMs, wallUs, type WallUs } from '../src/units.ts';
import { opusPackets } from '../test/codec/sound.ts';
import { camera } from '../test/single/pictures.ts';
import { baselineRecording } from './single-baseline.ts';

// CPU per recorded second of one 720p25 stream at 1.5 Mb/s with mono Opus, against a straightforward recorder in the
// same run; and CPU per gigabyte of making the MP4. Targets: docs of the media engine (0.005 talking, 0.001 muted).
const zero = wallUs(1_700_000_000_000_000);
const seconds = 60;
const dir = mkdtempSync(join(tmpdir(), 'roomtape-bench-'));

const at = (us: number): WallUs => wallUs(zero + us);

/** Repeats ten seconds of media to the length wanted. */
function repeated<T extends { at: WallUs }>(units: readonly T[], length: number): T[] {
  const rounds = Math.ceil(length / 10);
  return Array.from({ length: rounds }, (_, k) =>
    units.map((unit) => ({ ...unit, at: wallUs(unit.at + k * 10e6) })),
  ).flat();
}

async function speech(level: number): Promise<AudioUnit[]> {
  // Harmonics of 120 Hz in syllables: what a voice costs an encoder, pure tones and noise cost more.
  const voice = (n: number): number => {
    if (level === 127) return 0;
    let sum = 0;
    for (let h = 1; h < 20; h += 1) sum += Math.sin((2 * Math.PI * 120 * h * n) / 48_000) / (h * h);
    return 0.2 * sum * Math.max(0, Math.sin((2 * Math.PI * 2.5 * n) / 48_000));
  };
  const coded = await opusPackets(voice, 500);
  return repeated(
    coded.map((data, k) => ({ at: at(k * 20_000), samples: 960, data, level })),
    seconds,
  );
}

async function cpu(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

let folder = 0;

async function recordOnce(
  pictures: readonly VideoUnit[],
  sound: readonly AudioUnit[],
  streams: 'audio-video' | 'video',
): Promise<number> {
  const recording = await createSingleRecording({
    dir: join(dir, `${(folder += 1)}`),
    zeroUs: zero,
    identity: { userId: 'bench', mediaId: 'main', epoch: 1 },
    streams,
    audio: { sampleRate: 48000, channels: 1, bitrate: 64_000 },
    fill: 'hold',
    requestKeyFrame: () => {},
  });
  const used = await cpu(async () => {
    let [p, s] = [0, 0];
    for (let us = 0; us < seconds * 1e6; us += 20_000) {
      while (pictures[p] && pictures[p]!.at <= at(us)) recording.onVideo(pictures[p++]!);
      while (sound[s] && sound[s]!.at <= at(us)) recording.onAudio(sound[s++]!);
      if (us % 100_000 === 0) recording.advance(at(us));
    }
    recording.finish(at(seconds * 1e6));
  });
  return used / seconds;
}

async function best(work: () => Promise<number>): Promise<number> {
  const runs: number[] = [];
  for (let k = 0; k < 3; k += 1) runs.push(await work());
  return Math.min(...runs);
}

async function benchRecording(): Promise<void> {
  const noisy = { from: zero, count: 250, width: 1280, height: 720, gop: 250, bitrate: 1_500_000 };
  const pictures = repeated(await camera({ ...noisy, noise: true }), seconds);
  const bytes = pictures.reduce((sum, unit) => sum + unit.data.length, 0);
  const [talking, muted] = [await speech(20), await speech(127)];
  const baseline = await best(
    async () => (await cpu(() => baselineRecording(join(dir, 'base.ts'), pictures, talking))) / seconds,
  );
  const rows = [
    ['baseline (async, default coder)', baseline, undefined],
    ['single, talking', await best(() => recordOnce(pictures, talking, 'audio-video')), 0.005],
    ['single, muted', await best(() => recordOnce(pictures, muted, 'audio-video')), 0.001],
    ['single, no sound sent', await best(() => recordOnce(pictures, [], 'audio-video')), 0.001],
    ['video only', await best(() => recordOnce(pictures, [], 'video')), 0.0005],
  ] as const;
  console.log(`720p25, ${((bytes * 8) / seconds / 1e6).toFixed(2)} Mb/s, CPU seconds per recorded second:`);
  for (const [name, value, target] of rows) {
    const wanted = target === undefined ? '' : `  target ${target}`;
    console.log(`  ${name.padEnd(32)} ${value.toFixed(5)}  ratio ${(value / baseline).toFixed(2)}${wanted}`);
  }
}

async function benchFinishing(): Promise<void> {
  const length = 400;
  const pictures = await camera({
    from: zero,
    count: 50,
    width: 1280,
    height: 720,
    noise: true,
    bitrate: 6_000_000,
    gop: 50,
  });
  const spool = join(dir, 'finish');
  const writer = await createSegmentWriter({
    dir: spool,
    zeroUs: zero,
    identity: { userId: 'b', mediaId: 'main', epoch: 1 },
  });
  for (let n = 0; n < length * 25; n += 1) {
    const { key, data } = pictures[n % 50]!;
    const pts = micros(n * 40_000);
    writer.writeVideo({ pts, dts: pts, duration: micros(40_000), key, data });
  }
  writer.close();
  const root = join(dir, 'library');
  const path = join(root, 'out.mp4');
  const request: FinishRequest = {
    dirs: [spool],
    container: 'mp4',
    nameStem: 'out',
    fileId: '1',
    limits: { durationMs: 86_400_000, bytes: 2e9 },
    tempDir: join(root, 'unfinished'),
    attempt: 'e1-1',
    mediaId: 'main',
    separateMedia: false,
    target: { kind: 'library', root, subAppId: 1 },
    startMs: toWallMs(zero),
    endMs: toWallMs(at(length * 1e6)),
  };
  let size = 0;
  const deliver: Deliver = async (part) => {
    await publishFile(part.path, path);
    return { fileId: '1' };
  };
  const used = await cpu(async () => {
    const [part] = await finishHere(request, deliver, new AbortController().signal);
    size = part?.sizeBytes ?? 0;
  });
  const hash = await cpu(async () => void (await hashFile(path)));
  const perGb = (value: number): string => ((value / size) * 1e9).toFixed(2);
  const rss = (process.resourceUsage().maxRSS / 1024).toFixed(0);
  console.log(
    `finishing ${(size / 1e6).toFixed(0)} MB: ${perGb(used)} CPU-s/GB, of it hashing ${perGb(hash)}; target 3; peak ${rss} MB here`,
  );
}

await benchRecording();
await benchFinishing();
rmSync(dir, { recursive: true, force: true });
