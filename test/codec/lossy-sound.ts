import { Application, createEncoder, Signal } from 'libopus-wasm';
import { buildExtensions, buildRtp } from '../../src/rtp/rtp-build.ts';
import { createReceiverSession } from '../../src/rtp/receiver.ts';
import { AudioTrackReader } from '../../src/timeline/audio-track-reader.ts';
import type { AudioUnit } from '../../src/timeline/media.ts';
import { SessionClock } from '../../src/timeline/session-clock.ts';
import { monoUs, wallUs, type WallUs } from '../../src/units.ts';
import { modelExtensions, modelMedia } from '../rtp/model-sender.ts';
import type { Sound } from './sound.ts';

/** Samples of a packet, 20 ms. */
export const packetSamples = 960;

/** Like a voice: syllables of a gliding pitch with the harmonics of a vowel, a breath of noise, and short pauses. */
export const speech: Sound = (n) => {
  const t = n / 48_000;
  const phase = 2 * Math.PI * (120 * t + 1.5 * Math.sin(2 * Math.PI * 1.1 * t));
  let sum = 0;
  for (let h = 1; h < 24; h += 1) sum += Math.sin(h * phase) / (h * (1 + ((h - 5) / 4) ** 2));
  const breath = Math.sin(n * n * 0.001_3) * 0.003;
  return (0.6 * sum + breath) * Math.max(0, Math.min(1, 0.2 + 1.6 * Math.sin(2 * Math.PI * 2.2 * t)));
};

/** Opus packets of 20 ms as a browser sends a voice; `redundancy` puts a coarse copy of each into the next. */
export async function voicePackets(sound: Sound, packets: number, redundancy: boolean): Promise<Uint8Array[]> {
  const encoder = await createEncoder({
    channels: 1,
    application: Application.Voip,
    signal: Signal.Voice,
    bitrate: 32_000,
    fec: redundancy,
    packetLossPercent: redundancy ? 20 : 0,
  });
  const block = new Float32Array(packetSamples);
  const coded = Array.from({ length: packets }, (_, k) => {
    for (let i = 0; i < packetSamples; i += 1) block[i] = sound(k * packetSamples + i);
    return encoder.encodeFloat(block);
  });
  encoder.free();
  return coded;
}

/** What is sent, and what of it does not arrive. */
export interface Transmission {
  readonly packets: readonly Uint8Array[];
  /** Wall time at which the first is captured and, by a path without delay, arrives. */
  readonly start: WallUs;
  readonly isLost: (index: number) => boolean;
  /** Older packets that each repeats (RFC 2198). */
  readonly red?: number;
  /** Seconds that the sender is paused before a packet; numbers go on, time does not stand still. */
  readonly pauseBefore?: (index: number) => number;
}

/** Sends packets as RTP through the receiver and the timeline; gives the units that a recording gets. */
export function received(sent: Transmission): AudioUnit[] {
  const units: AudioUnit[] = [];
  const reader = new AudioTrackReader({
    clock: new SessionClock(),
    sink: { onAudio: (unit) => units.push(unit) },
  });
  const session = createReceiverSession(modelMedia, modelExtensions, {
    onPacket: ({ seq, timestamp, marker, level, arrivalUs, payload }) =>
      reader.push({ track: 1, seq, timestamp, marker, level, arrivalUs, payload }),
    onSenderReport: () => {},
    onBye: () => {},
    sendRtcp: () => {},
  });
  let at = 0;
  let ticks = 4_294_000_000;
  for (const [index, packet] of sent.packets.entries()) {
    const pause = sent.pauseBefore?.(index) ?? 0;
    at += pause * 1e6;
    ticks += pause * 48_000;
    const bytes = rtp(index, ticks, redPayload(sent.packets, index, sent.red ?? 0));
    const arrival = wallUs(sent.start + at);
    if (!sent.isLost(index)) session.receive(bytes, arrival, monoUs(at));
    at += 20_000;
    ticks += packet.length === 0 ? 0 : packetSamples;
  }
  reader.close();
  return units;
}

function rtp(index: number, ticks: number, payload: Uint8Array): Uint8Array {
  const extensions = buildExtensions([
    { id: 3, value: Uint8Array.of(index >> 8, index) },
    { id: 4, value: Buffer.from('0') },
    { id: 1, value: Uint8Array.of(20) },
  ]);
  const sequenceNumber = (65_000 + index) & 0xffff;
  const timestamp = ticks % 2 ** 32;
  return buildRtp({ payloadType: 63, marker: index === 0, sequenceNumber, timestamp, ssrc: 7, extensions, payload });
}

function redPayload(packets: readonly Uint8Array[], index: number, red: number): Uint8Array {
  const blocks = packets.slice(Math.max(0, index - red), index + 1);
  const headers = blocks.slice(0, -1).flatMap((block, i) => {
    const age = (blocks.length - 1 - i) * packetSamples;
    return [0x80 | 111, age >> 6, ((age & 0x3f) << 2) | (block.length >> 8), block.length & 0xff];
  });
  return Buffer.concat([Uint8Array.from([...headers, 111]), ...blocks]);
}
