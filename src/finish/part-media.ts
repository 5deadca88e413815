import type { Cut } from './cut.ts';
import type { PlacedPacket, RecordedMedia, TickSpan } from './recorded-media.ts';

/** A part of a recording, from one cut to the next. */
export interface PartSpan {
  readonly begin: Cut;
  readonly end: Cut;
}

/** How long a part is, in ticks of 90 kHz. */
export const spanTicks = ({ begin, end }: PartSpan): number => end.at - begin.at;

/** The spans of the recording in which a part's packets lie. */
export const spansOf = ({ begin, end }: PartSpan): TickSpan[] => [
  { from: begin.at, to: end.at },
  ...(begin.hidden ? [begin.hidden] : []),
];

/**
 * The packets of a part on the part's own time: ticks of 90 kHz from its zero. Hidden pictures lie before it; sound is
 * given from a while before to a while behind, since a frame may reach into the part.
 */
export function* partPackets(media: RecordedMedia, part: PartSpan): Generator<PlacedPacket, void, undefined> {
  for (const packet of media.packets(media.segments(...spansOf(part)))) {
    const shift = packet.kind === 'audio' ? -part.begin.at : pictureShift(packet.dts, part);
    if (shift === undefined) continue;
    yield shift === 0 ? packet : { ...packet, pts: packet.pts + shift, dts: packet.dts + shift };
  }
}

/** What brings a picture onto the part's time; undefined for one of another part. */
function pictureShift(dts: number, { begin, end }: PartSpan): number | undefined {
  if (dts >= end.dts) return undefined;
  if (dts >= begin.dts) return -begin.at;
  const { hidden } = begin;
  return hidden && dts >= hidden.from && dts <= hidden.to ? hidden.shift - begin.at : undefined;
}
