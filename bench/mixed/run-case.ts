/** Measures one mix in this process and prints the result: `node run-case.ts CASE`, a JSON text. */
import { runCommand } from './command.ts';
import { runInProcess } from './in-process.ts';
import type { Design, MixCase, MixResult } from './mix-case.ts';
import { runJournal } from './our-journal.ts';
import { runMix, runSound } from './our-mix.ts';
import { makeScenes } from './scenes.ts';

async function scenes(spec: MixCase): Promise<MixResult> {
  await makeScenes(spec);
  return { cpu: 0, bytes: 0, pictures: 0, peakMb: 0 };
}

const runners: Record<Design, (spec: MixCase) => Promise<MixResult>> = {
  ours: runMix,
  ffmpeg: runCommand,
  'ffmpeg-same': runCommand,
  gstreamer: runCommand,
  'in-process': runInProcess,
  sound: runSound,
  journal: runJournal,
  scenes,
};

const spec = JSON.parse(process.argv[2] ?? '{}') as MixCase;
console.log(JSON.stringify(await runners[spec.design](spec)));
