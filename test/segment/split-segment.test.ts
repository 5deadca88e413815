import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { FormatContext } from 'node-av/lib';
import { openSegmentWriter } from '../../src/segment/hls-writer.ts';
import { splitSegment } from '../../src/segment/split-segment.ts';
import { segmentNames } from '../../src/segment/recording-folder.ts';
import type { ElementaryPacket } from '../../src/segment/transport-reader.ts';
import { micros } from '../../src/units.ts';
import { tone } from '../codec/sound.ts';
import { packetsOf, withFile, type FilePacket } from '../kit/media-file.ts';
import { camera } from '../single/pictures.ts';
import { at, play, record, tempDir, voice, zero } from '../single/recorder-kit.ts';
import { packetsOfFile } from './segment-kit.ts';

/** Segments of a recording of 12 s with both media, from `fromMs` behind its zero. */
async function recorded(t: TestContext, fromMs = 0): Promise<string[]> {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  const units = [
    ...(await camera({ from: at(fromMs), count: 300, noise: true, bitrate: 800_000 })),
    ...(await voice(tone(500), fromMs, 600)),
  ];
  await play(recording, units, fromMs + 12_200, fromMs);
  recording.close();
  return segmentNames(dir).map((name) => join(dir, name));
}

/** Writes both halves beside the segment; both must be there. */
function splitFile(path: string): { audio: string; video: string } {
  const { audio, video } = splitSegment(readFileSync(path));
  assert.ok(audio && video);
  const paths = { audio: `${path}.audio`, video: `${path}.video` };
  writeFileSync(paths.audio, audio);
  writeFileSync(paths.video, video);
  return paths;
}

/** A packet without its place in the file. */
const bare = ({ pts, dts, data, complete, afterLoss }: ElementaryPacket): unknown => ({
  pts,
  dts,
  data,
  complete,
  afterLoss,
});

const kindsOf = (format: FormatContext): ('audio' | 'video')[] =>
  format.streams.map(({ codecpar }) => (codecpar.width > 0 ? 'video' : 'audio'));

/** Packets of one medium as libav's demuxer gives them, as streams of their own. */
const demuxed = (path: string, media: 'audio' | 'video'): Promise<FilePacket[]> =>
  withFile(path, (format) => {
    const kinds = kindsOf(format);
    const packets = [...packetsOf(format)].filter(({ stream }) => kinds[stream] === media);
    return packets.map((packet) => ({ ...packet, stream: 0 }));
  });

const streamsOf = (path: string): Promise<string[]> => withFile(path, kindsOf);

/** Clock references of a file: the packet identifiers that carry them. */
function clockPids(bytes: Buffer): Set<number> {
  const pids = new Set<number>();
  for (let p = 0; p < bytes.length; p += 188) {
    const adaptation = (bytes[p + 3]! & 0x20) !== 0 && bytes[p + 4]! > 0;
    if (adaptation && bytes[p + 5]! & 0x10) pids.add(bytes.readUInt16BE(p + 1) & 0x1fff);
  }
  return pids;
}

test('each half has one medium with the packets, stamps and key frames of the whole', async (t) => {
  const segments = await recorded(t);
  assert.ok(segments.length >= 2);
  for (const path of segments) {
    const halves = splitFile(path);
    for (const media of ['audio', 'video'] as const) {
      assert.deepEqual(await streamsOf(halves[media]), [media]);
      const [whole, half] = [await demuxed(path, media), await demuxed(halves[media], media)];
      assert.ok(whole.length > 20);
      assert.deepEqual(half, whole);
      const pes = packetsOfFile(path).filter(({ kind }) => kind === media);
      assert.deepEqual(packetsOfFile(halves[media]).map(bare), pes.map(bare));
      const bytes = readFileSync(halves[media]);
      assert.equal(bytes.readUInt16BE(1) & 0x1fff, 0x11, 'the tables come first');
      assert.deepEqual(clockPids(bytes), new Set([media === 'video' ? 0x100 : 0x101]));
    }
    const keys = (await demuxed(halves.video, 'video')).filter(({ key }) => key);
    assert.ok(keys.length > 0);
  }
});

test('halves of segments in a row are one stream to a demuxer', async (t) => {
  const segments = await recorded(t);
  const whole = join(tempDir(t), 'whole.ts');
  for (const media of ['audio', 'video'] as const) {
    writeFileSync(whole, Buffer.concat(segments.map((path) => readFileSync(splitFile(path)[media]))));
    const apart = await Promise.all(segments.map((path) => demuxed(`${path}.${media}`, media)));
    const times = (packets: FilePacket[]): number[] => packets.map(({ ptsUs }) => Math.round(ptsUs));
    assert.deepEqual(times(await demuxed(whole, media)), times(apart.flat()));
  }
});

test('a segment across the 33-bit wrap of its stamps', async (t) => {
  // 2^33 ticks of 90 kHz are 95 443.7 s; ten seconds of them lie before the zero.
  const [first] = await recorded(t, 95_430_000);
  const halves = splitFile(first!);
  for (const media of ['audio', 'video'] as const) {
    const stamps = (path: string): number[][] =>
      packetsOfFile(path)
        .filter(({ kind }) => kind === media)
        .map(({ pts, dts }) => [pts, dts]);
    assert.deepEqual(stamps(halves[media]), stamps(first!));
    const [low, high] = [stamps(first!).at(-1)![0]!, stamps(first!)[0]![0]!];
    assert.ok(low < high, 'the stamps wrap');
  }
});

test('a segment with one medium, with pictures shown in another order, and one cut short', async (t) => {
  const dir = tempDir(t);
  const writer = openSegmentWriter({ dir, zeroUs: zero, identity: { userId: 'u', mediaId: 'main', epoch: 1 } });
  const units = await camera({ from: zero, count: 75, bFrames: 2, gop: 100 });
  const shown = units.map((unit) => unit.at).sort((a, b) => a - b);
  for (const [k, { at: time, key, data }] of units.entries()) {
    const [pts, dts] = [micros(time - zero), micros(shown[k]! - zero - 80_000)];
    writer.writeVideo({ pts, dts, duration: micros(40_000), key, data });
  }
  writer.close();
  const path = join(dir, segmentNames(dir)[0]!);
  const { audio, video } = splitSegment(readFileSync(path));
  assert.equal(audio, undefined);
  writeFileSync(join(dir, 'video'), video!);
  assert.deepEqual(await demuxed(join(dir, 'video'), 'video'), await demuxed(path, 'video'));
  assert.deepEqual(splitSegment(Buffer.alloc(0)), { audio: undefined, video: undefined });
  assert.deepEqual(splitSegment(Buffer.alloc(188 * 3, 0x47)), { audio: undefined, video: undefined });
  const bytes = readFileSync(path);
  writeFileSync(join(dir, 'cut'), splitSegment(bytes.subarray(0, bytes.length - 188)).video!);
  assert.equal((await demuxed(join(dir, 'cut'), 'video')).length, 74);
});
