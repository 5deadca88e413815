import { spawn, spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packetsOf, withFile } from '../../test/kit/media-file.ts';
import { checkPictures, type MixCase, type MixResult } from './mix-case.ts';
import { ffmpegCommand } from './ffmpeg.ts';
import { gstreamerCommand, gstreamerElements } from './gstreamer.ts';

/** Prints what the kernel counted for its waited-for child: user and system seconds to the millisecond (wait4). */
const TIMED = 'TIMEFORMAT="cpu %3U %3S"; time "$@" 2>&1';

const succeeds = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Why a command line cannot be measured here; undefined when it can. */
export function missing(tool: 'ffmpeg' | 'gstreamer'): string | undefined {
  if (!succeeds('bash', '-c', 'true')) return 'bash, which reads the CPU time of commands, is not installed';
  if (tool === 'ffmpeg') return succeeds('ffmpeg', '-version') ? undefined : 'ffmpeg is not installed';
  if (!succeeds('gst-launch-1.0', '--version')) return 'gst-launch-1.0 is not installed';
  const without = gstreamerElements.find((element) => !succeeds('gst-inspect-1.0', element));
  return without === undefined ? undefined : `GStreamer’s ${without} is not installed`;
}

/** First line of what a tool says about its version. */
export function versionOf(command: string): string {
  const { stdout } = spawnSync(command, [command === 'ffmpeg' ? '-version' : '--version'], { encoding: 'utf8' });
  return (stdout.split('\n')[0] ?? '').replace(/ Copyright.*/, '');
}

async function cpuOf(command: readonly string[]): Promise<number> {
  const child = spawn('bash', ['-c', TIMED, 'bash', ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const [, user, system] = /^cpu (\d+\.\d+) (\d+\.\d+)$/m.exec(said) ?? [];
  if (code !== 0 || user === undefined) throw new Error(`${command[0]} ended with ${String(code)}: ${said}`);
  return Number(user) + Number(system);
}

async function countPictures(path: string): Promise<number> {
  return withFile(path, (format) => [...packetsOf(format)].length);
}

/** Measures a command line from its start to its end. @throws Error unless it wrote every picture. */
export async function runCommand(spec: MixCase): Promise<MixResult> {
  const out = join(spec.dir, `out-${spec.design}.h264`);
  const command = spec.design === 'gstreamer' ? gstreamerCommand(spec, out) : ffmpegCommand(spec, out);
  try {
    const cpu = (await cpuOf(command)) / spec.seconds;
    const pictures = await countPictures(out);
    checkPictures(spec, pictures, spec.seconds * spec.fps);
    return { cpu, pictures, bytes: statSync(out).size, peakMb: 0 };
  } finally {
    rmSync(out, { force: true });
  }
}
