import { wallUs, type WallUs } from '../units.ts';

/** Length of one Opus packet. */
export const SOUND_FRAME_US = 20_000;

/**
 * Instant of the picture with this number since the epoch. Pictures stand on a grid that begins anew each whole second,
 * so that a picture falls exactly on the flash; numbers are absolute, nothing is accumulated. `fps` is whole.
 */
export function pictureInstant(fps: number, index: number): WallUs {
  const second = Math.floor(index / fps);
  return wallUs(second * 1_000_000 + Math.round(((index - second * fps) * 1_000_000) / fps));
}

/** Number of the first picture at or after an instant. */
export function firstPictureFrom(fps: number, at: WallUs): number {
  const second = Math.floor(at / 1_000_000);
  let index = second * fps + Math.floor(((at - second * 1_000_000) * fps) / 1_000_000);
  while (pictureInstant(fps, index) < at) index += 1;
  return index;
}

/** Instant at which the sound frame of this number begins. */
export const soundInstant = (index: number): WallUs => wallUs(index * SOUND_FRAME_US);

/** Number of the first sound frame that begins at or after an instant. */
export const firstSoundFrom = (at: WallUs): number => Math.ceil(at / SOUND_FRAME_US);
