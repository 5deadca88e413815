import { readAccessUnit } from '../timeline/access-unit.ts';
import { micros, type Micros } from '../units.ts';
import { adtsFrames, audioSpecificConfig } from './adts.ts';
import type { AudioFormat } from './segment-writer.ts';
import { TransportMuxer, type SectionStreams } from './transport-muxer.ts';
import { readTransport, type ElementaryPacket } from './transport-reader.ts';
import { fromTransport, unwrapTransport } from './transport-time.ts';

/** One segment taken apart: a transport stream for each medium that it has. */
export interface SplitSegment {
  readonly audio: Buffer | undefined;
  readonly video: Buffer | undefined;
}

/** Stamps have 33 bits and may wrap inside a segment: they are followed from one full turn on, so that none is negative. */
const oneTurn = 2 ** 33;

/** Times of a packet, as they would be without the wrap. */
interface Times {
  readonly pts: Micros;
  readonly dts: Micros;
}

/** The whole packets of a segment in their order; their data is valid until the iteration goes on. */
export function* timedPackets(bytes: Buffer): Generator<{ readonly packet: ElementaryPacket; readonly times: Times }> {
  let near: number | undefined;
  for (const packet of readTransport(bytes)) {
    if (!packet.complete) continue;
    near = unwrapTransport(packet.dts, near ?? packet.dts + oneTurn);
    yield { packet, times: { dts: fromTransport(near), pts: fromTransport(unwrapTransport(packet.pts, near)) } };
  }
}

/**
 * Makes of a segment with both media one with the sound and one with the pictures (AvMerge 0, contract §2.2). Every
 * packet keeps its bytes and stamps; each result begins with its tables, carries its own clock reference and says that
 * it does not follow on a file before it. What the end of the file has cut short is left out.
 */
export function splitSegment(bytes: Buffer): SplitSegment {
  const [audio, video] = [new Part('audio'), new Part('video')];
  for (const { packet, times } of timedPackets(bytes)) (packet.kind === 'audio' ? audio : video).add(packet, times);
  return { audio: audio.finish(), video: video.finish() };
}

/** The transport stream of one medium. */
class Part {
  readonly #kind: ElementaryPacket['kind'];
  readonly #bytes: Buffer[] = [];
  #muxer: TransportMuxer | undefined;

  constructor(kind: ElementaryPacket['kind']) {
    this.#kind = kind;
  }

  add(packet: ElementaryPacket, times: Times): void {
    const muxer = (this.#muxer ??= this.#open(packet.data));
    if (!muxer) return;
    if (packet.kind === 'audio') addSound(muxer, packet.data, times);
    else muxer.writeVideo({ ...times, duration: micros(0), key: readAccessUnit(packet.data).key, data: packet.data });
  }

  finish(): Buffer | undefined {
    this.#muxer?.close();
    return this.#muxer && Buffer.concat(this.#bytes);
  }

  /** Undefined when the sound cannot be read. */
  #open(data: Buffer): TransportMuxer | undefined {
    const streams = this.#streams(data);
    return streams && new TransportMuxer(streams, (bytes) => void this.#bytes.push(Buffer.from(bytes)));
  }

  #streams(data: Buffer): SectionStreams | undefined {
    if (this.#kind === 'video') return { video: true, audio: undefined, detached: true };
    const audio = soundFormat(data);
    return audio && { video: false, audio, detached: true };
  }
}

/** Writes a packet of sound. One of the source stays one packet: joined to the one before it would lose its stamp. */
export function addSound(muxer: TransportMuxer, data: Buffer, { pts }: Times): void {
  muxer.flush();
  muxer.writeAudio({ pts, duration: micros(0), data });
}

/** How the sound of a packet is coded; undefined when it cannot be read. */
export function soundFormat(data: Buffer): AudioFormat | undefined {
  for (const { sampleRate, channels } of adtsFrames(data)) {
    const config = audioSpecificConfig(sampleRate, channels);
    return { sampleRate: sampleRate as AudioFormat['sampleRate'], channels: channels === 1 ? 1 : 2, config };
  }
  return undefined;
}
