/** The next number's hue is far from this one's, and the golden angle comes back to none. */
const goldenAngle = 137.5;

/** Colour of a picture by its number; white text can be read on each. */
export const tintOf = (number: number | undefined): string =>
  number === undefined ? '#4b5563' : `hsl(${Math.round(215 + (number - 1) * goldenAngle) % 360} 45% 34%)`;
