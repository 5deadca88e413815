import type { Dice } from './fuzz.ts';

/** What a mutation may draw on besides the input. */
export interface Material {
  readonly words: readonly (string | Uint8Array)[];
  /** Another input of the pool. */
  readonly other: Buffer;
}

/** Changes bytes; gives new memory or changes the input in place. */
export type ByteMutation = (input: Buffer, dice: Dice, material: Material) => Buffer;

const numbers = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] as const;
const texts = [
  '',
  '0',
  '-1',
  '1e999',
  '4294967296',
  '9'.repeat(30),
  'null',
  '[[[[',
  '\0',
  '..',
  '/',
  '🙂',
  '__proto__',
];

const place = (input: Buffer, dice: Dice): number => dice.below(input.length + 1);

const spliced = (input: Buffer, at: number, removed: number, added: Uint8Array): Buffer =>
  Buffer.concat([input.subarray(0, at), added, input.subarray(at + removed)]);

/** Of a byte near the beginning most often, where headers are. */
function overwrite(input: Buffer, dice: Dice): Buffer {
  const reach = dice.chance(0.6) ? Math.min(48, input.length) : input.length;
  if (reach > 0) input[dice.below(reach)] = dice.below(256);
  return input;
}

function flipBit(input: Buffer, dice: Dice): Buffer {
  const at = dice.below(Math.max(1, input.length));
  if (input.length > 0) input[at] = input[at]! ^ (1 << dice.below(8));
  return input;
}

function writeNumber(input: Buffer, dice: Dice): Buffer {
  const [size, value] = [dice.pick([1, 2, 4]), dice.pick(numbers)];
  if (input.length < size) return input;
  const at = dice.below(input.length - size + 1);
  const cut = value % 2 ** (8 * size);
  if (dice.chance(0.5)) input.writeUIntBE(cut, at, size);
  else input.writeUIntLE(cut, at, size);
  return input;
}

/** Another number where the input has one in digits. */
function replaceDigits(input: Buffer, dice: Dice): Buffer {
  const from = place(input, dice);
  const found = /-?\d+(?:\.\d+)?/.exec(input.toString('latin1', from, from + 400));
  if (!found) return input;
  return spliced(
    input,
    from + found.index,
    found[0].length,
    Buffer.from(dice.pick([...texts, String(dice.below(300))])),
  );
}

function insertWord(input: Buffer, dice: Dice, { words }: Material): Buffer {
  const word = dice.pick([...words, ...texts]);
  const bytes = typeof word === 'string' ? Buffer.from(word) : word;
  return spliced(input, place(input, dice), dice.chance(0.5) ? 0 : bytes.length, bytes);
}

/** One line of a text gone, twice there, or put elsewhere. */
function moveLine(input: Buffer, dice: Dice): Buffer {
  const lines = input.toString('latin1').split('\n');
  const at = dice.below(lines.length);
  const line = lines[at]!;
  if (dice.chance(0.6)) lines.splice(at, 1);
  if (dice.chance(0.6)) lines.splice(dice.below(lines.length + 1), 0, line);
  return Buffer.from(lines.join('\n'), 'latin1');
}

function repeatPart(input: Buffer, dice: Dice): Buffer {
  const at = place(input, dice);
  const part = input.subarray(at, at + 1 + dice.below(200));
  return spliced(input, at, 0, Buffer.concat(Array.from({ length: 1 + dice.below(20) }, () => part)));
}

const values: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  '',
  '0',
  '..',
  '../x',
  'x'.repeat(300),
  '\0',
  '\ud800',
  '🙂',
  [],
  {},
  [[]],
];

/** One member of the JSON in a text gone, or with another value; nothing where there is no JSON. */
function changeMember(input: Buffer, dice: Dice): Buffer {
  const text = input.toString();
  const at = Math.max(0, text.indexOf('{'));
  let whole: unknown;
  try {
    whole = JSON.parse(text.slice(at));
  } catch {
    return input;
  }
  for (let node = whole; typeof node === 'object' && node !== null;) {
    const keys = Object.keys(node);
    const [parent, key] = [node as Record<string, unknown>, keys.length === 0 ? 'x' : dice.pick(keys)];
    const child = parent[key];
    const isDeep = typeof child === 'object' && child !== null && dice.chance(0.7);
    if (!isDeep && dice.chance(0.2)) Reflect.deleteProperty(parent, key);
    else if (!isDeep) parent[key] = dice.pick(values);
    node = isDeep ? child : undefined;
  }
  return Buffer.from(text.slice(0, at) + JSON.stringify(whole));
}

/** Mutations for bytes and texts alike, that know no grammar but JSON's. */
export const byteMutations: readonly ByteMutation[] = [
  overwrite,
  overwrite,
  flipBit,
  writeNumber,
  replaceDigits,
  insertWord,
  insertWord,
  moveLine,
  changeMember,
  changeMember,
  changeMember,
  repeatPart,
  (input, dice) => input.subarray(0, place(input, dice)),
  (input, dice) => spliced(input, place(input, dice), 1 + dice.below(20), Buffer.alloc(0)),
  (input, dice, { other }) =>
    Buffer.concat([input.subarray(0, place(input, dice)), other.subarray(place(other, dice))]),
];
