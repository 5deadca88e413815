import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { Mp4Muxer } from '../../src/finish/mp4-muxer.ts';
import { annexBUnits } from '../../src/synthetic/annex-b.ts';
import type { VideoUnit } from '../../src/timeline/media.ts';
import { meetingScene } from '../../test/mixed/meeting-scene.ts';
import { asUnits, encodePictures, type CodedPicture } from '../../test/mixed/synthetic-media.ts';
import { zero, type MixCase } from './mix-case.ts';

/** Three cameras are enough: every source has a decoder of its own whatever it shows. */
const SCENES = 3;
/** The second half repeats the first: painting cameras costs more than anything that is measured with them. */
const REPEATS = 2;

const unitsFile = ({ dir, name }: MixCase): string => join(dir, `${name}.scenes`);

/** The same pictures as a file for programs that read files. */
export const sceneFile = ({ dir, name }: MixCase, user: number): string => join(dir, `${name}-${user % SCENES}.mp4`);

/** Codes the cameras of a source, as units for our designs and as MP4 for the others. */
export async function makeScenes(spec: MixCase): Promise<void> {
  const { width, height, fps, bitrate } = spec;
  const count = (spec.seconds * fps) / REPEATS;
  const scenes: CodedPicture[][] = [];
  for (let seed = 0; seed < SCENES; seed++) {
    const colour = meetingScene(width, height, seed);
    const once = await encodePictures({ width, height, fps, bitrate, count, preset: 'veryfast', colour });
    const pictures = Array.from({ length: REPEATS }, () => once).flat();
    scenes.push(pictures);
    writeMp4(sceneFile(spec, seed), spec, pictures);
  }
  writeFileSync(unitsFile(spec), serialize(scenes));
}

/** The cameras of all users, each picture at its time. */
export function camerasOf(spec: MixCase): VideoUnit[][] {
  const scenes = deserialize(readFileSync(unitsFile(spec))) as CodedPicture[][];
  return Array.from({ length: spec.users }, (_, i) => asUnits(scenes[i % scenes.length] ?? [], zero, spec.fps));
}

function writeMp4(path: string, { width, height, fps, seconds }: MixCase, pictures: readonly CodedPicture[]): void {
  const parameterSets = parameterSetsOf(pictures[0]!);
  const muxer = new Mp4Muxer(path, {
    video: { parameterSets, width, height },
    audio: undefined,
    spanUs: seconds * 1_000_000,
  });
  const ticks = 90_000 / fps;
  pictures.forEach(({ key, data }, i) => {
    muxer.holdVideo({ pts: i * ticks, dts: i * ticks, key, data, newParameterSets: undefined });
    muxer.releaseVideo(ticks);
  });
  muxer.finish();
}

function parameterSetsOf({ data }: CodedPicture): Buffer {
  const sets = annexBUnits(data).filter((unit) => [7, 8].includes(unit[0]! & 31));
  return Buffer.concat(sets.flatMap((set) => [Uint8Array.of(0, 0, 0, 1), set]));
}
