import type { Painter } from './synthetic-media.ts';

/** Repeatable pseudo-random numbers in 0 … 1. */
export function randomFrom(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) >>> 0;
    return state / 4_294_967_296;
  };
}

/** Smooth texture of several scales, like an unfocused room or a face. */
function texture(width: number, height: number, seed: number, contrast: number): Uint8Array {
  const random = randomFrom(seed);
  const values = new Float32Array(width * height);
  for (const [step, weight] of [
    [96, 1],
    [32, 0.5],
    [10, 0.25],
    [4, 0.1],
  ] as const) {
    const columns = Math.ceil(width / step) + 2;
    const grid = Float32Array.from({ length: columns * (Math.ceil(height / step) + 2) }, () => random() - 0.5);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const [gx, gy] = [Math.floor(x / step), Math.floor(y / step)];
        const [fx, fy] = [x / step - gx, y / step - gy];
        const at = gy * columns + gx;
        const top = grid[at]! * (1 - fx) + grid[at + 1]! * fx;
        const bottom = grid[at + columns]! * (1 - fx) + grid[at + columns + 1]! * fx;
        values[y * width + x]! += weight * (top * (1 - fy) + bottom * fy);
      }
  }
  return Uint8Array.from(values, (v) => Math.max(16, Math.min(235, 120 + contrast * v)));
}

/**
 * A camera in a meeting: a still room, a head that sways, nods and talks, and a little sensor noise. Unlike a test
 * pattern it costs a decoder and an encoder about what a real camera does.
 */
export function meetingScene(width: number, height: number, seed: number): (i: number) => Painter {
  const room = texture(width, height, seed, 90);
  const face = texture(width, height, seed + 1000, 120);
  const random = randomFrom(seed + 2000);
  const noise = Int8Array.from({ length: 65_536 }, () => Math.round(2.2 * (random() + random() - 1)));
  return (i) => (planes, linesize) => {
    const t = i / 25;
    const centreX = width * (0.5 + 0.04 * Math.sin(0.9 * t + seed));
    const centreY = height * (0.55 + 0.025 * Math.sin(1.7 * t + seed));
    const [radiusX, radiusY] = [width * 0.17, height * 0.36];
    const shift = Math.round(centreY - height / 2) * width + Math.round(centreX - width / 2);
    const mouth = 25 * Math.max(0, Math.sin(9 * t + seed));
    let grain = Math.floor(random() * 65_536);
    planes.forEach((plane, p) => {
      const scale = p === 0 ? 1 : 2;
      for (let y = 0; y < height / scale; y++)
        for (let x = 0; x < width / scale; x++) {
          const at = y * scale * width + x * scale;
          const [dx, dy] = [(x * scale - centreX) / radiusX, (y * scale - centreY) / radiusY];
          const inside = dx * dx + dy * dy < 1;
          const talking = inside && Math.abs(dy - 0.5) < 0.12 && Math.abs(dx) < 0.35;
          const value = inside ? (face[(at - shift + face.length) % face.length] ?? 0) : (room[at] ?? 0);
          grain = (grain + 1) & 65_535;
          const luma = value + (talking ? mouth : 0) + noise[grain]!;
          plane[y * (linesize[p] ?? 0) + x] =
            p === 0 ? luma : 128 + ((value - 120) >> 2) * (p === 1 ? -1 : 1) + (inside ? 8 : 0);
        }
    });
  };
}
