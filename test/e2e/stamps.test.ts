import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSyntheticAnchor } from '../../src/synthetic/anchor.ts';
import type { CommittedFile } from '../../src/demo/receiver.ts';
import { committedFiles, TestServer } from '../kit/server.ts';

const ROOM = { roomId: '905' };

interface Stay {
  /** Wall milliseconds of the first and the last picture, as the sender sent them. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Publishes pictures alone for some seconds and leaves; says when it really sent. */
async function stay(server: TestServer, userId: string, seconds: number): Promise<Stay> {
  const sent: number[] = [];
  const { url, token } = server.whip(ROOM, userId);
  const options = { url, token, name: userId, colour: '#308050', audio: false, fps: 25 };
  const anchor = await startSyntheticAnchor(options, { onPicture: (_, at) => sent.push(at / 1000) });
  await sleep(seconds * 1000);
  await anchor.close();
  return { firstMs: sent[0]!, lastMs: sent.at(-1)! };
}

function assertStamps(file: CommittedFile | undefined, stay: Stay): void {
  assert.ok(file);
  const begins = file.StartTimeStamp - stay.firstMs;
  const ends = file.EndTimeStamp - stay.lastMs;
  assert.ok(Math.abs(begins) <= 100, `${file.UserId} begins ${begins} ms late`);
  // The last picture lasts until its sender has left, a picture's length later or a little more.
  assert.ok(Math.abs(ends - 40) <= 100, `${file.UserId} ends ${ends} ms after its last picture`);
}

test('the stamps of 311 are right to 100 ms of when the sender really sent, whenever the recording began', async (t) => {
  const server = await TestServer.start();
  t.after(() => server.close());
  const single = await server.record(ROOM, 1);
  const mixed = await server.record(ROOM, 2);
  // Anchors come and go while both record; a machine that stalls them is seen in their own times.
  const alice = await stay(server, 'alice', 4);
  await sleep(1500);
  const bob = await stay(server, 'bob', 3);
  const [files, [mix]] = [committedFiles(await server.stop(single)), committedFiles(await server.stop(mixed))];
  const of = (userId: string): CommittedFile | undefined => files.find((file) => file.UserId === userId);
  assertStamps(of('alice'), alice);
  assertStamps(of('bob'), bob);
  assertStamps(mix, { firstMs: alice.firstMs, lastMs: bob.lastMs });
});
