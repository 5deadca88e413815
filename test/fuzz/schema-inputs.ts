import type { JsonSchema } from '../../src/admin/openapi.ts';
import type { Dice } from '../kit/fuzz.ts';

/** Inputs made from a JSON Schema: such that fit as far as the schema tells, and such that do not. */
export class SchemaInputs {
  readonly #dice: Dice;
  readonly #named: Readonly<Record<string, JsonSchema>>;
  /** Values that something in the server is called by, by name of the parameter or member. */
  readonly #known: Readonly<Record<string, readonly unknown[]>>;

  constructor(
    dice: Dice,
    named: Readonly<Record<string, JsonSchema>>,
    known: Readonly<Record<string, readonly unknown[]>>,
  ) {
    this.#dice = dice;
    this.#named = named;
    this.#known = known;
  }

  /** A value for the schema; `member` is what it is called. */
  fitting(schema: JsonSchema, member = ''): unknown {
    const known = this.#known[member];
    if (known && this.#dice.chance(0.7)) return this.#dice.pick(known);
    const { $ref, enum: choices, const: only, anyOf, oneOf } = schema as Record<string, unknown>;
    if (typeof $ref === 'string') return this.fitting(this.#named[$ref.split('/').at(-1)!]!, member);
    if (Array.isArray(choices)) return this.#dice.pick(choices);
    if (only !== undefined) return only;
    const either = anyOf ?? oneOf;
    if (Array.isArray(either)) return this.fitting(this.#dice.pick(either as JsonSchema[]), member);
    return this.#ofType(schema);
  }

  /** A value that most likely does not fit. */
  misfit(schema: JsonSchema, member = ''): unknown {
    const value = this.fitting(schema, member);
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && this.#dice.chance(0.8)) {
      return this.#spoiled(value as Record<string, unknown>);
    }
    return this.#dice.pick(STRANGE);
  }

  #spoiled(value: Record<string, unknown>): unknown {
    const names = Object.keys(value);
    if (names.length === 0 || this.#dice.chance(0.2))
      return { ...value, [this.#dice.pick(['x', 'constructor', ''])]: 1 };
    const name = this.#dice.pick(names);
    const inner = value[name];
    if (this.#dice.chance(0.2)) return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
    const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    const spoiled = isObject ? this.#spoiled(inner as Record<string, unknown>) : this.#dice.pick(STRANGE);
    return { ...value, [name]: spoiled };
  }

  #ofType(schema: JsonSchema): unknown {
    const { type } = schema as { readonly type?: string };
    if (type === 'object') return this.#object(schema);
    if (type === 'array') return this.#array(schema);
    if (type === 'integer' || type === 'number') return this.#number(schema);
    if (type === 'boolean') return this.#dice.chance(0.5);
    if (type === 'null') return null;
    return this.#text(schema);
  }

  #object({ properties = {}, required = [] }: JsonSchema): Record<string, unknown> {
    const wanted = Object.entries(properties).filter(([name]) => required.includes(name) || this.#dice.chance(0.5));
    return Object.fromEntries(wanted.map(([name, schema]) => [name, this.fitting(schema, name)]));
  }

  #array({ items, minItems = 0 }: JsonSchema & { readonly minItems?: number; readonly items?: JsonSchema }): unknown[] {
    return Array.from({ length: minItems + this.#dice.below(3) }, () => this.fitting(items ?? {}));
  }

  #number(schema: JsonSchema): number {
    const { minimum = 0, maximum = 1_000_000 } = schema as { readonly minimum?: number; readonly maximum?: number };
    return this.#dice.pick([
      minimum,
      Math.min(maximum, minimum + 1),
      maximum,
      minimum + this.#dice.below(maximum - minimum + 1),
    ]);
  }

  #text(schema: JsonSchema): string {
    const { minLength = 0, maxLength = 40, format } = schema as Readonly<Record<string, never>>;
    if (format === 'uri') return 'http://127.0.0.1:9/c';
    if (format === 'date-time') return '2026-01-02T03:04:05Z';
    const text = this.#dice.pick(TEXTS);
    return text.padEnd(minLength, 'a').slice(0, maxLength);
  }
}

const TEXTS = [
  'a',
  'b-1',
  'abc',
  '#102030',
  'us-east-1',
  'http://127.0.0.1:9/a.png',
  '用户',
  '%',
  "'; --",
  'x'.repeat(40),
];
const STRANGE: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e21,
  Number.MAX_SAFE_INTEGER,
  '',
  '\0',
  '\ud800',
  '../..',
  'x'.repeat(5000),
  [],
  [[]],
  {},
  { a: { b: {} } },
];
