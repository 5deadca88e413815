import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantedOf } from '../../src/recorder/subscription.ts';
import { everybody, type MediumSubscription, type SubscriptionPlan } from '../../src/worker-api/messages.ts';

const lists = (allow: readonly string[], block: readonly string[] = []): MediumSubscription => ({ allow, block });
const ofAudio = (audio: MediumSubscription): SubscriptionPlan => ({ ...everybody, audio });

const rules: readonly {
  readonly why: string;
  readonly audio: MediumSubscription;
  readonly present?: readonly string[];
  readonly heard: readonly string[];
  readonly unheard: readonly string[];
}[] = [
  { why: 'empty lists restrict nothing', audio: lists([]), heard: ['a', ''], unheard: [] },
  { why: 'an allow list excludes the rest', audio: lists(['a', 'b']), heard: ['a', 'b'], unheard: ['c', 'ab', 'A'] },
  { why: 'a block list excludes its users', audio: lists([], ['a']), heard: ['b', 'ab'], unheard: ['a'] },
  { why: 'block wins', audio: lists(['a', 'b'], ['a']), heard: ['b'], unheard: ['a', 'c'] },
  { why: 'a prefix allows', audio: lists(['1.*$']), heard: ['1', '12', '1abc'], unheard: ['2', '21', ''] },
  { why: 'a prefix blocks', audio: lists([], ['1.*$']), heard: ['2', '21'], unheard: ['1', '12', '1abc'] },
  { why: 'an empty prefix is everybody', audio: lists(['.*$']), heard: ['a', ''], unheard: [] },
  { why: 'without $ it is a name', audio: lists(['1.*']), heard: ['1.*'], unheard: ['1', '12'] },
  { why: '^ has no meaning', audio: lists(['^1.*$']), heard: ['^1', '^12'], unheard: ['1', '12'] },
  { why: 'nothing else of a pattern has one', audio: lists(['[ab].*$', 'x?']), heard: ['[ab]c'], unheard: ['a', 'x'] },
  {
    why: 'the exact name makes the prefix void',
    audio: lists(['1.*$']),
    present: ['1.*$', '12'],
    heard: ['1.*$'],
    unheard: ['12', '1'],
  },
  {
    why: 'only for its own entry',
    audio: lists(['1.*$', '2.*$']),
    present: ['1.*$', '12', '22'],
    heard: ['1.*$', '22'],
    unheard: ['12'],
  },
  {
    why: 'in a block list too',
    audio: lists([], ['1.*$']),
    present: ['1.*$', '12'],
    heard: ['12'],
    unheard: ['1.*$'],
  },
];

for (const { why, audio, present = [], heard, unheard } of rules) {
  test(`lists of a subscription: ${why}`, () => {
    const room = new Set(present);
    for (const user of heard)
      assert.deepEqual(wantedOf(ofAudio(audio), user, room), { audio: true, video: true }, user);
    for (const user of unheard)
      assert.deepEqual(wantedOf(ofAudio(audio), user, room), { audio: false, video: true }, user);
  });
}

test('sound and picture are judged apart (contract C39)', () => {
  const plan: SubscriptionPlan = { audio: lists(['a']), video: lists([], ['a']) };
  assert.deepEqual(wantedOf(plan, 'a', new Set()), { audio: true, video: false });
  assert.deepEqual(wantedOf(plan, 'b', new Set()), { audio: false, video: true });
});
