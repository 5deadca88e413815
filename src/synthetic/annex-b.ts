/**
 * NAL units of a byte stream, without start codes and trailing zero bytes (ITU-T H.264 Annex B).
 * Views of the input, not copies.
 */
export function annexBUnits(bytes: Uint8Array): Uint8Array[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const units: Uint8Array[] = [];
  let start = buffer.indexOf(START_CODE);
  while (start >= 0) {
    const from = start + 3;
    const next = buffer.indexOf(START_CODE, from);
    const unit = withoutTrailingZeros(buffer.subarray(from, next < 0 ? buffer.length : next));
    if (unit.length > 0) units.push(unit);
    start = next;
  }
  return units;
}

const START_CODE = Buffer.from([0, 0, 1]);

/** A NAL unit never ends in a zero byte (§7.4.1): what stands there is the next start code's, or padding. */
function withoutTrailingZeros(unit: Uint8Array): Uint8Array {
  let end = unit.length;
  while (end > 0 && unit[end - 1] === 0) end -= 1;
  return unit.subarray(0, end);
}
