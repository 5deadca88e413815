import { defaultPlan } from '../worker-api/default-plan.ts';
import type { RecordingPlan } from '../worker-api/messages.ts';

/** What an operator's recording gets who says nothing but the mode: a picture to look at, and patience with empty rooms. */
export const operatorPlan = (mode: RecordingPlan['mode']): RecordingPlan => ({
  ...defaultPlan,
  mode,
  maxIdleSeconds: 60,
  video: { width: 1280, height: 720, fps: 15, bitrate: 1_500_000, gopSeconds: 5 },
  audio: { sampleRate: 48_000, channels: 2, bitrate: 96_000 },
});
