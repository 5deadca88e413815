/** One AAC frame inside its ADTS wrapping (ISO/IEC 13818-7 §6.2). */
export interface AdtsFrame {
  readonly sampleRate: number;
  readonly channels: number;
  /** The raw frame of 1024 samples; a view of the input. */
  readonly data: Uint8Array;
}

const rates = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/** AudioSpecificConfig of AAC-LC (ISO/IEC 14496-3 §1.6.2.1). @throws RangeError for a rate that AAC does not name. */
export function audioSpecificConfig(sampleRate: number, channels: number): Uint8Array {
  const index = rates.indexOf(sampleRate);
  if (index < 0) throw new RangeError(`AAC has no sampling rate of ${sampleRate} Hz`);
  const lowComplexity = 2;
  return Uint8Array.of((lowComplexity << 3) | (index >> 1), ((index & 1) << 7) | (channels << 3));
}

const headerBytes = 7;

/** What stands in front of a raw AAC-LC frame of `length` bytes in an ADTS stream. @throws RangeError as above. */
export function adtsHeader(sampleRate: number, channels: number, length: number): Uint8Array {
  const index = rates.indexOf(sampleRate);
  if (index < 0) throw new RangeError(`AAC has no sampling rate of ${sampleRate} Hz`);
  const total = length + headerBytes;
  const lowComplexity = 1;
  return Uint8Array.of(
    0xff,
    0xf1,
    (lowComplexity << 6) | (index << 2) | (channels >> 2),
    ((channels & 3) << 6) | (total >> 11),
    (total >> 3) & 0xff,
    ((total & 7) << 5) | 0x1f,
    0xfc,
  );
}

/** Splits the payload of a PES packet; stops at the first byte that is not a whole frame. */
export function* adtsFrames(bytes: Uint8Array): Generator<AdtsFrame, void, undefined> {
  let at = 0;
  while (at + 7 <= bytes.length && bytes[at] === 0xff && (bytes[at + 1]! & 0xf6) === 0xf0) {
    const header = bytes[at + 1]! & 1 ? headerBytes : headerBytes + 2;
    const length = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
    const sampleRate = rates[(bytes[at + 2]! >> 2) & 15];
    if (length <= header || at + length > bytes.length || sampleRate === undefined) return;
    const channels = ((bytes[at + 2]! & 1) << 2) | (bytes[at + 3]! >> 6);
    yield { sampleRate, channels, data: bytes.subarray(at + header, at + length) };
    at += length;
  }
}
