import { defaultPlan } from '../worker-api/default-plan.ts';
import type { Container, RecordingPlan } from '../worker-api/messages.ts';

/** What an operator may say of a recording. */
export interface OperatorWishes {
  readonly mode: RecordingPlan['mode'];
  /** MP4 when absent. */
  readonly containers?: readonly Container[] | undefined;
  /** The grid when absent. */
  readonly layout?: 'grid' | 'floating' | 'share' | undefined;
  /** Users, or prefixes written `lecturer_.*$`; everybody when absent. */
  readonly users?: readonly string[] | undefined;
  readonly mostSeconds?: number | undefined;
}

/** An operator's recording: a picture to look at, and patience with empty rooms, besides what was asked for. */
export function operatorPlan({ mode, containers, layout, users, mostSeconds }: OperatorWishes): RecordingPlan {
  const outputs = containers ?? defaultPlan.outputs;
  const heard = { allow: users ?? [], block: [] };
  return {
    ...defaultPlan,
    mode,
    maxIdleSeconds: 60,
    // Nobody would see pictures of a recording that is delivered as sound alone.
    streams: outputs.every((one) => one === 'aac') ? 'audio' : defaultPlan.streams,
    video: { width: 1280, height: 720, fps: 15, bitrate: 1_500_000, gopSeconds: 5 },
    audio: { sampleRate: 48_000, channels: 2, bitrate: 96_000 },
    layout: { ...defaultPlan.layout, mode: layout ?? defaultPlan.layout.mode },
    subscription: { audio: heard, video: heard },
    ...(mostSeconds === undefined ? {} : { mostSeconds }),
    outputs,
  };
}
