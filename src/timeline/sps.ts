import { pixels, type Pixels } from '../units.ts';
import { BitReader, unescapeRbsp } from './bit-reader.ts';

/** What a sequence parameter set says of its pictures (ITU-T H.264 §7.3.2.1.1). */
export interface Sps {
  /** seq_parameter_set_id, 0 … 31. */
  readonly id: number;
  readonly profileIdc: number;
  readonly constraints: number;
  readonly levelIdc: number;
  /** Visible size, cropping applied. */
  readonly width: Pixels;
  readonly height: Pixels;
}

const MAX_SPS_BYTES = 4096;
/**
 * Macroblocks of a picture, those of level 5.2 (table A-1): 4096×2304, more than browsers code. Black pictures are made as
 * large as an anchor's own, and finished files are decoded: what a sender names must not take all memory.
 */
const MAX_MACROBLOCKS = 36_864;
/** And of a side: the root of eight times as many (§A.3.1). */
const MAX_SIDE = 543;
/** Profiles whose SPS tells the chroma format, §7.3.2.1.1. */
const WITH_CHROMA = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Reads an SPS NAL unit (header byte first, without start code); undefined when it is not a sound one. */
export function parseSps(nal: Uint8Array): Sps | undefined {
  if (nal.length < 5 || nal.length > MAX_SPS_BYTES || ((nal[0] ?? 0) & 0x1f) !== 7) return undefined;
  const reader = new BitReader(unescapeRbsp(nal.subarray(1)));
  const profileIdc = reader.bits(8);
  const constraints = reader.bits(8);
  const levelIdc = reader.bits(8);
  const id = reader.ue();
  const chroma = WITH_CHROMA.has(profileIdc) ? readChroma(reader) : 1;
  reader.ue(); // log2_max_frame_num_minus4
  if (id > 31 || chroma > 3 || !skipOrderCount(reader)) return undefined;
  reader.ue(); // max_num_ref_frames
  reader.bits(1); // gaps_in_frame_num_value_allowed_flag
  const size = readSize(reader, chroma);
  return size && !reader.overrun ? { id, profileIdc, constraints, levelIdc, ...size } : undefined;
}

/** Reads the chroma part; gives ChromaArrayType, above 3 when it is broken. */
function readChroma(reader: BitReader): number {
  const format = reader.ue();
  const separate = format === 3 && reader.bits(1) === 1;
  reader.ue(); // bit_depth_luma_minus8
  reader.ue(); // bit_depth_chroma_minus8
  reader.bits(1); // qpprime_y_zero_transform_bypass_flag
  if (reader.bits(1) === 1) skipScalingLists(reader, format === 3 ? 12 : 8);
  return separate ? 0 : format;
}

function skipScalingLists(reader: BitReader, lists: number): void {
  for (let i = 0; i < lists; i++) if (reader.bits(1) === 1) skipScalingList(reader, i < 6 ? 16 : 64);
}

/** §7.3.2.1.1.1; `size` is 16 or 64, so a broken list cannot loop for long. */
function skipScalingList(reader: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let j = 0; j < size; j++) {
    if (next !== 0) next = (last + reader.se() + 256) % 256;
    last = next === 0 ? last : next;
  }
}

function skipOrderCount(reader: BitReader): boolean {
  const type = reader.ue();
  if (type === 0) reader.ue(); // log2_max_pic_order_cnt_lsb_minus4
  if (type !== 1) return type <= 2;
  reader.bits(1); // delta_pic_order_always_zero_flag
  reader.se(); // offset_for_non_ref_pic
  reader.se(); // offset_for_top_to_bottom_field
  const count = reader.ue();
  if (count > 255) return false;
  for (let i = 0; i < count; i++) reader.se();
  return true;
}

function readSize(reader: BitReader, chroma: number): { width: Pixels; height: Pixels } | undefined {
  const columns = reader.ue() + 1;
  const rows = reader.ue() + 1;
  const fields = reader.bits(1) === 1 ? 1 : 2;
  if (columns > MAX_SIDE || rows * fields > MAX_SIDE || columns * rows * fields > MAX_MACROBLOCKS) return undefined;
  if (fields === 2) reader.bits(1); // mb_adaptive_frame_field_flag
  reader.bits(1); // direct_8x8_inference_flag
  const crop = reader.bits(1) === 1 ? [reader.ue(), reader.ue(), reader.ue(), reader.ue()] : [];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  // Table 6-1: SubWidthC is 2 for 4:2:0 and 4:2:2, SubHeightC for 4:2:0 only.
  const width = columns * 16 - (left + right) * (chroma === 1 || chroma === 2 ? 2 : 1);
  const height = rows * fields * 16 - (top + bottom) * (chroma === 1 ? 2 : 1) * fields;
  return width > 0 && height > 0 ? { width: pixels(width), height: pixels(height) } : undefined;
}
