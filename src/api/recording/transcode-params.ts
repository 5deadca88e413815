import { z } from 'zod';
import { defaultPlan } from '../../worker-api/default-plan.ts';
import type { RecordingPlan } from '../../worker-api/messages.ts';
import { choice, unsigned } from '../fields.ts';

/** Most pixels of a canvas; 1080×1920 is allowed, 1920×1920 is not (contract §2.5). */
const maxPixels = 1920 * 1080;

const videoParamsSchema = z
  .strictObject({
    // The contract has no lower bound. One H.264 macroblock is the least that every encoder and scaler takes.
    Width: unsigned({ min: 16, max: 1920 }).describe('Pixels; Width × Height at most 1920 × 1080.'),
    Height: unsigned({ min: 16, max: 1920 }).describe('Pixels.'),
    Fps: unsigned({ min: 1, max: 60 }).describe('Pictures a second.'),
    BitRate: unsigned({ min: 64_000, max: 8_192_000 }).describe('Bits a second.'),
    // No bounds in the contract. A minute is far beyond what can be seeked or recovered comfortably.
    Gop: unsigned({ min: 1, max: 60 }).describe('Seconds between key pictures.'),
  })
  .check(({ value, issues }) => {
    if (value.Width * value.Height <= maxPixels) return;
    const params = { fault: 'range', rule: `Width × Height must be at most ${maxPixels}` };
    issues.push({ code: 'custom', input: value.Height, path: ['Height'], params });
  });

const audioParamsSchema = z.strictObject({
  SampleRate: choice(1, 2, 3).describe('1: 48000 Hz; 2: 44100 Hz; 3: 16000 Hz.'),
  Channel: choice(1, 2).describe('1: mono; 2: stereo.'),
  BitRate: unsigned({ min: 32_000, max: 128_000 }).describe('Bits a second.'),
});

/** Coding of a mixed file (contract §2.5). */
export const transcodeParamsSchema = z.strictObject({
  VideoParams: videoParamsSchema
    .optional()
    .describe(
      'Default: 360 × 640 at 15 pictures a second, 550000 bit/s, a key picture every 10 s. When given, all five are needed.',
    ),
  AudioParams: audioParamsSchema
    .optional()
    .describe('Default: 48000 Hz, stereo, 64000 bit/s. When given, all three are needed.'),
});

/** Coding of a mixed file, as the wire names it. */
export type TranscodeParams = z.infer<typeof transcodeParamsSchema>;

/** The picture of a mixed file, as it was asked for: rectangles may reach the edge of an odd canvas. Defaults of contract §2.5. */
export function videoPlan({ VideoParams }: TranscodeParams): RecordingPlan['video'] {
  if (!VideoParams) return defaultPlan.video;
  const { Width, Height, Fps, BitRate, Gop } = VideoParams;
  return { width: Width, height: Height, fps: Fps, bitrate: BitRate, gopSeconds: Gop };
}

/** The sound of a mixed file: SampleRate is an enumeration on the wire (contract §2.5). */
export function audioPlan({ AudioParams }: TranscodeParams): RecordingPlan['audio'] {
  if (!AudioParams) return defaultPlan.audio;
  const { SampleRate, Channel, BitRate } = AudioParams;
  return { sampleRate: sampleRate(SampleRate), channels: Channel === 1 ? 1 : 2, bitrate: BitRate };
}

function sampleRate(choice: number): RecordingPlan['audio']['sampleRate'] {
  if (choice === 2) return 44_100;
  return choice === 3 ? 16_000 : 48_000;
}
