import { setTimeout as sleep } from 'node:timers/promises';
import { startFaultyProxy, type FaultyProxy, type SeenRequest, type Treatment } from '../../test/kit/faulty-proxy.ts';
import { startS3 } from '../../test/kit/s3-server.ts';
import { Closers } from '../../test/kit/closers.ts';
import { emptyRow, type Bench, type Row, type Scenario } from '../scenario.ts';
import { bucketShelf } from '../shelf.ts';
import { addResults, lostInFiles, Stage } from '../stage.ts';

/** What is wrong with a bucket, and for how long. */
interface Trouble {
  readonly name: string;
  readonly seconds: number;
  /** Whether it still is so when the recordings are stopped. */
  readonly over: 'before the stop' | 'after the stop';
  readonly treat: (seen: SeenRequest, count: number) => Treatment;
}

/** Whether a request brings something to the bucket. */
export const isPut = ({ method }: SeenRequest): boolean => method === 'PUT' || method === 'POST';

const troubles: readonly Trouble[] = [
  { name: 'answers 503', seconds: 10, over: 'before the stop', treat: () => ({ status: 503 }) },
  {
    name: 'resets in the middle of a request',
    seconds: 12,
    over: 'before the stop',
    treat: (seen, count) => (isPut(seen) && count % 3 !== 0 ? 'reset-midway' : 'pass'),
  },
  { name: 'is slow', seconds: 15, over: 'after the stop', treat: () => ({ delayMs: 4_000 }) },
  { name: 'denies, then permits', seconds: 45, over: 'after the stop', treat: () => ({ status: 403 }) },
];

/** A bucket that misbehaves while it is filled. */
export const bucketTrouble: Scenario = {
  name: 'bucket',
  does: 'an S3 bucket that is filled with HLS and MP4 answers 503, resets in the middle of a request, is slow, denies',
  async run(bench) {
    const closers = new Closers();
    try {
      const s3 = await startS3(closers);
      const proxy = await startFaultyProxy(closers, s3.host);
      const stage = await Stage.open({ rooms: 1, shelf: bucketShelf(s3, proxy.host) });
      closers.after(() => stage.close());
      const rows: Row[] = [];
      for (const trouble of troubles) rows.push(await suffer(trouble, stage, proxy, bench));
      return rows;
    } finally {
      await closers.close();
    }
  },
};

/** HLS and MP4. */
export const FORMS = 2;

async function suffer(trouble: Trouble, stage: Stage, proxy: FaultyProxy, { random, say }: Bench): Promise<Row> {
  const recordings = await stage.begin();
  await sleep(random.between(4, 6) * 1000);
  const before = proxy.seen.length;
  let count = 0;
  proxy.treat = (seen) => trouble.treat(seen, (count += 1));
  const relief = async (): Promise<void> => {
    if (trouble.over === 'after the stop') await sleep((trouble.seconds * 1000) / 2);
    proxy.treat = () => 'pass';
  };
  await sleep(trouble.over === 'after the stop' ? (trouble.seconds * 1000) / 2 : trouble.seconds * 1000);
  if (trouble.over === 'before the stop') {
    await relief();
    await sleep(4_000);
  }
  const ending = trouble.over === 'after the stop' ? { say, meanwhile: relief } : { say };
  const results = await stage.end(recordings, ending);
  say(`bucket ${trouble.name}: ${proxy.seen.length - before} requests, ${count} of them treated`);
  const row = { ...emptyRow(`bucket ${trouble.name}`, `${trouble.seconds} s`), allowed: 0 };
  return { ...addResults(row, results, FORMS), lost: results.flatMap(lostInFiles) };
}
