import { readFileSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { annexBUnits } from '../../src/synthetic/annex-b.ts';
import { h264Payloads } from '../../src/synthetic/payloads.ts';
import { meetingScene, randomFrom } from '../../test/mixed/meeting-scene.ts';
import { encodePictures, encodeVoice, type Voice } from '../../test/mixed/synthetic-media.ts';
import { zero, type Source } from '../mixed/mix-case.ts';
import type { LoadMedia } from '../rooms/load-media.ts';

/** Length of what a camera shows and says, before it begins anew with a key frame. */
export const LOOP_SECONDS = 4;

/** One camera and its voice, coded: Annex B pictures, the first a key frame, and Opus packets of 20 ms. */
export interface Camera {
  readonly fps: number;
  readonly pictures: readonly Uint8Array[];
  readonly sounds: readonly Uint8Array[];
  readonly silence: readonly Uint8Array[];
}

/** Codes a camera in a meeting and the voice of its user, and keeps them in a file for other processes. */
export async function makeCamera(path: string, source: Source): Promise<Camera> {
  const { fps, bitrate } = source;
  const [sounds, silence] = [await voice(), await opusOf(() => 0)];
  const coded = async (asked: number): Promise<Camera> => ({
    fps,
    pictures: await pictures(source, asked),
    sounds,
    silence,
  });
  // Over so short a loop the rate control stays below what it was asked for: the second time it is asked for more.
  const camera = await coded((bitrate * bitrate) / rateOf(await coded(bitrate)));
  writeFileSync(path, serialize(camera));
  return camera;
}

async function pictures({ width, height, fps }: Source, bitrate: number): Promise<Uint8Array[]> {
  const spec = { width, height, fps, bitrate, count: fps * LOOP_SECONDS, preset: 'veryfast' };
  const coded = await encodePictures({ ...spec, bitrate: Math.round(bitrate), colour: meetingScene(width, height, 1) });
  return coded.map(({ data }) => data);
}

function voice(): Promise<Uint8Array[]> {
  const random = randomFrom(7);
  let breath = 0;
  const sample = (i: number): number => {
    breath = 0.97 * breath + 0.1 * (random() - 0.5);
    return breath * (1 + Math.sin(i / 4000)) + 0.2 * Math.sin(i / 40);
  };
  return opusOf(sample);
}

async function opusOf(sample: Voice): Promise<Uint8Array[]> {
  return (await encodeVoice(sample, LOOP_SECONDS, zero)).map(({ data }) => data);
}

/** Reads a camera's file. */
export const readCamera = (path: string): Camera => deserialize(readFileSync(path)) as Camera;

/** Bits per second of the pictures. */
export const rateOf = ({ pictures }: Camera): number =>
  (pictures.reduce((sum, { length }) => sum + length, 0) * 8) / LOOP_SECONDS;

/** The camera in packets, as a publisher sends it who talks all the time or never. */
export const asMedia = ({ fps, pictures, sounds, silence }: Camera, muted: boolean): LoadMedia => ({
  video: { steps: pictures.map((data) => h264Payloads(data)), perSecond: fps, clockRate: 90_000, marks: true },
  sound: {
    steps: (muted ? silence : sounds).map((data) => [data]),
    perSecond: 50,
    clockRate: 48_000,
    marks: false,
    ...(muted ? { level: 127 } : {}),
  },
});

/** Last slice of each picture: what a file must have at the end of the picture, byte by byte. */
export const lastSlices = ({ pictures }: Camera): Uint8Array[] => pictures.map((data) => annexBUnits(data).at(-1)!);
