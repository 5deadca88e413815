import { setTimeout as sleep } from 'node:timers/promises';
import { Closers } from '../../test/kit/closers.ts';
import { startFaultyProxy, type FaultyProxy } from '../../test/kit/faulty-proxy.ts';
import { startS3 } from '../../test/kit/s3-server.ts';
import { signal } from '../processes.ts';
import { emptyRow, type Bench, type Row, type Scenario } from '../scenario.ts';
import { bucketShelf } from '../shelf.ts';
import { addResults, lostInFiles, Stage } from '../stage.ts';
import { FORMS, isPut } from './bucket.ts';

/** Bits a second that make a file of several parts in {@link RECORD_MS}: more than 16 MB. */
const BITRATE = 7_000_000;
const RECORD_MS = 24_000;
/** How long each part takes, so that a kill falls into one. */
const PART_MS = 1_500;

/** The recorders die while a large file is on its way into a bucket, part by part. */
export const uploadKill: Scenario = {
  name: 'upload-kill',
  does: 'SIGKILL of all recorders while one of them sends a large MP4 to an S3 bucket in parts',
  async run(bench) {
    const kills = bench.effort.kills ?? (bench.effort.quick ? 1 : 3);
    const closers = new Closers();
    try {
      const s3 = await startS3(closers);
      const proxy = await startFaultyProxy(closers, s3.host);
      const stage = await Stage.open({ rooms: 1, bitrate: BITRATE, shelf: bucketShelf(s3, proxy.host) });
      closers.after(() => stage.close());
      let row: Row = { ...emptyRow('recorders killed in an upload in parts', `${kills} kills`), allowed: 0 };
      for (let index = 0; index < kills; index += 1) row = await killOnce(row, stage, proxy, bench);
      return [row];
    } finally {
      await closers.close();
    }
  },
};

async function killOnce(row: Row, stage: Stage, proxy: FaultyProxy, bench: Bench): Promise<Row> {
  const recordings = await stage.begin(['single']);
  await sleep(RECORD_MS);
  const before = proxy.seen.length;
  const inPart = bench.random.pick([1, 2, 3]);
  proxy.treat = (seen) => (isPut(seen) && seen.url.includes('partNumber=') ? { delayMs: PART_MS } : 'pass');
  const meanwhile = async (): Promise<void> => {
    await untilPart(proxy, before, inPart);
    await sleep(bench.random.between(0, PART_MS));
    for (const pid of stage.server.process.pids('recorder')) signal(pid, 'SIGKILL');
    proxy.treat = () => 'pass';
  };
  const results = await stage.end(recordings, { say: bench.say, meanwhile });
  const parts = proxy.seen.slice(before).filter(({ url }) => url.includes('partNumber=')).length;
  bench.say(`upload-kill: killed in part ${inPart}, ${parts} parts were sent in all`);
  return { ...addResults(row, results, FORMS), lost: [...row.lost, ...results.flatMap(lostInFiles)] };
}

async function untilPart(proxy: FaultyProxy, since: number, part: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!proxy.seen.slice(since).some(({ url }) => url.includes(`partNumber=${part}`))) {
    if (Date.now() > deadline) throw new Error(`part ${part} of the file was never on its way`);
    await sleep(20);
  }
}
