import type { FeedPacket } from '../feed/messages.ts';
import type { RtpTicks, WallUs } from '../units.ts';

/** A coded picture put together from packets, before it has a place in time. */
export interface CodedPicture {
  readonly rtp: RtpTicks;
  /** Arrival of the picture's first packet. */
  readonly arrivalUs: WallUs;
  readonly key: boolean;
  /** Memory of its own, never used again by the assembler. */
  readonly data: Uint8Array;
}

/** What an assembler reports. */
export interface AssemblerEvents {
  onPicture(picture: CodedPicture): void;
  /** A picture was lost or damaged: what follows up to the next key picture cannot be decoded. */
  onDamage(): void;
}

/** Counters of an assembler; `width` and `height` are those of the newest key picture, 0 before one. */
export interface AssemblerStats {
  /** Packets or pictures that break the rules of their payload format. */
  malformed: number;
  width: number;
  height: number;
}

/** Makes coded pictures from one track's payloads, which must come in order. Hostile payloads are counted, never thrown. */
export interface PictureAssembler {
  /** Takes the next packet, with a payload; `afterLoss` when packets right before it are missing. */
  push(packet: FeedPacket, afterLoss: boolean): void;
  /** Nothing more will come: the picture in work is complete. */
  flush(): void;
  /** Counters so far. */
  stats(): AssemblerStats;
}
