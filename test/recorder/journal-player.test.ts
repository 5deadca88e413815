import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import { MixJournal } from '../../src/mix-journal/mix-journal.ts';
import { JournalPlayer, type PlayedRecording } from '../../src/recorder/journal-player.ts';
import { feedTrack } from './recorder-kit.ts';
import { at, tempDir } from '../single/recorder-kit.ts';

/** Writes down what it is given. */
function listener(): { calls: string[]; recording: PlayedRecording } {
  const calls: string[] = [];
  const note =
    (name: string) =>
    (...args: readonly unknown[]): void =>
      void calls.push([name, ...args.filter((one) => typeof one === 'string')].join(' '));
  const recording: PlayedRecording = {
    anchorEntered: ({ userId }) => void calls.push(`enter ${userId}`),
    anchorLeft: note('left'),
    openTrack: ({ track }) => {
      calls.push(`open ${track}`);
      return {
        onVideo: () => void calls.push(`video ${track}`),
        onAudio: () => void calls.push(`audio ${track}`),
      };
    },
    closeTrack: ({ track }) => void calls.push(`close ${track}`),
    forgetPictures: note('forget'),
    changeLayout: note('layout'),
    advance: () => false,
    opened: () => Promise.resolve(),
    warmUp: () => false,
  };
  return { calls, recording };
}

function journal(t: TestContext): { dir: string; journal: MixJournal } {
  const dir = join(tempDir(t), 'j1');
  const options = { dir, layout: gridPlan, written: () => undefined, syncWritten: () => Promise.resolve() };
  return {
    dir,
    journal: new MixJournal({ ...options, requestKeyFrame: () => {}, onError: (error) => assert.fail(error) }),
  };
}

const enter = (userId: string, order: number) => ({ userId, order, enteredUs: at(0) });
const picture = (ms: number) => ({ at: at(ms), key: true, codec: 'h264' as const, data: Buffer.alloc(4) });
const sound = (ms: number) => ({ at: at(ms), samples: 960, level: 1, data: Buffer.alloc(4) });

/** Two chunks: bob comes and goes in the first, carol comes in the second. */
async function written(t: TestContext): Promise<string> {
  const { dir, journal: one } = journal(t);
  one.anchorEntered(enter('alice', 1));
  one.trackOpened(feedTrack({ track: 1 }));
  one.video(1, picture(0));
  one.anchorEntered(enter('bob', 2));
  one.trackOpened(feedTrack({ track: 2, userId: 'bob' }));
  one.video(2, picture(1000));
  one.trackClosed(2, at(1500));
  one.anchorLeft('bob', at(1500));
  one.picturesForgotten('alice', at(1600));
  for (const ms of [0, 4000, 5000]) one.tick(at(ms));
  one.layoutChanged(gridPlan, at(5100));
  one.anchorEntered(enter('carol', 3));
  one.trackOpened(feedTrack({ track: 3, userId: 'carol', media: 'audio' }));
  one.audio(3, sound(5200));
  one.audio(3, sound(5900));
  await one.close();
  return dir;
}

const play = async (dir: string, soundFromUs = at(0)): Promise<string[]> => {
  const { calls, recording } = listener();
  const { signal } = new AbortController();
  await new JournalPlayer({ dir, recording, soundFromUs, signal, ready: () => Promise.resolve() }).play();
  return calls;
};

const firstChunk = [
  'enter alice',
  'open 1',
  'video 1',
  'enter bob',
  'open 2',
  'video 2',
  'close 2',
  'left bob',
  'forget alice',
];
const secondChunk = ['layout', 'enter carol', 'open 3', 'audio 3', 'audio 3'];

test('a recording is told everything in the order in which it happened, once', async (t) => {
  assert.deepEqual(await play(await written(t)), [...firstChunk, ...secondChunk]);
});

test('where a chunk is missing the next one says who is there', async (t) => {
  const dir = await written(t);
  rmSync(join(dir, '000001.journal'));
  assert.deepEqual(await play(dir), ['enter alice', 'open 1', ...secondChunk]);
});

test('sound from long before the beginning is left out', async (t) => {
  const calls = await play(await written(t), at(6000));
  assert.equal(calls.filter((call) => call === 'audio 3').length, 1);
});
