import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { ApiError } from '../../src/api/errors.ts';
import { choice, list, optionalText, signed, text, textList, unsigned } from '../../src/api/fields.ts';
import { unflatten } from '../../src/api/flat-form.ts';
import { readForm } from '../../src/api/form.ts';
import { checkParameters } from '../../src/api/parameters.ts';
import { createMissing, createSchema } from '../../src/api/recording/create-request.ts';
import { base } from './recording-api.ts';

const schema = z.strictObject({
  Id: unsigned(),
  Zone: signed({ min: -12, max: 14 }).optional(),
  Mode: choice(1, 2).optional(),
  On: z.boolean().optional(),
  Name: text({ maxBytes: 20 }).optional(),
  Note: optionalText({ maxBytes: 20 }),
  Users: textList(3, { maxBytes: 8 }).optional(),
  Places: list(z.strictObject({ Top: unsigned(), Hidden: z.boolean().optional() }), 3).optional(),
  Deep: z.strictObject({ Deeper: z.strictObject({ Value: unsigned() }).optional() }).optional(),
});

const read = (query: string): unknown => checkParameters(schema, { flat: readForm(query) }, new Set());
const refusal = (query: string): string => {
  try {
    read(query);
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return `${error.code} ${/`([^`]*)`/.exec(error.message)?.[1] ?? ''}`.trim();
  }
  throw assert.fail(`${query} was taken`);
};

test('texts become what the schema’s shape says they were', () => {
  const query =
    'Id=7&Zone=-3&Mode=2&On=True&Name=5&Note=true&Users.0=1&Users.1=b&Places.1.Top=2&Places.0.Top=1&Places.0.Hidden=false&Deep.Deeper.Value=9';
  assert.deepEqual(read(query), {
    Id: 7,
    Zone: -3,
    Mode: 2,
    On: true,
    Name: '5',
    Note: 'true',
    Users: ['1', 'b'],
    Places: [{ Top: 1, Hidden: false }, { Top: 2 }],
    Deep: { Deeper: { Value: 9 } },
  });
  assert.deepEqual(read('Id=0&On=False&Note='), { Id: 0, On: false, Note: '' });
});

test('a list of more than ten entries stays in the order of its indexes', () => {
  const wide = z.strictObject({ L: textList(32, { maxBytes: 8 }) });
  const names = Array.from({ length: 32 }, (_, i) => `u${i}`);
  const query = names.toSorted().map((name) => `L.${name.slice(1)}=${name}`);
  assert.deepEqual(unflatten(wide, readForm(query.join('&'))), { L: names });
});

const cases: readonly (readonly [query: string, refusal: string])[] = [
  // Wrong texts.
  ['Id=x', 'InvalidParameter Id'],
  ['Id=', 'InvalidParameter Id'],
  ['Id=-1', 'InvalidParameter Id'],
  ['Id=1.5', 'InvalidParameter Id'],
  ['Id=1e3', 'InvalidParameter Id'],
  ['Id=0x10', 'InvalidParameter Id'],
  ['Id=007', 'InvalidParameter Id'],
  ['Id=+1', 'InvalidParameter Id'],
  ['Id=%201', 'InvalidParameter Id'],
  ['Id=Infinity', 'InvalidParameter Id'],
  [`Id=${'9'.repeat(400)}`, 'InvalidParameter Id'],
  ['Id=9007199254740993', 'InvalidParameter.OutOfRange Id'],
  ['Id=1&On=TRUE', 'InvalidParameter On'],
  ['Id=1&On=1', 'InvalidParameter On'],
  ['Id=1&On=', 'InvalidParameter On'],
  ['Id=1&Places.0.Top=x', 'InvalidParameter Places.0.Top'],
  // Wrong shapes.
  ['Id.0=1', 'InvalidParameter Id'],
  ['Id=1&Name.a=1', 'InvalidParameter Name'],
  ['Id=1&Users=a', 'InvalidParameter Users'],
  ['Id=1&Users.a=1', 'InvalidParameter Users'],
  ['Id=1&Users.00=1', 'InvalidParameter Users'],
  ['Id=1&Users.-1=1', 'InvalidParameter Users'],
  ['Id=1&Users.=1', 'InvalidParameter Users'],
  ['Id=1&Users.length=1', 'InvalidParameter Users'],
  ['Id=1&Users.__proto__=1', 'InvalidParameter Users'],
  ['Id=1&Users.0.a=1', 'InvalidParameter Users.0'],
  ['Id=1&Places=a', 'InvalidParameter Places'],
  ['Id=1&Places.0=a', 'InvalidParameter Places.0'],
  ['Id=1&Deep=a', 'InvalidParameter Deep'],
  // Unknown names.
  ['Id=1&Foo=1', 'UnknownParameter Foo'],
  ['Id=1&id=1', 'UnknownParameter id'],
  ['Id=1&=1', 'UnknownParameter'],
  ['Id=1&.=1', 'UnknownParameter'],
  ['Id=1&Foo.Bar.0=1', 'UnknownParameter Foo'],
  ['Id=1&Deep.Foo=1', 'UnknownParameter Deep.Foo'],
  ['Id=1&Places.0.Top=1&Places.0.Foo=1', 'UnknownParameter Places.0.Foo'],
  ['Id=1&__proto__=1', 'UnknownParameter __proto__'],
  ['Id=1&__proto__.Mode=9', 'UnknownParameter __proto__'],
  ['Id=1&constructor.prototype.Mode=9', 'UnknownParameter constructor'],
  ['Id=1&Deep.__proto__.Value=9', 'UnknownParameter Deep.__proto__'],
  ['Id=1&toString=1', 'UnknownParameter toString'],
  [`Id=1${'&A.'.padEnd(20_000, 'A.')}=1`, 'UnknownParameter A'],
  // Gaps, and indexes that would be a list of gaps.
  ['Id=1&Users.1=a', 'MissingParameter Users.0'],
  ['Id=1&Users.0=a&Users.2=c', 'MissingParameter Users.1'],
  ['Id=1&Users.999999999=1', 'MissingParameter Users.0'],
  ['Id=1&Users.4294967296=1', 'MissingParameter Users.0'],
  [`Id=1&Users.${'9'.repeat(1000)}=1`, 'MissingParameter Users.0'],
  ['Id=1&Users.0=a&Users.1=b&Users.2=c&Users.3=d', 'InvalidParameter.OutOfRange Users'],
  // What comes twice.
  ['Id=1&Id=1', 'InvalidRequest Id'],
  ['Id=1&Users.0=a&Users.0=b', 'InvalidRequest Users.0'],
  ['Id=1&Deep=a&Deep.Deeper.Value=1', 'InvalidRequest Deep.Deeper.Value'],
  ['Id=1&Deep.Deeper.Value=1&Deep=a', 'InvalidRequest Deep'],
  ['Id=1&%49d=1', 'InvalidRequest Id'],
  // Broken encodings, and more than can be meant.
  ['Id=%', 'InvalidRequest'],
  ['Id=%zz', 'InvalidRequest'],
  ['Id=%ff', 'InvalidRequest'],
  ['Id=%ed%a0%80', 'InvalidRequest'],
  ['%=1', 'InvalidRequest'],
  [`Id=1${'&'.repeat(1_000_000)}`, 'InvalidRequest'],
  // Of several faults, as with JSON: unknown, type, missing, range.
  ['Mode=9&On=x', 'InvalidParameter On'],
  ['Mode=9', 'MissingParameter Id'],
  ['Mode=9&On=x&Foo=1', 'UnknownParameter Foo'],
];

for (const [query, expected] of cases) {
  test(`${query.slice(0, 60)}: ${expected}`, () => assert.equal(refusal(query), expected));
}

test('no index and no name makes more of a form than it is', () => {
  const wide = z.strictObject({ L: z.array(z.strictObject({ M: textList(3, { maxBytes: 8 }) })) });
  const pairs = Array.from({ length: 1999 }, (_, i) => `L.${i}.M.${i + 900}=a`);
  const started = process.memoryUsage().heapUsed;
  const value = unflatten(wide, readForm(pairs.join('&')));
  assert.ok(process.memoryUsage().heapUsed - started < 10_000_000);
  assert.equal((value as { L: unknown[] }).L.length, 1000);
  assert.ok(JSON.stringify(value).length < 100_000);
});

test('nothing of a form reaches a prototype', () => {
  for (const query of ['__proto__.polluted=1', 'constructor.prototype.polluted=1', 'Deep.__proto__.polluted=1'])
    refusal(query);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
});

/** Empty lists and objects vanish in the flat form, so none is in it. */
const richest = base({
  RecordParams: { MaxIdleTime: 30, SubscribeStreamUserIds: { SubscribeAudioUserIds: ['a', 'b.*$'] } },
  MixTranscodeParams: { VideoParams: { Width: 640, Height: 480, Fps: 15, BitRate: 550_000, Gop: 2 } },
  MixLayoutParams: {
    MixLayoutMode: 4,
    MixLayoutList: Array.from({ length: 25 }, (_, i) => ({ Top: i, Left: 0, Width: 10, Height: 10, UserId: `${i}` })),
    WaterMarkList: [{ WaterMarkType: 2, WaterMarkTimestamp: { Pos: 6, TimeZone: -3 } }],
    PureAudioDisableLayout: true,
  },
});

const flat = (value: unknown, name = ''): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, member]) => flat(member, name ? `${name}.${key}` : key))
    : [`${name}=${encodeURIComponent(String(value))}`];

test('every type of CreateCloudRecording comes through the flat form as it does through JSON', () => {
  const form = readForm(flat(richest).join('&'));
  assert.deepEqual(
    checkParameters(createSchema, { flat: form }, createMissing),
    checkParameters(createSchema, { json: richest }, createMissing),
  );
});
