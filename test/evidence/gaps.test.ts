import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gapsOf } from '../../src/evidence/gaps.ts';
import type { Manifest, ManifestChain } from '../../src/evidence/manifest.ts';
import type { TimelineFact } from '../../src/evidence/timeline.ts';
import { wallMs } from '../../src/units.ts';

/** Facts of an epoch with their times. */
const told = (epoch: number, facts: readonly (readonly [number, TimelineFact])[]): Manifest['timeline'] =>
  facts.map(([atMs, fact], index) => ({ ...fact, seq: index + 1, atMs: wallMs(atMs), epoch }));

/** A chain that covers a span. */
const chain = (epoch: number, fromMs: number, toMs: number): ManifestChain => ({
  fileKey: 'mix',
  epoch,
  checks: [
    {
      epoch,
      head: { segments: 1, chain: '' },
      recovered: [],
      fromUs: fromMs * 1000,
      toUs: toMs * 1000,
      faults: [],
      container: 'mp4',
      checkedMs: 0,
    },
  ],
});

const began = (at: number) => [at, { kind: 'epoch-began', recorder: 'r' }] as const;
const ended = (at: number, how: 'drained' | 'failed' | 'stopped') => [at, { kind: 'epoch-ended', how }] as const;

test('a gap between two recorders is told with its reason', () => {
  const timeline = [
    ...told(1, [began(0)]),
    ...told(2, [began(11_000), ended(20_000, 'drained')]),
    ...told(3, [began(22_000), ended(30_000, 'failed')]),
    ...told(4, [began(31_000), ended(40_000, 'stopped')]),
  ];
  const chains = [chain(1, 0, 9_000), chain(2, 11_500, 20_000), chain(3, 22_500, 30_000), chain(4, 29_000, 40_000)];
  assert.deepEqual(gapsOf(timeline, chains), [
    { fromMs: 9_000, toMs: 11_500, reason: 'recorder-lost', epoch: 2, fileKey: 'mix' },
    { fromMs: 20_000, toMs: 22_500, reason: 'recorder-drained', epoch: 3, fileKey: 'mix' },
  ]);
});

test('a room that was away, a disk that refused and pictures that were left out are gaps of their own', () => {
  const refused = { kind: 'disk-refused', userId: '', mediaId: 'mix', reason: 'full' } as const;
  const timeline = told(1, [
    began(0),
    [1_000, { kind: 'room-entered' }],
    [2_000, { kind: 'room-lost', reason: 'gone' }],
    [3_500, { kind: 'room-entered' }],
    [5_000, { kind: 'effort', step: 1 }],
    [6_000, { kind: 'effort', step: 2 }],
    [7_000, { kind: 'effort', step: 0 }],
    [10_000, refused],
    [20_000, refused],
    [50_000, refused],
    [60_000, { kind: 'room-lost', reason: 'gone' }],
    ended(61_000, 'stopped'),
  ]);
  assert.deepEqual(
    gapsOf(timeline, []).map(({ fromMs, toMs, reason, fileKey }) => [fromMs, toMs, reason, fileKey]),
    [
      [2_000, 3_500, 'room-lost', undefined],
      [5_000, 6_000, 'overload', undefined],
      [6_000, 7_000, 'overload', undefined],
      [10_000, 20_000, 'disk-refused', 'mix'],
      [50_000, 50_000, 'disk-refused', 'mix'],
      [60_000, 61_000, 'room-lost', undefined],
    ],
  );
});
