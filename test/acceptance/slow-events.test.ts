import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSyntheticAnchor, type SyntheticAnchor } from '../../src/synthetic/anchor.ts';
import type { CommittedFile } from '../../src/demo/receiver.ts';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { FLASH_AREA } from '../../src/synthetic/pattern-areas.ts';
import { CallbackReceiver } from '../kit/callback-receiver.ts';
import { contractCase } from '../kit/contract-case.ts';
import { avOffsets, findBeeps, findFlashes } from '../kit/flash-beep.ts';
import { probeFile } from '../kit/media-file.ts';
import { committedFiles, TestServer } from '../kit/server.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { areaInCell, decodeVideo } from '../kit/video-frames.ts';

/**
 * Cases of contract §9 that take more than a minute, all at once: an anchor who sends nothing, receivers that refuse or
 * sleep, a bot whose room cannot be reached, a recording that is split.
 */

const KEY = 'recordkey';
let server: TestServer;
/** Its rooms role is stopped, so that nothing answers. */
let lost: TestServer;
let silent: SyntheticAnchor;
let refusing: CallbackReceiver;
let sleeping: CallbackReceiver;
let garbling: CallbackReceiver;
let quietTask: string;
let lostTask: string;
/** Recorded for two and a half minutes and split by the minute. */
let talker: SyntheticAnchor;
let long: Record<'single' | 'mixed', string>;
const began = { quiet: 0, talk: 0 };

/** Further apps of the same account, each with a receiver of its own. */
const app = (id: number, url: string) => ({ sdk_app_id: id, secret_key: `key of ${id}`, callback: { url, key: KEY } });

before(async () => {
  refusing = await CallbackReceiver.start({ key: KEY, answer: () => ({ status: 500 }) });
  sleeping = await CallbackReceiver.start({ key: KEY, answer: () => ({ delayMs: 6_000 }) });
  garbling = await CallbackReceiver.start({ key: KEY, answer: () => ({ body: '<html>no JSON at all' }) });
  const apps = [app(1_400_000_101, refusing.url), app(1_400_000_102, sleeping.url), app(1_400_000_103, garbling.url)];
  server = await TestServer.start({
    ROOMTAPE_APPS__1: JSON.stringify(apps[0]),
    ROOMTAPE_APPS__2: JSON.stringify(apps[1]),
    ROOMTAPE_APPS__3: JSON.stringify(apps[2]),
    ROOMTAPE_ACCOUNTS__0__APPS: JSON.stringify([1_400_000_000, ...apps.map((one) => one.sdk_app_id)]),
  });
  lost = await TestServer.start();
  lostTask = await lost.record({ roomId: '10024' }, 1);
  await lost.receiver.waitForEvent(lostTask, 301, 10_000);
  for (const pid of lost.process.pids('rooms')) process.kill(pid, 'SIGSTOP');
  for (const { sdk_app_id: sdkAppId } of apps) await server.recordIn(sdkAppId, { roomId: '10017' });
  const hall = { roomId: '10008' };
  const minute = { RecordParams: { MaxMediaFileDuration: 1 } };
  long = { single: await server.record(hall, 1, minute), mixed: await server.record(hall, 2, minute) };
  talker = await forkSyntheticAnchor({ ...server.whip(hall, 'talker'), name: 'talker', colour: '#308050' });
  began.talk = Date.now();
  const room = { roomId: '10005' };
  silent = await startSyntheticAnchor({ ...server.whip(room, 'quiet'), name: 'quiet', colour: '#806040' });
  silent.muteAudio(true, 'stop');
  silent.muteVideo(true, 'stop');
  quietTask = await server.record(room, 1, { RecordParams: { MaxIdleTime: 5 } });
  await server.receiver.waitForEvent(quietTask, 301, 10_000);
  began.quiet = Date.now();
});

after(async () => {
  for (const pid of lost.process.pids('rooms')) process.kill(pid, 'SIGCONT');
  await Promise.all([silent.close(), talker.close()]);
  await Promise.all([server.close(), lost.close(), refusing.close(), sleeping.close(), garbling.close()]);
});

/** When the attempts at a receiver's first message began, in milliseconds after the first one; and their bodies. */
function attempts(receiver: CallbackReceiver): { after: number[]; bodies: Set<string> } {
  const first = receiver.received[0]!;
  const same = receiver.received.filter(({ body }) => body.equals(first.body));
  return {
    after: same.map(({ receivedMs }) => receivedMs - first.receivedMs),
    bodies: new Set(receiver.received.map(({ body }) => body.toString())),
  };
}

contractCase('E19', 'a receiver that answers 200 with garbage has received it', async () => {
  await sleep(12_000);
  assert.equal(attempts(garbling).after.length, 1);
});

contractCase('E17', 'a receiver that refuses is asked at once, then every ten seconds, for a minute', async () => {
  await sleep(62_000);
  const { after: at } = attempts(refusing);
  assert.ok(at[1]! < 1_500, `second attempt after ${at[1]} ms`);
  for (const [i, ms] of at.slice(2).entries()) assert.ok(Math.abs(ms - (i + 1) * 10_000) < 2_500, at.join(' '));
  assert.ok(at.length >= 6 && at.at(-1)! < 60_000, at.join(' '));
  assert.ok(refusing.received.every(({ signed }) => signed));
});

contractCase('E18', 'a receiver that sleeps six seconds has not answered', async () => {
  const { after: at } = attempts(sleeping);
  assert.ok(at.length >= 2 && at[1]! >= 4_500 && at[1]! < 8_000, at.join(' '));
});

contractCase('E5', 'an anchor who sends nothing for a minute keeps the task', async () => {
  await sleep(Math.max(0, began.quiet + 60_000 - Date.now()));
  assert.deepEqual(server.receiver.events(quietTask, 302), []);
  assert.equal(await server.status(quietTask), 'Idle');
});

contractCase('E24', 'a bot whose room cannot be reached for long leaves with 100', async () => {
  const stop = await lost.receiver.waitForEvent(lostTask, 302, 120_000);
  assert.deepEqual(stop.EventInfo.Payload, { LeaveCode: 100 });
});

contractCase(
  'F4 F8',
  'after two and a half minutes, split by the minute: three parts that follow one another',
  async () => {
    await sleep(Math.max(0, began.talk + 150_000 - Date.now()));
    const stops = Object.entries(long).map(
      async ([mode, taskId]) => [mode, await server.stop(taskId, 120_000)] as const,
    );
    for (const [mode, events] of await Promise.all(stops)) {
      const parts = committedFiles(events);
      assert.deepEqual(
        parts.map((part) => /(_\d+)\.mp4$/.exec(part.CacheFile)?.[1]),
        ['_1', '_2', '_3'],
      );
      assert.equal(new Set(parts.map((part) => part.FileId)).size, 3);
      const spans = parts.map((part) => part.EndTimeStamp - part.StartTimeStamp);
      assert.ok(
        Math.abs(spans[0]! - 60_000) < 5_000 && Math.abs(spans[1]! - 60_000) < 5_000,
        `${mode}: ${spans.join(' ')}`,
      );
      for (const [i, part] of parts.entries()) {
        if (i > 0) assert.equal(part.StartTimeStamp, parts[i - 1]!.EndTimeStamp);
        await assertInSync(part, mode);
      }
    }
  },
);

/** Every second of a part has its flash and its beep, together. */
async function assertInSync(part: CommittedFile, mode: string): Promise<void> {
  const path = await server.download(part);
  const probed = await probeFile(path);
  const span = part.EndTimeStamp - part.StartTimeStamp;
  assert.ok(Math.abs(probed.durationUs / 1000 - span) < 250, `${part.CacheFile}: ${probed.durationUs} of ${span}`);
  const source = { left: 0, top: 0, width: 640, height: 360 };
  const cell = mode === 'single' ? source : { left: 0, top: 0, width: 360, height: 640 };
  const flashes = findFlashes(await decodeVideo(path), areaInCell(FLASH_AREA, cell, source));
  const offsets = avOffsets(flashes, findBeeps(await decodeAudio(path), 1000));
  assert.ok(
    offsets.offsetsUs.length >= Math.floor(span / 1000) - 4,
    `${part.CacheFile}: ${offsets.offsetsUs.length} marks`,
  );
  assert.ok(Math.abs(offsets.medianUs) <= 45_000, `${part.CacheFile}: ${offsets.medianUs}`);
}
