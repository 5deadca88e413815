/**
 * A 5×7 bitmap alphabet of our own, so that the pattern needs no font files: a bare machine has none.
 * Each glyph is seven rows from the top, five bits a row with the leftmost pixel in bit 4, as two hex digits.
 */
const ROWS: Readonly<Record<string, string>> = {
  A: '0e11111f111111',
  B: '1e11111e11111e',
  C: '0e11101010110e',
  D: '1e11111111111e',
  E: '1f10101e10101f',
  F: '1f10101e101010',
  G: '0e11101711110f',
  H: '1111111f111111',
  I: '0e04040404040e',
  J: '0702020202120c',
  K: '11121418141211',
  L: '1010101010101f',
  M: '111b1515111111',
  N: '11191515131111',
  O: '0e11111111110e',
  P: '1e11111e101010',
  Q: '0e11111115120d',
  R: '1e11111e141211',
  S: '0f10100e01011e',
  T: '1f040404040404',
  U: '1111111111110e',
  V: '11111111110a04',
  W: '1111111515150a',
  X: '11110a040a1111',
  Y: '11110a04040404',
  Z: '1f01020408101f',
  0: '0e11131519110e',
  1: '040c040404040e',
  2: '0e11010204081f',
  3: '1f02040201110e',
  4: '02060a121f0202',
  5: '1f101e0101110e',
  6: '0608101e11110e',
  7: '1f010204080808',
  8: '0e11110e11110e',
  9: '0e11110f01020c',
  ' ': '00000000000000',
  ':': '00040400040400',
  '.': '00000000000404',
  '-': '0000001f000000',
  _: '0000000000001f',
  '/': '01010204081010',
};

/** Shown for a character that the alphabet lacks. */
const UNKNOWN = '1f11111111111f';

/** Width of a glyph in its own pixels. */
export const GLYPH_WIDTH = 5;
/** Height of a glyph in its own pixels. */
export const GLYPH_HEIGHT = 7;

/** One glyph as seven rows of five bits, leftmost pixel in bit 4. Small letters show as capitals. */
export type Glyph = readonly number[];

const cache = new Map<string, Glyph>();

/** The glyph of one character. */
export function glyphOf(character: string): Glyph {
  const known = cache.get(character);
  if (known) return known;
  const text = ROWS[character.toUpperCase()] ?? UNKNOWN;
  const glyph = Array.from({ length: GLYPH_HEIGHT }, (_, row) => Number.parseInt(text.slice(row * 2, row * 2 + 2), 16));
  if (cache.size < 1024) cache.set(character, glyph);
  return glyph;
}
