import { AV_CODEC_ID_H264, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { annexBUnits } from '../../src/synthetic/annex-b.ts';
import { packetsOf, withFile } from './media-file.ts';

/** One coded picture of a file, as NAL units without start codes or lengths. */
export interface AccessUnit {
  readonly ptsUs: number;
  readonly key: boolean;
  readonly nals: readonly Uint8Array[];
}

/** The H.264 pictures of a file in coding order, read from MP4 (lengths) or TS and raw streams (start codes). */
export async function nalUnits(path: string): Promise<AccessUnit[]> {
  return withFile(path, (format) => {
    const stream = format.streams.find(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_VIDEO);
    if (stream?.codecpar.codecId !== AV_CODEC_ID_H264) throw new Error(`${path} has no H.264.`);
    // An avcC record begins with version 1 (ISO/IEC 14496-15 §5.3.3); its fifth byte ends in the length size less one.
    const config = stream.codecpar.extradata;
    const lengthSize = config?.[0] === 1 ? (config[4]! & 3) + 1 : undefined;
    const units: AccessUnit[] = [];
    for (const { stream: index, ptsUs, key, data } of packetsOf(format))
      if (index === stream.index)
        units.push({
          ptsUs: Math.round(ptsUs),
          key,
          nals: lengthSize === undefined ? annexBUnits(data) : byLength(data, lengthSize),
        });
    return units;
  });
}

function byLength(data: Buffer, lengthSize: number): Uint8Array[] {
  const nals: Uint8Array[] = [];
  for (let at = 0; at + lengthSize < data.length;) {
    const length = data.readUIntBE(at, lengthSize);
    nals.push(data.subarray(at + lengthSize, at + lengthSize + length));
    at += lengthSize + length;
  }
  return nals;
}

/** NAL unit type (ITU-T H.264 §7.4.1). */
export const nalType = (nal: Uint8Array): number => nal[0]! & 0x1f;

/** Slices alone: what must come through byte by byte, whatever a container does with parameter sets and delimiters. */
export const slicesOf = (units: readonly AccessUnit[]): Uint8Array[] =>
  units.flatMap(({ nals }) => nals.filter((nal) => nalType(nal) === 1 || nalType(nal) === 5));

/** Position at which `part` stands in `whole` as one unbroken run of equal units, or -1. */
export function runWithin(whole: readonly Uint8Array[], part: readonly Uint8Array[]): number {
  if (part.length === 0) return -1;
  for (let at = 0; at + part.length <= whole.length; at += 1)
    if (part.every((nal, index) => Buffer.compare(nal, whole[at + index]!) === 0)) return at;
  return -1;
}
