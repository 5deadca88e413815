/** What finishing needs to know of a picture in Annex B (ITU-T H.264 §7.3.1, Table 7-1). */
export interface AccessUnit {
  /** The picture without the delimiter that transport streams put in front of it. */
  readonly data: Buffer;
  readonly key: boolean;
  /** SPS and PPS with their start codes; undefined when the picture has no SPS. A view of the input or a copy. */
  readonly parameterSets: Buffer | undefined;
}

const startCode = Buffer.of(0, 0, 1);
const idr = 5;
const sps = 7;
const pps = 8;
const delimiter = 9;

/** Reads the NAL units up to the first slice; the slices' own bytes are not looked at. */
export function readAccessUnit(unit: Buffer): AccessUnit {
  const sets: Buffer[] = [];
  let hasSps = false;
  let begin = 0;
  for (let at = unit.indexOf(startCode); at >= 0;) {
    const type = unit[at + 3]! & 31;
    if (type >= 1 && type <= idr) return result(unit, begin, type === idr, hasSps ? sets : undefined);
    const next = unit.indexOf(startCode, at + 3);
    const end = next < 0 ? unit.length : next - (unit[next - 1] === 0 ? 1 : 0);
    if (type === delimiter && sets.length === 0) begin = end;
    if (type === sps || type === pps) sets.push(unit.subarray(unit[at - 1] === 0 ? at - 1 : at, end));
    hasSps ||= type === sps;
    at = next;
  }
  return result(unit, begin, false, hasSps ? sets : undefined);
}

const result = (unit: Buffer, begin: number, key: boolean, sets: Buffer[] | undefined): AccessUnit => ({
  data: begin === 0 ? unit : unit.subarray(begin),
  key,
  parameterSets: sets && Buffer.concat(sets),
});
