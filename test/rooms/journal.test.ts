import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import type { RoomClient, RoomMoment } from '../../src/presence/messages.ts';
import { RoomJournal } from '../../src/rooms/journal.ts';
import { Visits } from '../../src/rooms/visits.ts';

const client: RoomClient = { terminal: 2, userType: 1, software: 'WHIP', address: '192.0.2.1' };
const room = { sdkAppId: 1, kind: 'number', roomId: '7' } as const;
const never = new AbortController().signal;

function setting(capacity?: number) {
  const clock = new FakeClock();
  const journal: RoomJournal = new RoomJournal(
    clock,
    () => [visits.snapshot()].filter((one) => one !== undefined),
    capacity,
  );
  const visits = new Visits(room, journal);
  const story = async (after = 0): Promise<string[]> => {
    const { entries } = await journal.read({ boot: journal.boot, after }, never);
    return entries.map(({ session, moment }) => `${session} ${short(moment)}`);
  };
  return { clock, journal, visits, story };
}

function short(moment: RoomMoment): string {
  if (moment.kind === 'entered') return `entered ${moment.userId} ${moment.role}`;
  if (moment.kind === 'left') return `left ${moment.userId} ${moment.reason}`;
  if (moment.kind === 'role') return `role ${moment.userId} ${moment.role}`;
  if (moment.kind === 'media') return `${moment.on ? 'starts' : 'stops'} ${moment.media}`;
  return moment.kind;
}

describe('visits', () => {
  test('a room lives from the first who comes to the last who goes, and anew after that', async () => {
    const { visits, story } = setting();
    visits.enter('alice', 'anchor', client);
    visits.enter('bot', 'bot', client);
    visits.leave('alice', 'anchor', 'timeout');
    visits.leave('bot', 'bot', 'removed');
    assert.equal(visits.snapshot(), undefined);
    visits.enter('bot', 'bot', client);
    assert.deepEqual(await story(), [
      '1 created',
      '1 entered alice 20',
      '1 entered bot 21',
      '1 left alice timeout',
      '1 left bot removed',
      '1 destroyed',
      '2 created',
      '2 entered bot 21',
    ]);
  });

  test('one user is there once, however many ways lead in, and changes roles with them', async () => {
    const { visits, story } = setting();
    visits.enter('alice', 'watch 1', client);
    visits.enter('alice', 'watch 2', client);
    visits.enter('alice', 'anchor', client);
    visits.setMedia('alice', 'video', true);
    visits.setMedia('alice', 'video', true);
    visits.leave('alice', 'anchor', 'left');
    visits.leave('alice', 'watch 1', 'left');
    visits.leave('alice', 'watch 1', 'left');
    visits.leave('alice', 'watch 2', 'timeout');
    assert.deepEqual(await story(), [
      '1 created',
      '1 entered alice 21',
      '1 role alice 20',
      '1 starts video',
      '1 stops video',
      '1 role alice 21',
      '1 left alice timeout',
      '1 destroyed',
    ]);
  });

  test('media and leaving of nobody are not told', async () => {
    const { journal, visits } = setting();
    visits.setMedia('alice', 'video', true);
    visits.leave('alice', 'anchor', 'left');
    assert.equal((await journal.read({ boot: 'another', after: 0 }, never)).upTo, 0);
  });
});

describe('the journal', () => {
  test('answers at once with what is new, and holds who knows all for a second', async () => {
    const { clock, journal, visits } = setting();
    visits.enter('alice', 'anchor', client);
    const first = await journal.read({ boot: '', after: 99 }, never);
    assert.deepEqual([first.boot, first.upTo, first.entries.length], [journal.boot, 2, 2]);
    assert.deepEqual(
      first.entries.map(({ seq }) => seq),
      [1, 2],
    );
    let held = true;
    const position = { boot: journal.boot, after: first.upTo };
    const silent = journal.read(position, never).then((page) => ((held = false), page));
    clock.advance(999);
    await new Promise(setImmediate);
    assert.ok(held);
    clock.advance(1);
    assert.deepEqual((await silent).entries, []);
    const next = journal.read(position, never);
    visits.leave('alice', 'anchor', 'left');
    assert.deepEqual(
      (await next).entries.map(({ moment }) => moment.kind),
      ['left', 'destroyed'],
    );
  });

  test('a reader that hung up, and the end of the process, end a hold', async () => {
    const { journal } = setting();
    const gone = new AbortController();
    const hung = journal.read({ boot: journal.boot, after: 0 }, gone.signal);
    gone.abort();
    await hung;
    const held = journal.read({ boot: journal.boot, after: 0 }, never);
    journal.close();
    await held;
    await journal.read({ boot: journal.boot, after: 0 }, never);
  });

  test('gives pages, and a snapshot to who fell behind what it keeps', async () => {
    const { clock, journal, visits } = setting(600);
    visits.enter('alice', 'anchor', client);
    clock.advance(5);
    visits.enter('bob', 'watch 1', client);
    for (let n = 0; n < 550; n += 1) visits.setMedia('alice', 'aux', n % 2 === 0);
    const first = await journal.read({ boot: journal.boot, after: 0 }, never);
    assert.deepEqual([first.upTo, first.entries.length], [500, 500]);
    const second = await journal.read({ boot: journal.boot, after: 500 }, never);
    assert.equal(second.upTo, 553);
    for (let n = 0; n < 1000; n += 1) visits.setMedia('alice', 'video', n % 2 === 0);
    visits.setMedia('alice', 'audio', true);
    const late = await journal.read({ boot: journal.boot, after: 553 }, never);
    assert.deepEqual([late.upTo, late.entries], [1554, []]);
    const createdMs = clock.wallMs() - 5;
    assert.deepEqual(late.snapshot, [
      {
        session: 1,
        room,
        createdMs,
        creator: 'alice',
        present: [
          { userId: 'alice', client, enteredMs: createdMs, role: 20, media: ['audio'] },
          { userId: 'bob', client, enteredMs: createdMs + 5, role: 21, media: [] },
        ],
      },
    ]);
    assert.equal((await journal.read({ boot: 'before', after: 1553 }, never)).snapshot?.length, 1);
  });
});
