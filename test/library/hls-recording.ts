import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { tone } from '../codec/sound.ts';
import { camera } from '../single/pictures.ts';
import { at, play, record, tempDir, voice } from '../single/recorder-kit.ts';

/** Pictures of {@link recordedHls}. */
export const hlsPictures = 300;

/** A recording of twelve seconds as the spool has it: a folder with `index.m3u8` and its segments. */
export async function recordedHls(t: TestContext): Promise<string> {
  const dir = join(tempDir(t), 'e1');
  const running = await record(dir);
  const shown = await camera({ from: at(0), count: hlsPictures });
  await play(running, [...shown, ...(await voice(tone(440), 0, 600))], 12_100);
  running.close();
  return dir;
}
