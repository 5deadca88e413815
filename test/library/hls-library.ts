import { readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { AppDirectory } from '../../src/config/apps.ts';
import { tone } from '../codec/sound.ts';
import { camera } from '../single/pictures.ts';
import { at, play, record, tempDir, voice } from '../single/recorder-kit.ts';
import { plan } from '../tasks/fixture.ts';
import { keep, libraryBench, type KeptFile, type LibraryBench } from './library-kit.ts';

/** Pictures of the recording in {@link hlsLibrary}. */
export const hlsPictures = 300;

/** A recording of twelve seconds as the spool has it: a folder with `index.m3u8` and its segments. */
async function recording(t: TestContext): Promise<string> {
  const dir = join(tempDir(t), 'e1');
  const running = await record(dir);
  const shown = await camera({ from: at(0), count: hlsPictures });
  await play(running, [...shown, ...(await voice(tone(440), 0, 600))], 12_100);
  running.close();
  return dir;
}

/** A library with that recording as HLS, its folder in place as a whole. */
export async function hlsLibrary(
  t: TestContext,
  apps?: Pick<AppDirectory, 'app'>,
): Promise<{ b: LibraryBench; file: KeptFile; folder: string }> {
  const b = await libraryBench(t, apps);
  const segments = await recording(t);
  const file = await keep(b, {
    task: { plan: { ...plan, outputs: ['hls'] } },
    place: async (path) => {
      await rm(dirname(path), { recursive: true });
      await rename(segments, dirname(path));
      // Playlist and segments together.
      return { sizeBytes: readFileSync(path).length + 1_000_000, sha256: 'cd'.repeat(32) };
    },
  });
  return { b, file, folder: dirname(file.path) };
}
