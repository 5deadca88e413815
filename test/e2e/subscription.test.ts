import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommittedFile } from '../../src/demo/receiver.ts';
import { layoutPictures } from '../../src/layout/layout-pictures.ts';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { PATCH_AREA } from '../../src/synthetic/pattern-areas.ts';
import type { CallbackEvent } from '../kit/callback-receiver.ts';
import { contractCase } from '../kit/contract-case.ts';
import { findBeeps } from '../kit/flash-beep.ts';
import { probeFile } from '../kit/media-file.ts';
import { committedFiles, SDK_APP_ID, TestServer } from '../kit/server.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { areaInCell, colourDistance, colourOf, decodeVideo, type Rect } from '../kit/video-frames.ts';

/**
 * Alice, Bob and a relay robot in one room, recorded twice through the official SDK: apart, with block lists, and mixed,
 * with an allow list that ModifyCloudRecording replaces twice while everybody goes on.
 */

const ROOM = { roomId: '701' };
const CANVAS = { width: 1280, height: 720 };
const SOURCE = { width: 640, height: 360 };
const ALICE = { userId: 'alice', colour: '#c03030', beepHz: 1000 };
const BOB = { userId: 'bob', colour: '#3040c0', beepHz: 1500 };
const RELAY = { userId: 'relay', colour: '#20a040', beepHz: 2200 };
type Person = typeof ALICE;

interface Session {
  readonly single: readonly CallbackEvent[];
  readonly mixed: readonly CallbackEvent[];
  /** Wall milliseconds at which the API had answered, and of the stop. */
  readonly onlyBob: number;
  readonly everybody: number;
  readonly stopped: number;
}

let server: TestServer;
let session: Session;

before(async () => {
  server = await TestServer.start();
  session = await meet();
});

after(() => server?.close());

const publish = ({ userId, colour, beepHz }: Person, more = '') => {
  const { url, token } = server.whip(ROOM, userId);
  return forkSyntheticAnchor({ url: url + more, token, name: userId, colour, beepHz });
};

async function modify(taskId: string, change: object): Promise<number> {
  const answer = await server.client.ModifyCloudRecording({ SdkAppId: SDK_APP_ID, TaskId: taskId, ...change });
  assert.equal(answer.TaskId, taskId);
  return Date.now();
}

async function meet(): Promise<Session> {
  const lists = (SubscribeStreamUserIds: object) => ({ RecordParams: { SubscribeStreamUserIds } });
  const singleTask = await server.record(
    ROOM,
    1,
    lists({ UnSubscribeAudioUserIds: [BOB.userId], UnSubscribeVideoUserIds: ['al.*$'] }),
  );
  const mixedTask = await server.record(ROOM, 2, {
    ...lists({ SubscribeAudioUserIds: [ALICE.userId], SubscribeVideoUserIds: [ALICE.userId] }),
    MixTranscodeParams: {
      VideoParams: { Width: CANVAS.width, Height: CANVAS.height, Fps: 15, BitRate: 1_500_000, Gop: 5 },
    },
  });
  const anchors = [await publish(RELAY, '&robot=relay'), await publish(BOB), await publish(ALICE)];
  await server.untilStatus(mixedTask, 'InProgress');
  await sleep(5_000);
  const noAlice = { UnSubscribeAudioUserIds: [ALICE.userId], UnSubscribeVideoUserIds: [ALICE.userId] };
  const onlyBob = await modify(mixedTask, { SubscribeStreamUserIds: noAlice });
  await sleep(5_000);
  // What a request does not name goes back to its default: the lists are cleared.
  const everybody = await modify(mixedTask, { MixLayoutParams: { MixLayoutMode: 3 } });
  await sleep(5_000);
  const stopped = Date.now();
  const [single, mixed] = await Promise.all([server.stop(singleTask), server.stop(mixedTask)]);
  await Promise.all(anchors.map((anchor) => anchor.close()));
  return { single, mixed, onlyBob, everybody, stopped };
}

const fileOf = (events: readonly CallbackEvent[], userId: string): CommittedFile => {
  const file = committedFiles(events).find((one) => one.UserId === userId);
  assert.ok(file, `no 311 for ${userId || 'the mix'}`);
  return file;
};

contractCase('C39', 'single: lists judge sound and picture apart, and a relay robot has no file', async () => {
  const files = committedFiles(session.single);
  assert.deepEqual(
    new Map(files.map((file) => [file.UserId, file.TrackType])),
    new Map([
      [ALICE.userId, 'audio'],
      [BOB.userId, 'audio_video'],
    ]),
  );
  assert.equal(files.length, 2);
  const [alice, bob] = await Promise.all(
    [ALICE, BOB].map(({ userId }) => server.download(fileOf(session.single, userId))),
  );
  assert.deepEqual(
    (await probeFile(alice!)).streams.map((stream) => stream.codec),
    ['aac'],
  );
  assert.ok(findBeeps(await decodeAudio(alice!), ALICE.beepHz).length >= 12);
  assert.deepEqual(findBeeps(await decodeAudio(bob!), BOB.beepHz), []);
  const patch = areaInCell(PATCH_AREA, { left: 0, top: 0, ...SOURCE }, SOURCE);
  assert.ok(colourDistance((await decodeVideo(bob!)).colourAt(5_000, patch), colourOf(BOB.colour)) < 40);
});

contractCase('Q10', 'mixed: lists are followed from a second after the API has answered', async () => {
  const file = fileOf(session.mixed, '');
  const path = await server.download(file);
  const [frames, sound] = [await decodeVideo(path), await decodeAudio(path)];
  const { onlyBob, everybody, stopped } = session;
  const spans = [
    { from: onlyBob - 4_000, to: onlyBob, there: [ALICE] },
    { from: onlyBob + 1_000, to: everybody, there: [BOB] },
    { from: everybody + 1_000, to: stopped, there: [BOB, ALICE] },
  ];
  const ms = (wall: number): number => wall - file.StartTimeStamp;
  for (const { from, to, there } of spans) {
    for (const person of [ALICE, BOB, RELAY]) {
      const beeps = findBeeps(sound, person.beepHz).filter(
        ({ onsetUs }) => onsetUs / 1000 >= ms(from) && onsetUs / 1000 < ms(to),
      );
      const expected = there.includes(person) ? Math.floor((to - from) / 1000) - 1 : 0;
      const fits = expected === 0 ? beeps.length === 0 : beeps.length >= expected;
      assert.ok(fits, `${person.userId}: ${beeps.length} beeps from ${ms(from)} to ${ms(to)} ms`);
    }
    for (const { person, cell } of cells(there)) {
      for (const wall of [from + 500, to - 500]) {
        const seen = frames.colourAt(ms(wall), areaInCell(PATCH_AREA, cell, SOURCE));
        const distance = colourDistance(seen, colourOf(person.colour));
        assert.ok(distance < 40, `${person.userId} at ${ms(wall)} ms is ${JSON.stringify(seen)}`);
      }
    }
  }
  assert.ok(Math.abs(file.EndTimeStamp - stopped) <= 300, 'nothing is cut');
  assert.equal(committedFiles(session.mixed).length, 1);
});

/** Where these people are, by entry, in a grid of them alone. */
function cells(people: readonly Person[]): { person: Person; cell: Rect }[] {
  const pictures = people.map((person, order) => ({
    person,
    userId: person.userId,
    mediaId: 'main' as const,
    order,
    hasVideo: true,
  }));
  return layoutPictures(gridPlan, CANVAS, pictures).map(({ picture, rect }) => ({
    person: picture!.person,
    cell: rect,
  }));
}
