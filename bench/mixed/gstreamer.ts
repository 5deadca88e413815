import { canvas, cellsOf, gopSeconds, outputBitrate, type MixCase } from './mix-case.ts';
import { sceneFile } from './scenes.ts';

/** What Debian has in packages of their own: the pipeline needs all of them. */
export const gstreamerElements = ['qtdemux', 'h264parse', 'avdec_h264', 'compositor', 'x264enc'];

/** The command that mixes the scenes into `out` by GStreamer's compositor and x264 `veryfast`, all else by default. */
export function gstreamerCommand(spec: MixCase, out: string): string[] {
  const cells = cellsOf(spec);
  const size = `width=${canvas.width},height=${canvas.height},framerate=${spec.fps}/1`;
  const pads = cells.flatMap((r, i) => [
    `sink_${i}::xpos=${r.left}`,
    `sink_${i}::ypos=${r.top}`,
    `sink_${i}::width=${r.width}`,
    `sink_${i}::height=${r.height}`,
  ]);
  const encoder = ['x264enc', 'speed-preset=veryfast', `bitrate=${outputBitrate / 1000}`];
  const head = ['gst-launch-1.0', '-q', 'compositor', 'name=mix', 'background=black', ...pads];
  const tail = ['!', `video/x-raw,format=I420,${size}`, '!', ...encoder, `key-int-max=${spec.fps * gopSeconds}`];
  const file = ['!', 'video/x-h264,stream-format=byte-stream', '!', 'filesink', `location=${out}`];
  return [...head, ...tail, ...file, ...cells.flatMap((_, i) => inputOf(spec, i))];
}

/** The compositor scales by itself, tile by tile, in its own threads. */
function inputOf(spec: MixCase, i: number): string[] {
  const decoder = ['qtdemux', '!', 'h264parse', '!', 'avdec_h264', '!', 'queue', '!', `mix.sink_${i}`];
  return ['filesrc', `location=${sceneFile(spec, i)}`, '!', ...decoder];
}
