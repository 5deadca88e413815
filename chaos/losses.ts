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

/** Sound comes and goes with the pictures, but neither to the picture nor at a whole second. */
const AROUND_US = 1_500_000;

/** Whole seconds of the epoch in a file whose beep is missing though no picture is missing around them. */
export function muteSeconds(numbers: readonly number[], beeps: readonly number[], fps: number): number[] {
  const [first, last] = [numbers[0], numbers.at(-1)];
  if (first === undefined || last === undefined) return [];
  const heard = new Set(beeps);
  const losses = lossesIn(numbers, fps);
  const from = Math.ceil((pictureInstant(fps, first) + AROUND_US) / 1_000_000);
  const to = Math.floor((pictureInstant(fps, last) - AROUND_US) / 1_000_000);
  const seconds = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
  const spared = (second: number): boolean =>
    losses.some((loss) => loss.from - AROUND_US <= second * 1_000_000 && second * 1_000_000 <= loss.to + AROUND_US);
  return seconds.filter((second) => !heard.has(second) && !spared(second));
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
