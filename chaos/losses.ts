import { pictureInstant } from '../src/synthetic/capture-grid.ts';
import { wallUs, type WallUs } from '../src/units.ts';

/** A span of the camera's time of which a file has no picture. Instants are those of the first and last missing picture. */
export interface Loss {
  readonly from: WallUs;
  readonly to: WallUs;
  readonly seconds: number;
}

/** Fewer pictures in a row than this are left out by a mixer whose grid is not the camera's, or are misread. */
const FEWEST = 3;

/** Runs of pictures that are missing between the first and the last of sorted picture numbers. */
export function lossesIn(numbers: readonly number[], fps: number): Loss[] {
  const losses: Loss[] = [];
  for (const [index, number] of numbers.entries()) {
    const before = numbers[index - 1];
    if (before === undefined || number - before - 1 < FEWEST) continue;
    losses.push({
      from: pictureInstant(fps, before + 1),
      to: pictureInstant(fps, number - 1),
      seconds: (number - before - 1) / fps,
    });
  }
  return losses;
}

/** A moment at which something was done to the server, and what of it ends with the next one. */
export interface Blow {
  readonly at: WallUs;
}

/** What was written shortly before a blow may be lost with it. */
const REACH_US = 3_000_000;

/** Seconds lost by each blow: of each run, to the last blow that came before its end, with some reach backwards. */
export function lossesByBlow(losses: readonly Loss[], blows: readonly Blow[]): number[] {
  const seconds = blows.map(() => 0);
  for (const loss of losses) {
    const index = blows.findLastIndex(({ at }) => wallUs(at - REACH_US) <= loss.from);
    if (index >= 0) seconds[index]! += loss.seconds;
  }
  return seconds;
}
