/** What a load publisher sends round and round: for every step the payloads of its packets. */
export interface Loop {
  readonly steps: readonly (readonly Uint8Array[])[];
  readonly perSecond: number;
  readonly clockRate: number;
  /** Whether the last packet of a step carries the marker. */
  readonly marks: boolean;
  /** Loudness that sound packets tell (RFC 6464), 0 loud … 127 silent. */
  readonly level?: number;
}

/** Picture and sound of one publisher. */
export interface LoadMedia {
  readonly video: Loop;
  readonly sound: Loop;
}

/** 7 packets of 1070 bytes 25 times a second are 1.5 Mb/s of 720p; with 50 of Opus that makes 225 packets a second. */
const PICTURE_PACKETS = 7;
const PICTURE_BYTES = 1070;
const SOUND_BYTES = 160;
const FU_A = 0x7c;

/** One picture as fragments of a slice (RFC 6184 §5.8), and sound, for receivers that decode neither. */
export function blankMedia(): LoadMedia {
  const picture = Array.from({ length: PICTURE_PACKETS }, (_, i) => {
    const payload = Buffer.alloc(PICTURE_BYTES, 0x55);
    const [first, last] = [i === 0, i === PICTURE_PACKETS - 1];
    payload.set([FU_A, (first ? 0x80 : 0) | (last ? 0x40 : 0) | 5]);
    return payload;
  });
  const sound = Buffer.alloc(SOUND_BYTES, 0x33);
  sound[0] = 0x78;
  return {
    video: { steps: [picture], perSecond: 25, clockRate: 90_000, marks: true },
    sound: { steps: [[sound]], perSecond: 50, clockRate: 48_000, marks: false },
  };
}
