import { gridPlan } from '../layout/layout-plan.ts';
import { everybody, type RecordingPlan } from './messages.ts';

/** What a request gets that says nothing but the mode: the defaults of contract §2.2–2.6. */
export const defaultPlan: Omit<RecordingPlan, 'mode'> = {
  maxIdleSeconds: 30,
  streams: 'audio-video',
  media: ['main', 'aux'],
  video: { width: 360, height: 640, fps: 15, bitrate: 550_000, gopSeconds: 10 },
  audio: { sampleRate: 48_000, channels: 2, bitrate: 64_000 },
  layout: gridPlan,
  subscription: everybody,
  fill: 'hold',
  relayRobots: false,
  maxFileMinutes: 1440,
  outputs: ['mp4'],
  avMerge: true,
};
