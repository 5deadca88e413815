import { AV_FRAME_FLAG_CORRUPT } from 'node-av/constants';
import { findBeeps } from '../test/kit/flash-beep.ts';
import { eachFrame, probeFile } from '../test/kit/media-file.ts';
import { decodeAudio } from '../test/kit/sound-track.ts';
import { wallUs, type WallUs } from '../src/units.ts';
import type { Announced } from './shelf.ts';
import type { Camera, ClockReader } from './clock-reader.ts';

/** What is in a finished file of one camera, every picture and sound of it decoded. */
export interface SeenFile {
  /** Numbers of the camera's pictures, rising, each once. */
  readonly numbers: readonly number[];
  /** Decoded pictures, and those of them on which no clock could be read. */
  readonly pictures: number;
  readonly unread: number;
  /** Pictures that the decoder had to make up in part. */
  readonly damaged: number;
  /** Whole seconds of the epoch whose beep is heard. */
  readonly beeps: readonly number[];
  /** Whether the beginning of its times is known. */
  readonly timed: boolean;
  /** How far pictures stand from where their clock says, in seconds; worst amount. */
  readonly misplaced: number;
}

/** Frequency of the cameras' beeps. */
const BEEP_HZ = 1000;
/** A beep that is not there within this of its second is not heard. */
const NEAR_US = 300_000;

/** Decodes all of a file that begins at a wall time. Rejects when it does not play: no pictures, no sound, or a fault of decoding. */
export async function seeFile(
  path: string,
  { startMs, timed }: Pick<Announced, 'startMs' | 'timed'>,
  reader: ClockReader,
  camera: Camera,
): Promise<SeenFile> {
  const { video, audio } = await probeFile(path);
  if (!video || !audio) throw new Error(`${video ? 'no sound' : 'no pictures'} in the file`);
  const start = wallUs(startMs * 1000);
  const seen = new Set<number>();
  let pictures = 0;
  let unread = 0;
  let damaged = 0;
  let misplaced = 0;
  await eachFrame(path, 'video', (frame, ptsUs) => {
    pictures += 1;
    if (frame.decodeErrorFlags !== 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT) !== 0) damaged += 1;
    const at = wallUs(start + ptsUs);
    const number = reader.read(frame, at);
    if (number === undefined) unread += 1;
    else if (!seen.has(number)) {
      seen.add(number);
      misplaced = Math.max(misplaced, Math.abs(at / 1_000_000 - number / camera.fps));
    }
  });
  if (pictures === 0) throw new Error('no picture of the file can be decoded');
  const numbers = [...seen].sort((a, b) => a - b);
  return { numbers, pictures, unread, damaged, beeps: await beepsOf(path, start), misplaced, timed };
}

async function beepsOf(path: string, start: WallUs): Promise<number[]> {
  const seconds = new Set<number>();
  for (const { onsetUs } of findBeeps(await decodeAudio(path), BEEP_HZ)) {
    const second = Math.round((start + onsetUs) / 1_000_000);
    if (Math.abs(start + onsetUs - second * 1_000_000) <= NEAR_US) seconds.add(second);
  }
  return [...seconds].sort((a, b) => a - b);
}
