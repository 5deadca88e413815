import { canvas, cellsOf, gopSeconds, outputBitrate, type MixCase } from './mix-case.ts';
import { sceneFile } from './scenes.ts';

/** x264 as src/mixed/picture-encoder.ts sets it, written for the command line. */
function ourX264(fps: number): string[] {
  const lookahead = Math.max(1, Math.min(10, Math.floor(fps / 2)));
  const params = `mbtree=1:b-pyramid=none:force-cfr=1:rc-lookahead=${lookahead}`;
  return ['-preset', 'superfast', '-bf', '2', '-x264-params', params, '-threads', '1'];
}

function graphOf(spec: MixCase): string {
  const cells = cellsOf(spec);
  const scaled = cells.map((r, i) => `[${i}:v]scale=${r.width}:${r.height},setsar=1[t${i}]`);
  const places = cells.map((r) => `${r.left}_${r.top}`).join('|');
  const tiles = cells.map((_, i) => `[t${i}]`).join('');
  const stack =
    cells.length === 1 ? `${tiles}null` : `${tiles}xstack=inputs=${cells.length}:layout=${places}:fill=black`;
  return [...scaled, `${stack},pad=${canvas.width}:${canvas.height}:0:0,format=yuv420p[out]`].join(';');
}

/** The command that mixes the scenes into `out`, with what a user would take, or with our own x264 settings. */
export function ffmpegCommand(spec: MixCase, out: string): string[] {
  const inputs = Array.from({ length: spec.users }, (_, i) => ['-i', sceneFile(spec, i)]).flat();
  const x264 = spec.design === 'ffmpeg-same' ? ourX264(spec.fps) : ['-preset', 'veryfast'];
  const rate = ['-r', String(spec.fps), '-g', String(spec.fps * gopSeconds), '-b:v', String(outputBitrate)];
  const head = ['ffmpeg', '-nostdin', '-v', 'error', '-y', ...inputs, '-filter_complex', graphOf(spec)];
  return [...head, '-map', '[out]', '-c:v', 'libx264', ...x264, ...rate, '-f', 'h264', out];
}
