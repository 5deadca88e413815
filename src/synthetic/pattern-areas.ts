/** A rectangle in fractions (0…1) of a picture's width and height. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Where the pattern turns white for 100 ms at each whole second. It lies in the central half of the width, which every
 * centre crop of a grid cell keeps (two anchors on 1280×720 show 50 % of a 16:9 picture's width).
 */
export const FLASH_AREA: Area = { left: 0.3, top: 0.32, width: 0.4, height: 0.36 };

/** Always the anchor's own colour, never flash nor text: tells who is where. Survives the same crops as the flash. */
export const PATCH_AREA: Area = { left: 0.3, top: 0.2, width: 0.4, height: 0.09 };

/** Holds the anchor's name, white on black. */
export const NAME_AREA: Area = { left: 0.26, top: 0.06, width: 0.48, height: 0.11 };

/** Holds the running clock (UTC), white on black. */
export const CLOCK_AREA: Area = { left: 0.26, top: 0.82, width: 0.48, height: 0.11 };

/** How long the flash and the beep last from each whole wall second, in microseconds. */
export const MARK_US = 100_000;

/** Whole, even pixels of an area in a picture of the given size; even because chroma is halved. */
export function areaInPixels(
  area: Area,
  width: number,
  height: number,
): { left: number; top: number; width: number; height: number } {
  const even = (n: number): number => Math.round(n / 2) * 2;
  const left = even(area.left * width);
  const top = even(area.top * height);
  return {
    left,
    top,
    width: even((area.left + area.width) * width) - left,
    height: even((area.top + area.height) * height) - top,
  };
}
