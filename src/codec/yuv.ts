/** A colour of limited range (ITU-R BT.601): luma 16–235 and the two chroma values 16–240. */
export type Yuv = readonly [y: number, u: number, v: number];

/** Black, of the mix's canvas and of the picture that stands for a stopped camera. */
export const black: Yuv = [16, 128, 128];
