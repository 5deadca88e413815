import { closeSync, fstatSync, globSync, openSync, readFileSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readRecord, segmentNames, segmentStartMs } from '../../src/segment/recording-folder.ts';
import { readTransport, transportPacketBytes } from '../../src/segment/transport-reader.ts';
import { fromTransport, toTransport, unwrapTransport } from '../../src/segment/transport-time.ts';
import { micros, type WallUs } from '../../src/units.ts';

/** One recording on the spool. */
export interface SpoolFile {
  readonly dir: string;
  /** Empty for a mix. */
  readonly userId: string;
  readonly zeroUs: WallUs;
  readonly epoch: number;
}

/** A picture as it stands in a file. */
export interface FiledPicture {
  readonly ptsUs: number;
  readonly data: Buffer;
}

/** All recordings below a data directory, earlier epochs of a recording before later ones. */
export function spoolFiles(dataDir: string): SpoolFile[] {
  const paths = globSync(join(dataDir, 'spool', '*', '*', '*', 'recording.json'));
  const files = paths.map((path) => {
    const { userId, zeroUs, epoch } = readRecord(dirname(path))!;
    return { dir: dirname(path), userId, zeroUs, epoch };
  });
  return files.toSorted((a, b) => a.epoch - b.epoch);
}

const near = (name: string, zeroUs: WallUs): number => toTransport(micros((segmentStartMs(name) ?? 0) * 1000 - zeroUs));

/** Every whole picture of a recording in file order; `data` holds until the iteration goes on. */
export function* picturesOf({ dir, zeroUs }: SpoolFile): Generator<FiledPicture> {
  for (const name of segmentNames(dir))
    for (const { kind, complete, pts, data } of readTransport(readFileSync(join(dir, name))))
      if (kind === 'video' && complete) yield { ptsUs: fromTransport(unwrapTransport(pts, near(name, zeroUs))), data };
}

/** Enough for the beginning of the last picture of any file here. */
const TAIL_BYTES = 350 * transportPacketBytes;

/** Wall time of the newest picture on the disk, in microseconds; undefined while there is none. */
export function newestPicture({ dir, zeroUs }: SpoolFile): number | undefined {
  const name = segmentNames(dir).at(-1);
  if (name === undefined) return undefined;
  const times = [...readTransport(tailOf(join(dir, name)))]
    .filter(({ kind }) => kind === 'video')
    .map(({ pts }) => zeroUs + fromTransport(unwrapTransport(pts, near(name, zeroUs))));
  return times.length > 0 ? Math.max(...times) : undefined;
}

function tailOf(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const whole = Math.floor(fstatSync(file).size / transportPacketBytes) * transportPacketBytes;
    const tail = Buffer.alloc(Math.min(whole, TAIL_BYTES));
    readSync(file, tail, 0, tail.length, whole - tail.length);
    return tail;
  } finally {
    closeSync(file);
  }
}
