import { spliced, textMutations, type Dice } from '../kit/fuzz.ts';
import { base, sdkAppId } from './recording-api.ts';

/** Mutated parameters of the recording actions: JSON bodies, and names and values of the flat form. */

/** Create more often than the others, since it has the richest schema. */
export const fuzzedActions = [
  'CreateCloudRecording',
  'CreateCloudRecording',
  'CreateCloudRecording',
  'DescribeCloudRecording',
  'ModifyCloudRecording',
  'ModifyCloudRecording',
  'DeleteCloudRecording',
] as const;

/** One of them. */
export type FuzzedAction = (typeof fuzzedActions)[number];

const place = { Top: 0, Left: 0, Width: 10, Height: 10 };
const rich = base({
  RecordParams: {
    MaxIdleTime: 30,
    StreamType: 0,
    MediaId: 0,
    SubscribeStreamUserIds: { SubscribeAudioUserIds: ['a'], UnSubscribeVideoUserIds: [] },
  },
  StorageParams: {
    CloudVod: { TencentVod: { ExpireTime: 1, SubAppId: 7, UserDefineRecordId: 'a', SourceContext: 'x' } },
  },
  MixTranscodeParams: {
    VideoParams: { Width: 640, Height: 480, Fps: 15, BitRate: 550_000, Gop: 2 },
    AudioParams: { SampleRate: 1, Channel: 2, BitRate: 64_000 },
  },
  MixLayoutParams: {
    MixLayoutMode: 3,
    MixLayoutList: [{ ...place, UserId: 'u', Alpha: 0 }],
    WaterMarkList: [{ WaterMarkType: 0, WaterMarkImage: { ...place, WaterMarkUrl: 'https://h/a.png' } }],
    PureAudioDisableLayout: false,
  },
});
const { MixLayoutParams, RecordParams } = rich as { MixLayoutParams: object; RecordParams: Record<string, unknown> };
/** Answers as long as some create came since the last delete. */
const task = { SdkAppId: sdkAppId, TaskId: '-task+2..' };
const { SubscribeStreamUserIds } = RecordParams;
const seeds: Readonly<Record<FuzzedAction, readonly object[]>> = {
  CreateCloudRecording: [base(), rich],
  DescribeCloudRecording: [task, { ...task, RecorderKey: 'a' }],
  ModifyCloudRecording: [
    { ...task, MixLayoutParams },
    { ...task, SubscribeStreamUserIds },
  ],
  DeleteCloudRecording: [task],
};
const seedsOf = (action: FuzzedAction): readonly object[] => seeds[action];

const jsonFragments = [
  'null',
  'true',
  '-1',
  '-0',
  '1e999',
  '0.1',
  '9007199254740993',
  '18446744073709551615',
  '""',
  '"\\ud800"',
  '"\\u0000"',
  '[]',
  '{}',
  '[null]',
  '{"__proto__":{"a":1}}',
  '{"constructor":1}',
  `"${'x'.repeat(5000)}"`,
  '['.repeat(3000) + ']'.repeat(3000),
  '{"a":'.repeat(200) + '1' + '}'.repeat(200),
  `[${'1,'.repeat(3000)}1]`,
  '"会议/1"',
] as const;

type Mutation = (body: string, dice: Dice) => string;

/** Swaps one JSON value for a fragment, so that most bodies stay JSON and reach the schema. */
const swapValue: Mutation = (body, dice) => {
  const { index, 1: old = '' } = dice.pick([...body.matchAll(/:("[^"]*"|-?\d+|true|false)/g)]);
  return spliced(body, index + 1, old.length, dice.pick(jsonFragments));
};
const renameMember: Mutation = (body, dice) => {
  const { index, 0: old } = dice.pick([...body.matchAll(/"[A-Z]\w+":/g)]);
  return spliced(body, index, old.length, `"${dice.pick(['Foo', '__proto__', 'toString', '', '\\u0000', '🙂'])}":`);
};
const dropMember: Mutation = (body, dice) => {
  const { index, 0: old } = dice.pick([...body.matchAll(/"[A-Z]\w+":("[^"]*"|\d+),/g)]);
  return spliced(body, index, old.length, '');
};
const jsonMutations = [swapValue, swapValue, swapValue, swapValue, renameMember, dropMember, ...textMutations] as const;

/** A JSON body with one or two changes, sometimes of bytes that are no UTF-8. */
export function mutatedBody(action: FuzzedAction, dice: Dice): Buffer {
  let body = JSON.stringify(dice.pick(seedsOf(action)));
  for (let left = 1 + dice.below(2); left > 0; left--) {
    const mutate = dice.pick(jsonMutations);
    if (/"[A-Z]\w+":("[^"]*"|\d+),/.test(body)) body = mutate(body, dice);
  }
  return Buffer.from(body, dice.chance(0.9) ? 'utf8' : 'latin1');
}

const textFragments = [
  '',
  '0',
  '-1',
  '007',
  '1e999',
  '0.1',
  '9'.repeat(400),
  '9007199254740993',
  'true',
  'True',
  'null',
  'undefined',
  '[]',
  '{}',
  '\0',
  'a&b=c',
  '%',
  'x'.repeat(5000),
  '会议/1',
] as const;
const nameParts = [
  '0',
  '1',
  '999999999',
  '4294967295',
  '00',
  '-1',
  '1e3',
  '',
  '__proto__',
  'constructor',
  'prototype',
  'length',
  'toString',
  'Foo',
  '🙂',
  'A.'.repeat(2000),
] as const;

type Pair = [name: string, value: string];

/** Names with dots and values as texts; empty lists and objects vanish. */
const flattened = (value: unknown, name = ''): Pair[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, member]) => flattened(member, name ? `${name}.${key}` : key))
    : [[name, String(value)]];

const pairMutations: readonly ((pairs: Pair[], at: number, dice: Dice) => void)[] = [
  (pairs, at, dice) => void (pairs[at]![1] = dice.pick(textFragments)),
  (pairs, at, dice) => void (pairs[at]![1] = dice.pick(textFragments)),
  (pairs, at, dice) => void (pairs[at]![0] += `.${dice.pick(nameParts)}`),
  (pairs, at, dice) => {
    const parts = pairs[at]![0].split('.');
    parts[dice.below(parts.length)] = dice.pick(nameParts);
    pairs[at]![0] = parts.join('.');
  },
  (pairs, at) => void pairs.splice(at, 1),
  (pairs, at) => void pairs.push([...pairs[at]!]),
  (pairs, at, dice) => {
    const count = dice.pick([10, 100, 3000]);
    for (let i = 0; i < count; i++) pairs.push([`${pairs[at]![0]}.${i * dice.pick([1, 1, 7])}`, 'x']);
  },
];

/** Names and values of the flat form with one or two changes; a name may come twice. */
export function mutatedPairs(action: FuzzedAction, dice: Dice): readonly Pair[] {
  const pairs = flattened(dice.pick(seedsOf(action)));
  for (let left = 1 + dice.below(2); left > 0 && pairs.length > 0; left--) {
    // The changes that make most pairs are rare, or nothing else is tried.
    const mutation =
      pairMutations[dice.chance(0.03) ? pairMutations.length - 1 : dice.below(pairMutations.length - 1)]!;
    mutation(pairs, dice.below(pairs.length), dice);
  }
  return pairs;
}
