import { micros, type Micros } from '../units.ts';
import { addSound, soundFormat, timedPackets } from './split-segment.ts';
import { TransportMuxer } from './transport-muxer.ts';
import { readTransport } from './transport-reader.ts';

/** From one black picture to the next: so short that players that guess how long the last one lasts guess well. */
const blackEvery = 200_000;

/** True when a segment has a picture, whole or not. */
export function hasPicture(bytes: Buffer): boolean {
  for (const { kind } of readTransport(bytes)) if (kind === 'video') return true;
  return false;
}

/**
 * The same segment of sound with black pictures beside it. Players that feed media to a browser decide by the first
 * segment whether there will be pictures, and fail where some come later. `black` is a key frame in Annex B with its
 * parameter sets. Sound keeps its bytes and stamps; undefined when there is none that can be read.
 */
export function addBlackPictures(bytes: Buffer, black: Uint8Array): Buffer | undefined {
  const parts: Buffer[] = [];
  let muxer: TransportMuxer | undefined;
  let next: Micros | undefined;
  for (const { packet, times } of timedPackets(bytes)) {
    const audio = muxer ? undefined : soundFormat(packet.data);
    if (audio)
      muxer = new TransportMuxer({ video: true, audio, detached: true }, (some) => void parts.push(Buffer.from(some)));
    if (!muxer) continue;
    next ??= times.pts;
    for (; next <= times.pts; next = micros(next + blackEvery))
      muxer.writeVideo({ pts: next, dts: next, duration: micros(blackEvery), key: true, data: black });
    addSound(muxer, packet.data, times);
  }
  muxer?.close();
  return muxer && Buffer.concat(parts);
}
