import { picturesOf, type FiledPicture, type SpoolFile } from './spool-files.ts';

/** What of the pictures that were sent is in a file. */
export interface Found {
  readonly sent: number;
  readonly recorded: number;
  readonly lost: number;
  /** Pictures that nobody sent. */
  readonly foreign: number;
  /** Longest step between the times of two pictures, in milliseconds. */
  readonly longestStepMs: number;
}

const endsIn = (data: Buffer, slice: Uint8Array): boolean =>
  data.length > slice.length && data.subarray(data.length - slice.length).equals(slice);

function* picturesOfAll(files: readonly SpoolFile[]): Generator<FiledPicture> {
  for (const file of files) yield* picturesOf(file);
}

/**
 * Looks for each picture sent, byte by byte and in order, in a user's files (more than one when another recorder went on):
 * `slices` is the loop that the publisher went round in.
 */
export function compareSent(files: readonly SpoolFile[], slices: readonly Uint8Array[], sent: number): Found {
  let [next, recorded, foreign, longest, before] = [0, 0, 0, 0, Number.NaN];
  for (const { ptsUs, data } of picturesOfAll(files)) {
    const ahead = slices.findIndex((_, i) => endsIn(data, slices[(next + i) % slices.length]!));
    if (ahead < 0) foreign += 1;
    else {
      recorded += 1;
      next += ahead + 1;
    }
    longest = Math.max(longest, ptsUs - before || 0);
    before = ptsUs;
  }
  return { sent, recorded, lost: sent - recorded, foreign, longestStepMs: longest / 1000 };
}

/** What of the pictures that a mix owes from its first to its last is in its file. */
export function comparePace(file: SpoolFile, fps: number): Found {
  const times = [...picturesOf(file)].map(({ ptsUs }) => ptsUs).sort((a, b) => a - b);
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const sent = times.length === 0 ? 0 : Math.round((span * fps) / 1_000_000) + 1;
  const longest = times.reduce((most, at, i) => Math.max(most, at - (times[i - 1] ?? at)), 0);
  return { sent, recorded: times.length, lost: sent - times.length, foreign: 0, longestStepMs: longest / 1000 };
}

/** The figures of several files as one. */
export const together = (found: readonly Found[]): Found => ({
  sent: found.reduce((sum, one) => sum + one.sent, 0),
  recorded: found.reduce((sum, one) => sum + one.recorded, 0),
  lost: found.reduce((sum, one) => sum + one.lost, 0),
  foreign: found.reduce((sum, one) => sum + one.foreign, 0),
  longestStepMs: Math.max(0, ...found.map((one) => one.longestStepMs)),
});
