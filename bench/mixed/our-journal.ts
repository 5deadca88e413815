import { join } from 'node:path';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import { MixJournal } from '../../src/mix-journal/mix-journal.ts';
import { wallUs } from '../../src/units.ts';
import { encodeVoice, tone } from '../../test/mixed/synthetic-media.ts';
import { measureHere, zero, type MixCase, type MixResult } from './mix-case.ts';
import { camerasOf } from './scenes.ts';

/** The journal takes so little that a few seconds of it are the compiler's work. */
const ROUNDS = 10;

/** What the journal of a mix costs beside it: everybody's pictures and voices onto the disk, as a recorder does it. */
export async function runJournal(spec: MixCase): Promise<MixResult> {
  const cameras = camerasOf(spec);
  const voice = await encodeVoice(tone(440, 0.3), spec.seconds, zero);
  let begun = zero;
  let now = zero;
  const journal = new MixJournal({
    dir: join(spec.dir, `journal-${process.pid}`),
    layout: gridPlan,
    written: () => wallUs(now - 2_000_000),
    syncWritten: () => Promise.resolve(),
    requestKeyFrame: () => {},
    onError: (error) => {
      throw error;
    },
  });
  const base = { userId: 'u', mediaId: 'main', sessionId: 's', startedUs: zero } as const;
  cameras.forEach((_, i) => {
    journal.trackOpened({ ...base, track: i, media: 'video', codec: 'h264', clockRate: 90_000 });
    journal.trackOpened({ ...base, track: 100 + i, media: 'audio', codec: 'opus', clockRate: 48_000 });
  });
  const work = async (): Promise<void> => {
    const sounds = [...voice];
    for (let k = 0; k < spec.seconds * spec.fps; k++) {
      const offset = cameras[0]![k]!.at - zero;
      now = wallUs(begun + offset);
      cameras.forEach((source, i) => journal.video(i, { ...source[k]!, at: now }));
      for (; sounds[0] && sounds[0].at - zero <= offset; sounds.shift()) {
        for (let i = 0; i < spec.users; i++) journal.audio(100 + i, { ...sounds[0], at: now });
      }
      // As often as a recorder's timer.
      if (Math.floor((k * 10) / spec.fps) !== Math.floor(((k - 1) * 10) / spec.fps)) journal.tick(now);
      if (k % spec.fps === 0) await journal.settled();
    }
    begun = wallUs(now + 1_000_000 / spec.fps);
  };
  await work();
  const before = journal.stats.bytes;
  const { cpu, ...others } = await measureHere(
    spec,
    async () => {
      for (let round = 0; round < ROUNDS; round++) await work();
      return { bytes: (journal.stats.bytes - before) / spec.seconds / ROUNDS, pictures: 0 };
    },
    0,
  );
  await journal.remove();
  return { ...others, cpu: cpu / ROUNDS };
}
