import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peopleAt } from '../../src/evidence/people-at.ts';
import type { TimelineFact } from '../../src/evidence/timeline.ts';
import { timelinePicture, type EpochEntry } from '../../src/evidence/timeline-picture.ts';
import { wallMs } from '../../src/units.ts';

const video = (userId: string) => ({ userId, mediaId: 'main', media: 'video' }) as const;
const audio = (userId: string) => ({ userId, mediaId: 'main', media: 'audio' }) as const;
const screen = (userId: string) => ({ userId, mediaId: 'aux', media: 'video' }) as const;

/** Entries of epochs, each told as `[at, fact]`. */
const told = (...epochs: readonly (readonly (readonly [number, TimelineFact])[])[]): EpochEntry[] =>
  epochs.flatMap((facts, index) =>
    facts.map(([at, fact], n) => ({ ...fact, seq: n + 1, atMs: wallMs(at), epoch: index + 1 })),
  );

const began = (at: number, recorder = 'r1'): [number, TimelineFact] => [at, { kind: 'epoch-began', recorder }];
const enters = (at: number, userId: string): [number, TimelineFact] => [
  at,
  { kind: 'anchor-entered', userId, robot: false },
];
const sends = (
  at: number,
  track: ReturnType<typeof video | typeof audio | typeof screen>,
): [number, TimelineFact][] => [
  [at, { kind: 'track-began', ...track, codec: 'h264' }],
  [at, { kind: 'recorded-from', ...track }],
];
const ends = (at: number, track: ReturnType<typeof video | typeof audio | typeof screen>): [number, TimelineFact][] => [
  [at, { kind: 'track-ended', ...track }],
  [at, { kind: 'recorded-until', ...track }],
];

const live = { chains: [], live: true, untilMs: 10_000 };

test('who joins, is muted and leaves has a stay, and a track with what it did', () => {
  const entries = told([
    began(0),
    [10, { kind: 'room-entered' }],
    enters(1000, 'alice'),
    ...sends(1100, audio('alice')),
    [2000, { kind: 'media-paused', ...audio('alice') }],
    [3000, { kind: 'media-resumed', ...audio('alice') }],
    ...ends(5000, audio('alice')),
    [5000, { kind: 'anchor-left', userId: 'alice' }],
    enters(6000, 'bob'),
  ]);
  const { users, gaps, recorders, fromMs, toMs } = timelinePicture({ ...live, entries });
  assert.deepEqual([fromMs, toMs, gaps], [0, 10_000, []]);
  assert.deepEqual(recorders, [{ fromMs: 0, toMs: 10_000, epoch: 1, recorder: 'r1', how: 'running' }]);
  assert.deepEqual(
    users.map(({ userId, stays }) => [userId, stays]),
    [
      ['alice', [{ fromMs: 1000, toMs: 5000 }]],
      ['bob', [{ fromMs: 6000, toMs: 10_000 }]],
    ],
  );
  assert.deepEqual(users[0]!.tracks, [
    {
      mediaId: 'main',
      media: 'audio',
      spans: [
        { state: 'sending', recorded: true, fromMs: 1100, toMs: 2000 },
        { state: 'paused', recorded: true, fromMs: 2000, toMs: 3000 },
        { state: 'sending', recorded: true, fromMs: 3000, toMs: 5000 },
      ],
    },
  ]);
});

test('a recorder that is lost is taken over: whoever stayed has one stay, and the gap is told', () => {
  const entries = told(
    [began(0), [10, { kind: 'room-entered' }], enters(100, 'alice'), ...sends(100, video('alice'))],
    [
      began(5000, 'r2'),
      [5400, { kind: 'room-entered' }],
      enters(100, 'alice'),
      ...sends(100, video('alice')),
      [6000, { kind: 'plan-changed', revision: 1 }],
    ],
  );
  const { users, gaps, recorders, marks } = timelinePicture({ ...live, entries });
  assert.deepEqual(users[0]!.stays, [{ fromMs: 100, toMs: 10_000 }]);
  assert.deepEqual(users[0]!.tracks[0]!.spans, [{ state: 'sending', recorded: true, fromMs: 100, toMs: 10_000 }]);
  assert.deepEqual(gaps, [{ fromMs: 5000, toMs: 5400, reason: 'recorder-lost', epoch: 2, open: false }]);
  assert.deepEqual(
    recorders.map(({ how, toMs }) => [how, toMs]),
    [
      ['lost', 5000],
      ['running', 10_000],
    ],
  );
  assert.deepEqual(
    marks.map(({ kind, atMs, revision }) => [kind, atMs, revision]),
    [
      ['takeover', 5000, undefined],
      ['plan-changed', 6000, 1],
    ],
  );
});

test('what a job found of the segments says more of a gap than the entries', () => {
  const entries = told(
    [began(0), [4000, { kind: 'epoch-ended', how: 'drained' }]],
    [began(4500, 'r2'), [4600, { kind: 'room-entered' }]],
  );
  const chain = (epoch: number, fromMs: number, toMs: number) => {
    const span = { fromUs: fromMs * 1000, toUs: toMs * 1000 };
    const check = { epoch, head: { segments: 1, chain: '' }, recovered: [], faults: [], ...span };
    return { fileKey: 'mix', epoch, checks: [{ ...check, container: 'mp4', checkedMs: 1 }] } as const;
  };
  const gaps = (...chains: ReturnType<typeof chain>[]) =>
    timelinePicture({ entries, chains, live: false, untilMs: 9000 }).gaps.map(({ fromMs, toMs }) => [fromMs, toMs]);
  assert.deepEqual(gaps(), [[4000, 4600]]);
  assert.deepEqual(gaps(chain(1, 10, 3900), chain(2, 4700, 8000)), [[3900, 4700]]);
  assert.deepEqual(gaps(chain(1, 10, 4700), chain(2, 4700, 8000)), []);
});

test('a drained recorder leaves a gap from its end; who left meanwhile leaves with it', () => {
  const entries = told(
    [began(0), enters(0, 'alice'), enters(1, 'bob'), [4000, { kind: 'epoch-ended', how: 'drained' }]],
    [began(4500, 'r2'), [4600, { kind: 'room-entered' }], enters(0, 'alice')],
  );
  const { users, gaps } = timelinePicture({ ...live, entries });
  assert.deepEqual(
    users.map(({ stays }) => stays),
    [[{ fromMs: 0, toMs: 10_000 }], [{ fromMs: 1, toMs: 4500 }]],
  );
  assert.deepEqual(gaps, [{ fromMs: 4000, toMs: 4600, reason: 'recorder-drained', epoch: 2, open: false }]);
});

test('a room that is out of reach is a gap up to now', () => {
  const lost = told([began(0), enters(0, 'alice'), [3000, { kind: 'room-lost', reason: 'cut' }]]);
  assert.deepEqual(timelinePicture({ ...live, entries: lost }).gaps, [
    { fromMs: 3000, toMs: 10_000, reason: 'room-lost', epoch: 1, open: true },
  ]);
  const back = [...lost, { kind: 'room-entered', seq: 4, atMs: wallMs(4000), epoch: 1 } as const];
  assert.deepEqual(timelinePicture({ ...live, entries: back }).gaps, [
    { fromMs: 3000, toMs: 4000, reason: 'room-lost', epoch: 1, open: false },
  ]);
});

test('where somebody is seen changes with the layout, and ends with the task', () => {
  const at = (userId: string, left: number) =>
    ({ userId, mediaId: 'main', video: true, left, top: 0, width: 320, height: 360 }) as const;
  const entries = told([
    began(0),
    enters(0, 'alice'),
    [100, { kind: 'layout', pictures: [at('alice', 0)] }],
    [200, { kind: 'layout', pictures: [at('alice', 0), at('bob', 320), at('', 0)] }],
    [300, { kind: 'layout', pictures: [at('bob', 0)] }],
    [500, { kind: 'epoch-ended', how: 'stopped' }],
  ]);
  const { users } = timelinePicture({ entries, chains: [], live: false, untilMs: 500 });
  const seen = users.map(({ userId, seen: [own] }) => [
    userId,
    own?.spans.map(({ fromMs, toMs, left }) => [fromMs, toMs, left]),
  ]);
  assert.deepEqual(seen, [
    ['alice', [[100, 300, 0]]],
    [
      'bob',
      [
        [200, 300, 320],
        [300, 500, 0],
      ],
    ],
  ]);
});

test('a day in which a microphone changes every second is bounded, and what is long keeps its state', () => {
  const facts: [number, TimelineFact][] = [began(0), enters(0, 'alice'), ...sends(0, audio('alice'))];
  for (let at = 3_600_000; at < 7_200_000; at += 1000) {
    facts.push([at, { kind: at % 2000 === 0 ? 'media-paused' : 'media-resumed', ...audio('alice') }]);
  }
  const entries = told(facts);
  const day = { entries, chains: [], live: true, untilMs: 86_400_000 };
  const [track] = timelinePicture(day).users[0]!.tracks;
  assert.deepEqual(
    track!.spans.map(({ state, toMs }) => [state, toMs]),
    [
      ['sending', 3_600_000],
      ['changing', 7_199_000],
      ['sending', 86_400_000],
    ],
  );
  const [near] = timelinePicture(day, { fromMs: 3_600_000, toMs: 3_610_000 }).users[0]!.tracks;
  assert.equal(near!.spans.length, 10);
  assert.ok(near!.spans.every(({ fromMs, toMs }) => fromMs >= 3_600_000 && toMs <= 3_610_000));
});

test('more users than have a place are counted', () => {
  const entries = told([began(0), ...Array.from({ length: 5 }, (_, n) => enters(n, `u${n}`))]);
  const { users, hiddenUsers } = timelinePicture({ ...live, entries }, { mostUsers: 3 });
  assert.deepEqual([users.map(({ userId }) => userId), hiddenUsers], [['u0', 'u1', 'u2'], 2]);
});

test('the people of a moment are those that the mix could show then', () => {
  const entries = told([
    began(0),
    enters(100, 'bob'),
    ...sends(100, video('bob')),
    enters(50, 'alice'),
    ...sends(60, audio('alice')),
    ...sends(60, video('alice')),
    ...ends(3000, video('alice')),
    enters(70, 'screen'),
    ...sends(80, screen('screen')),
    enters(90, 'unwanted'),
    [90, { kind: 'track-began', ...video('unwanted'), codec: 'h264' }],
    [2000, { kind: 'media-paused', ...video('bob') }],
    [8000, { kind: 'anchor-left', userId: 'bob' }],
  ]);
  const picture = timelinePicture({ ...live, entries });
  const names = (at: number, media: readonly ('main' | 'aux')[] = ['main', 'aux']) =>
    peopleAt(picture, at, media).map(({ userId, mediaId, hasVideo }) => `${userId} ${mediaId} ${hasVideo}`);
  assert.deepEqual(names(2500), ['alice main true', 'screen aux true', 'bob main true']);
  assert.deepEqual(names(4000), ['alice main false', 'screen aux true', 'bob main true']);
  assert.deepEqual(names(9000), ['alice main false', 'screen aux true']);
  assert.deepEqual(names(2500, ['main']), ['alice main true', 'bob main true']);
  assert.deepEqual(names(10), []);
});
