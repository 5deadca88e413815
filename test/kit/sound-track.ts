import { AV_SAMPLE_FMT_FLT, AV_SAMPLE_FMT_FLTP, AV_SAMPLE_FMT_S16 } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import { eachFrame } from './media-file.ts';

/** Decoded sound of a file, mixed to mono, laid out by presentation time: sample n stands at `startUs + n / sampleRate`. */
export interface SoundTrack {
  readonly sampleRate: number;
  readonly startUs: number;
  readonly samples: Float32Array;
  /** Spans that no decoded frame covered (they hold zeros), in microseconds. */
  readonly gaps: readonly { readonly fromUs: number; readonly toUs: number }[];
}

interface Block {
  readonly ptsUs: number;
  readonly samples: Float32Array;
}

/** Decodes all of the file's first audio stream. Times include the edit list, so priming is cut off as in a player. */
export async function decodeAudio(path: string): Promise<SoundTrack> {
  const blocks: Block[] = [];
  let sampleRate = 48_000;
  await eachFrame(path, 'audio', (frame, ptsUs) => {
    sampleRate = frame.sampleRate;
    blocks.push({ ptsUs, samples: monoOf(frame) });
  });
  return assemble(blocks, sampleRate);
}

function monoOf(frame: Frame): Float32Array {
  const planes = frame.data;
  if (!planes) throw new Error('A decoded sound without data.');
  const out = new Float32Array(frame.nbSamples);
  for (let channel = 0; channel < frame.channels; channel += 1) {
    const read = reader(frame, planes, channel);
    for (let n = 0; n < out.length; n += 1) out[n]! += read(n) / frame.channels;
  }
  return out;
}

function reader(frame: Frame, planes: readonly Buffer[], channel: number): (n: number) => number {
  const step = frame.channels;
  const first = planes[0]!;
  if (frame.format === AV_SAMPLE_FMT_FLTP) return (n) => planes[channel]!.readFloatLE(n * 4);
  if (frame.format === AV_SAMPLE_FMT_FLT) return (n) => first.readFloatLE((n * step + channel) * 4);
  if (frame.format === AV_SAMPLE_FMT_S16) return (n) => first.readInt16LE((n * step + channel) * 2) / 32_768;
  throw new Error(`Sample format ${frame.format} is not one the kit reads.`);
}

function assemble(blocks: Block[], sampleRate: number): SoundTrack {
  const startUs = blocks[0]?.ptsUs ?? 0;
  const place = ({ ptsUs }: Block): number => Math.round(((ptsUs - startUs) * sampleRate) / 1_000_000);
  const length = blocks.reduce((end, block) => Math.max(end, place(block) + block.samples.length), 0);
  const samples = new Float32Array(length);
  const gaps: { fromUs: number; toUs: number }[] = [];
  let covered = 0;
  const us = (n: number): number => startUs + Math.round((n * 1_000_000) / sampleRate);
  for (const block of blocks) {
    const at = place(block);
    // Time bases coarser than a sample round by a millisecond at most.
    if (at > covered + sampleRate / 1000) gaps.push({ fromUs: us(covered), toUs: us(at) });
    samples.set(block.samples, at);
    covered = at + block.samples.length;
  }
  return { sampleRate, startUs, samples, gaps };
}
