/** What is looked at of a coded picture in Annex B (ITU-T H.264 §7.3.1, Table 7-1). */
export interface AccessUnit {
  /** The picture without the delimiter that transport streams put in front of it. */
  readonly data: Buffer;
  readonly key: boolean;
  /** SPS and PPS with their start codes; undefined when the picture has no SPS. A view of the input or a copy. */
  readonly parameterSets: Buffer | undefined;
  /** The first SPS without start code; a view of the input. */
  readonly sps: Buffer | undefined;
}

const startCode = Buffer.of(0, 0, 1);
const nalType = { idr: 5, sps: 7, pps: 8, delimiter: 9 } as const;

/** Reads the NAL units up to the first slice; the slices' own bytes are not looked at. */
export function readAccessUnit(unit: Buffer): AccessUnit {
  const sets: Buffer[] = [];
  let sps: Buffer | undefined;
  let begin = 0;
  for (let at = unit.indexOf(startCode); at >= 0;) {
    const type = unit[at + 3]! & 31;
    if (type >= 1 && type <= nalType.idr) return result(unit, begin, type === nalType.idr, sets, sps);
    const next = unit.indexOf(startCode, at + 3);
    const end = next < 0 ? unit.length : next - (unit[next - 1] === 0 ? 1 : 0);
    if (type === nalType.delimiter && sets.length === 0) begin = end;
    if (type === nalType.sps || type === nalType.pps) sets.push(unit.subarray(unit[at - 1] === 0 ? at - 1 : at, end));
    if (type === nalType.sps) sps ??= unit.subarray(at + 3, end);
    at = next;
  }
  return result(unit, begin, false, sets, sps);
}

const result = (
  unit: Buffer,
  begin: number,
  key: boolean,
  sets: readonly Buffer[],
  sps: Buffer | undefined,
): AccessUnit => ({
  data: begin === 0 ? unit : unit.subarray(begin),
  key,
  parameterSets: sps && Buffer.concat(sets),
  sps,
});
