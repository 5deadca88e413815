import { layoutPictures } from '../../src/layout/layout-pictures.ts';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import type { Rect } from '../../src/layout/rect.ts';
import { wallUs } from '../../src/units.ts';

/** A kind of camera. */
export interface Source {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrate: number;
}

/** Ways to mix, each measured in a process of its own; `scenes` makes the sources. */
export type Design = 'ours' | 'ffmpeg' | 'ffmpeg-same' | 'gstreamer' | 'in-process' | 'sound' | 'journal' | 'scenes';

/** One mix to be measured. */
export interface MixCase extends Source {
  readonly design: Design;
  readonly users: number;
  readonly seconds: number;
  /** Folder of the coded scenes; making them costs more than mixing them. */
  readonly dir: string;
}

/** CPU seconds (user + system, all threads) per recorded second, and what came out. */
export interface MixResult {
  readonly cpu: number;
  readonly bytes: number;
  readonly pictures: number;
  readonly peakMb: number;
}

export const sd: Source = { name: '360p15', width: 640, height: 360, fps: 15, bitrate: 500_000 };
export const hd: Source = { name: '720p25', width: 1280, height: 720, fps: 25, bitrate: 1_500_000 };

/** What every design draws on, and what it may spend. */
export const canvas = { width: 1280, height: 720 };
export const outputBitrate = 2_000_000;
export const gopSeconds = 10;

/** Wall time at which every mix begins. */
export const zero = wallUs(1_700_000_000_000_000);

/** Where the sources stand: the grid of the product, for all designs. */
export function cellsOf({ users }: MixCase): readonly Rect[] {
  const pictures = Array.from({ length: users }, (_, i) => ({
    userId: `u${i}`,
    mediaId: 'main' as const,
    order: i,
    hasVideo: true,
  }));
  return layoutPictures(gridPlan, canvas, pictures).map(({ rect }) => rect);
}

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
};

/** Measures work of this very process, its start not included. @throws Error unless every picture came out. */
export async function measureHere(
  spec: MixCase,
  work: () => Promise<Output> | Output,
  expected = spec.seconds * spec.fps,
): Promise<MixResult> {
  const before = cpuSeconds();
  const output = await work();
  const cpu = (cpuSeconds() - before) / spec.seconds;
  checkPictures(spec, output.pictures, expected);
  return { cpu, ...output, peakMb: process.resourceUsage().maxRSS / 1000 };
}

/** What a design wrote. */
export interface Output {
  readonly bytes: number;
  readonly pictures: number;
}

/** @throws Error when a design made more or fewer pictures than the others: it cannot be compared. */
export function checkPictures({ design, users, name }: MixCase, pictures: number, expected: number): void {
  if (pictures !== expected)
    throw new Error(`${design} made ${pictures} pictures of ${expected} out of ${users} × ${name}`);
}
