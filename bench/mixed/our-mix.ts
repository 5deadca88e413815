import { gridPlan } from '../../src/layout/layout-plan.ts';
import type { MixedRecordingOptions } from '../../src/mixed/mix-options.ts';
import { createMixedRecording } from '../../src/mixed/mixed-recording.ts';
import type { SegmentWriter } from '../../src/segment/segment-writer.ts';
import { wallUs } from '../../src/units.ts';
import { randomFrom } from '../../test/mixed/meeting-scene.ts';
import { encodeVoice } from '../../test/mixed/synthetic-media.ts';
import { canvas, gopSeconds, measureHere, outputBitrate, zero, type MixCase, type MixResult } from './mix-case.ts';
import { camerasOf } from './scenes.ts';

const drop = (): void => {};

/** How far behind the media the mix is driven: what a recorder allows for retransmissions. */
const LATENCY_US = 700_000;

function optionsOf(spec: MixCase, streams: 'video' | 'audio', writer: Partial<SegmentWriter>): MixedRecordingOptions {
  return {
    zeroUs: zero,
    layout: gridPlan,
    fill: 'hold',
    video: { ...canvas, fps: spec.fps, bitrate: outputBitrate, gopSeconds },
    audio: { sampleRate: 48_000, channels: 1, bitrate: 64_000 },
    streams,
    openWriter: () => ({ writeVideo: drop, writeAudio: drop, cutAt: drop, flush: drop, close: drop, ...writer }),
  };
}

/** The product's compositor and encoder, without a file. */
export async function runMix(spec: MixCase): Promise<MixResult> {
  const units = camerasOf(spec);
  const output = { bytes: 0, pictures: 0 };
  const writeVideo: SegmentWriter['writeVideo'] = ({ data }) => {
    output.bytes += data.length;
    output.pictures += 1;
  };
  const recording = await createMixedRecording(optionsOf(spec, 'video', { writeVideo }));
  const sinks = units.map((_, i) => {
    recording.addAnchor(`u${i}`, i, zero);
    return recording.addPicture(`u${i}`, 'main', zero);
  });
  return measureHere(spec, () => {
    for (let k = 0; k < spec.seconds * spec.fps; k++) {
      units.forEach((source, i) => sinks[i]!.onVideo(source[k]!));
      recording.advance(wallUs((units[0]?.[k]?.at ?? zero) + LATENCY_US));
    }
    recording.finish(wallUs(zero + spec.seconds * 1_000_000));
    return output;
  });
}

/** Everybody talks at once: decoding, mixing and AAC. */
export async function runSound(spec: MixCase): Promise<MixResult> {
  const random = randomFrom(7);
  let level = 0;
  const voice = await encodeVoice(
    (i) => (level = 0.97 * level + 0.1 * (random() - 0.5)) * (1 + Math.sin(i / 4000)) + 0.2 * Math.sin(i / 40),
    spec.seconds,
    zero,
  );
  const recording = await createMixedRecording(optionsOf(spec, 'audio', {}));
  const sinks = Array.from({ length: spec.users }, (_, i) => recording.addSound(`u${i}`, 'main', zero));
  const work = (): { bytes: number; pictures: number } => {
    for (const unit of voice) {
      for (const sink of sinks) sink.onAudio(unit);
      recording.advance(wallUs(unit.at + LATENCY_US));
    }
    recording.finish(wallUs(zero + spec.seconds * 1_000_000));
    return { bytes: 0, pictures: 0 };
  };
  return measureHere(spec, work, 0);
}
