import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RoleName } from '../../src/process/supervisor.ts';
import type { SyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { FLASH_AREA } from '../../src/synthetic/pattern-areas.ts';
import type { CallbackEvent } from '../kit/callback-receiver.ts';
import { contractCase } from '../kit/contract-case.ts';
import { findBeeps, findFlashes } from '../kit/flash-beep.ts';
import { probeFile } from '../kit/media-file.ts';
import { committedFiles, TestServer } from '../kit/server.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { areaInCell, decodeVideo } from '../kit/video-frames.ts';

/** SIGKILL of each child process in the middle of two recordings: the server heals itself and every file comes. */

const ROOM = { roomId: '10001' };
const SOURCE = { width: 640, height: 360 };
let server: TestServer;
let anchors: SyntheticAnchor[] = [];
let early: string;

before(async () => {
  server = await TestServer.start();
  const publish = (name: string, colour: string) =>
    forkSyntheticAnchor({ ...server.whip(ROOM, name), name, colour, reconnect: true });
  anchors = await Promise.all([publish('alice', '#c03030'), publish('bob', '#3040c0')]);
  early = await server.record(ROOM, 1, {}, 'early');
  await server.untilStatus(early, 'InProgress');
  await sleep(2_000);
  await server.stop(early);
});

after(async () => {
  await Promise.all(anchors.map((anchor) => anchor.close()));
  await server?.close();
});

/** Records single and mixed for twelve seconds and kills every process of a role after five. */
async function recordOver(
  role: RoleName,
): Promise<{ single: CallbackEvent[]; mixed: CallbackEvent[]; killedMs: number }> {
  const single = await server.record(ROOM, 1, {}, `single_${role}`);
  const mixed = await server.record(ROOM, 2, {}, `mixed_${role}`);
  await server.untilStatus(mixed, 'InProgress');
  await sleep(5_000);
  const victims = server.process.pids(role);
  assert.ok(victims.length > 0, `no ${role} process found`);
  for (const pid of victims) process.kill(pid, 'SIGKILL');
  const killedMs = Date.now();
  await sleep(7_000);
  const ended = await Promise.all([stopPatiently(single), stopPatiently(mixed)]);
  return { single: ended[0], mixed: ended[1], killedMs };
}

/** As a client must that meets a restarting server. */
async function stopPatiently(taskId: string): Promise<CallbackEvent[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await server.stop(taskId);
    } catch (error) {
      if (attempt === 5) throw error;
      await sleep(500);
    }
  }
}

const types = (events: readonly CallbackEvent[]): number[] => events.map((event) => event.EventType);

async function assertFilesPlay(events: readonly CallbackEvent[], count: number, seconds: number): Promise<void> {
  const files = committedFiles(events);
  assert.equal(files.length, count);
  for (const file of files) {
    const probed = await probeFile(await server.download(file));
    assert.ok(probed.video && probed.audio, file.CacheFile);
    const span = file.EndTimeStamp - file.StartTimeStamp;
    assert.ok(Math.abs(probed.durationUs / 1000 - span) <= 200, `${file.CacheFile}: ${probed.durationUs} of ${span}`);
    assert.ok(span > seconds * 1000, `${file.CacheFile} has only ${span} ms`);
  }
}

async function assertEarlyFilesRemain(): Promise<void> {
  for (const file of committedFiles(server.receiver.events(early))) {
    assert.equal((await fetch(file.VideoUrl, { method: 'HEAD' })).status, 200);
  }
}

/** Seconds of the file without a flash or a beep of the pattern, which has one of each every second. */
async function missingSeconds(events: readonly CallbackEvent[]): Promise<number> {
  const file = committedFiles(events).find((one) => one.UserId === 'alice')!;
  const path = await server.download(file);
  const rect = areaInCell(FLASH_AREA, { left: 0, top: 0, ...SOURCE }, SOURCE);
  const flashes = findFlashes(await decodeVideo(path), rect).length;
  const beeps = findBeeps(await decodeAudio(path), 1000).length;
  const whole = Math.floor((file.EndTimeStamp - file.StartTimeStamp) / 1000);
  return whole - Math.min(flashes, beeps);
}

contractCase('E23', 'recorders killed: the tasks are taken over (306), the files go on over the gap', async () => {
  const { single, mixed } = await recordOver('recorder');
  assert.deepEqual(types(single), [301, 306, 302, 311, 311, 312]);
  assert.deepEqual(types(mixed), [301, 306, 302, 311, 312]);
  await assertFilesPlay(single, 2, 11);
  await assertFilesPlay(mixed, 1, 11);
  const missing = await missingSeconds(single);
  assert.ok(missing <= 4, `${missing} s lost`);
  await assertEarlyFilesRemain();
});

test('the server killed: no recording notices', async () => {
  const { single, mixed } = await recordOver('server');
  assert.deepEqual(types(single), [301, 302, 311, 311, 312]);
  assert.deepEqual(types(mixed), [301, 302, 311, 312]);
  await assertFilesPlay(single, 2, 11);
  await assertFilesPlay(mixed, 1, 11);
  const missing = await missingSeconds(single);
  assert.ok(missing <= 1, `${missing} s lost`);
  await assertEarlyFilesRemain();
});

test('rooms killed: anchors publish again into the same task and files', async () => {
  const { single, mixed } = await recordOver('rooms');
  assert.deepEqual(types(single), [301, 302, 311, 311, 312]);
  assert.deepEqual(types(mixed), [301, 302, 311, 312]);
  await assertFilesPlay(single, 2, 11);
  await assertFilesPlay(mixed, 1, 11);
  const missing = await missingSeconds(single);
  assert.ok(missing <= 6, `${missing} s lost`);
  await assertEarlyFilesRemain();
});
