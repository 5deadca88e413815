import { readFile } from 'node:fs/promises';
import { readAccessUnit } from '../timeline/access-unit.ts';
import { adtsFrames } from '../segment/adts.ts';
import type { TrackType } from '../segment/recording-folder.ts';
import { readTransport } from '../segment/transport-reader.ts';
import { parseSps } from '../timeline/sps.ts';

/** What segments really have in them, whatever was promised. */
export interface RecordedFacts {
  readonly sound: boolean;
  /** Pixels of the first picture that can be decoded. */
  readonly picture: { readonly width: number; readonly height: number } | undefined;
}

/** Reads segments from the first on until everything that their record promises was found. */
export async function recordedFacts(paths: readonly string[], promised: TrackType): Promise<RecordedFacts> {
  let facts: RecordedFacts = { sound: false, picture: undefined };
  for (const path of paths) {
    facts = factsOf(await readFile(path), facts);
    if ((facts.sound || promised === 'video') && (facts.picture || promised === 'audio')) break;
  }
  return facts;
}

function factsOf(bytes: Buffer, before: RecordedFacts): RecordedFacts {
  let { sound, picture } = before;
  for (const { kind, complete, data } of readTransport(bytes)) {
    if (!complete) continue;
    if (kind === 'audio') sound ||= !adtsFrames(data).next().done;
    else picture ??= pictureOf(data);
    if (sound && picture) break;
  }
  return { sound, picture };
}

function pictureOf(data: Buffer): RecordedFacts['picture'] {
  const { key, sps } = readAccessUnit(data);
  const size = key && sps ? parseSps(sps) : undefined;
  return size && { width: size.width, height: size.height };
}
