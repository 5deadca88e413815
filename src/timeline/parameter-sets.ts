import { BitReader } from './bit-reader.ts';
import { parseSps, type Sps } from './sps.ts';

const START_CODE = Uint8Array.of(0, 0, 0, 1);
const MAX_SET_BYTES = 4096;
const MAX_PPS_ID = 255;

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array): boolean => !!a && Buffer.compare(a, b) === 0;

function joined(sets: Iterable<Uint8Array>): Uint8Array {
  return new Uint8Array(Buffer.concat([...sets].flatMap((set) => [START_CODE, set])));
}

/** The last seen parameter sets of one H.264 stream, by id, for key pictures that come without them. */
export class ParameterSets {
  readonly #sps = new Map<number, Uint8Array>();
  readonly #pps = new Map<number, Uint8Array>();
  #active: Sps | undefined;

  /** The newest sound SPS. */
  get sps(): Sps | undefined {
    return this.#active;
  }

  /** Remembers an SPS NAL unit; false when it is not a sound one. */
  keepSps(nal: Uint8Array): boolean {
    if (this.#active && sameBytes(this.#sps.get(this.#active.id), nal)) return true;
    const sps = parseSps(nal);
    if (!sps) return false;
    this.#active = sps;
    this.#sps.set(sps.id, new Uint8Array(nal));
    return true;
  }

  /** Remembers a PPS NAL unit; false when it is not a sound one. */
  keepPps(nal: Uint8Array): boolean {
    if (nal.length < 2 || nal.length > MAX_SET_BYTES) return false;
    const reader = new BitReader(nal.subarray(1));
    const id = reader.ue();
    if (reader.overrun || id > MAX_PPS_ID) return false;
    if (!sameBytes(this.#pps.get(id), nal)) this.#pps.set(id, new Uint8Array(nal));
    return true;
  }

  /** Every known SPS in Annex B, empty when there is none. */
  allSps(): Uint8Array {
    return joined(this.#sps.values());
  }

  /** Every known PPS in Annex B, empty when there is none. */
  allPps(): Uint8Array {
    return joined(this.#pps.values());
  }
}
