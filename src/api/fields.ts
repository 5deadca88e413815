import { z } from 'zod';

/**
 * Builders for the parameters of actions. They only judge and never convert, so that a later step can read the shape
 * of a schema to decode the flat form (contract §1.4). Their limits go into the schema's metadata too, from which the
 * reference is made. Faults that zod has no word for travel as {@link FieldFault}.
 */

/** `params` of a custom issue: how a value is wrong. `rule` completes "out of range: …"; `limit` is it without words. */
export type FieldFault =
  | { readonly fault: 'type'; readonly expected: string }
  | { readonly fault: 'missing' }
  | { readonly fault: 'range'; readonly rule: string; readonly limit?: FieldLimit };

/** What was exceeded, for those who say it in a language of their own. */
export type FieldLimit =
  | { readonly kind: 'between'; readonly min: number; readonly max: number }
  | { readonly kind: 'choices'; readonly choices: readonly number[] }
  | { readonly kind: 'bytes'; readonly max: number }
  | { readonly kind: 'entries'; readonly max: number };

const issue = (input: unknown, params: FieldFault) => ({ code: 'custom' as const, input, params: { ...params } });

const notBetween = (min: number, max: number): FieldFault => ({
  fault: 'range',
  rule: `it must be between ${min} and ${max}`,
  limit: { kind: 'between', min, max },
});

/** Bounds of an integer, both included. */
export interface IntegerRange {
  readonly min?: number;
  readonly max?: number;
}

/** An unsigned integer (contract §2): a fraction or a negative number is of the wrong type, not out of range (T20). */
export const unsigned = ({ min = 0, max = Number.MAX_SAFE_INTEGER }: IntegerRange = {}) =>
  z
    .number()
    .check(({ value, issues }) => {
      if (!Number.isInteger(value) || value < 0) issues.push(issue(value, { fault: 'type', expected: 'uint64' }));
      else if (value < min || value > max) issues.push(issue(value, notBetween(min, max)));
    })
    .meta({ type: 'integer', minimum: min, maximum: max });

/** A signed integer within bounds. */
export const signed = ({ min, max }: Required<IntegerRange>) =>
  z
    .number()
    .check(({ value, issues }) => {
      if (!Number.isInteger(value)) issues.push(issue(value, { fault: 'type', expected: 'int64' }));
      else if (value < min || value > max) issues.push(issue(value, notBetween(min, max)));
    })
    .meta({ type: 'integer', minimum: min, maximum: max });

/** An unsigned integer that is one of `choices`. */
export const choice = (...choices: readonly number[]) =>
  z
    .number()
    .check(({ value, issues }) => {
      if (!Number.isInteger(value) || value < 0) issues.push(issue(value, { fault: 'type', expected: 'uint64' }));
      else if (!choices.includes(value)) {
        const rule = `it must be one of ${choices.join(', ')}`;
        issues.push(issue(value, { fault: 'range', rule, limit: { kind: 'choices', choices } }));
      }
    })
    .meta({ enum: [...choices] });

/** What a text must be. */
export interface TextRule {
  /** Limit in bytes of UTF-8; 10 MB bodies are legal, so nearly every text needs one. */
  readonly maxBytes: number;
  readonly pattern?: RegExp;
  /** Completes "it must be …" when the pattern does not match. */
  readonly form?: string;
  /** Passed through to somebody else unread, so control characters such as line ends may be in it. */
  readonly opaque?: boolean;
}

/** What the reference says of a text, as members of its JSON schema (docs/reference/recording-api.md). */
const shown = ({ maxBytes, form }: TextRule): { maxBytes?: number; form?: string } => ({
  ...(Number.isFinite(maxBytes) ? { maxBytes } : {}),
  ...(form ? { form } : {}),
});

/** The console judges with this too, where there is no Buffer. A unit of UTF-16 is at most three bytes of UTF-8. */
const isLonger = (value: string, maxBytes: number): boolean =>
  value.length > maxBytes || (value.length * 3 > maxBytes && new TextEncoder().encode(value).length > maxBytes);

/** Why a text breaks its rule, or undefined. Lone surrogates have no UTF-8 and control characters belong in no name. */
export function textFault(
  value: string,
  { maxBytes, pattern, form, opaque = false }: TextRule,
): FieldFault | undefined {
  if (isLonger(value, maxBytes)) {
    return { fault: 'range', rule: `it must be at most ${maxBytes} bytes`, limit: { kind: 'bytes', max: maxBytes } };
  }
  if (!value.isWellFormed() || (!opaque && /\p{Cc}/u.test(value))) {
    return { fault: 'range', rule: 'it must be Unicode text without control characters' };
  }
  if (pattern && !pattern.test(value)) return { fault: 'range', rule: `it must be ${form ?? String(pattern)}` };
  return undefined;
}

/** A required text; the empty one counts as not given (contract §1.4). */
export const text = (rule: TextRule) =>
  z
    .string()
    .check(({ value, issues }) => {
      const fault = value === '' ? { fault: 'missing' as const } : textFault(value, rule);
      if (fault) issues.push(issue(value, fault));
    })
    .meta(shown(rule));

/** An optional text; the empty one counts as not given, read it with {@link given}. */
export const optionalText = (rule: TextRule) =>
  z
    .string()
    .check(({ value, issues }) => {
      const fault = value === '' ? undefined : textFault(value, rule);
      if (fault) issues.push(issue(value, fault));
    })
    .meta(shown(rule))
    .optional();

/** A list of texts with at most `max` entries; an empty entry is out of range. */
export const textList = (max: number, rule: TextRule) =>
  list(
    z
      .string()
      .check(({ value, issues }) => {
        const fault =
          value === '' ? ({ fault: 'range', rule: 'it must not be empty' } as const) : textFault(value, rule);
        if (fault) issues.push(issue(value, fault));
      })
      .meta(shown(rule)),
    max,
  );

/** A list with at most `max` entries. */
export const list = <Entry extends z.ZodType>(entry: Entry, max: number) =>
  z
    .array(entry)
    .check(({ value, issues }) => {
      if (value.length <= max) return;
      const rule = `it may have at most ${max} entries`;
      issues.push(issue(value, { fault: 'range', rule, limit: { kind: 'entries', max } }));
    })
    .meta({ maxItems: max });

/** An optional text that was given, or undefined for an absent or empty one. */
export const given = (value: string | undefined): string | undefined => (value === '' ? undefined : value);
