import { apiError, type ApiError } from './errors.ts';

/** Names and values of a query or a form, decoded; each name once. */
export type Form = ReadonlyMap<string, string>;

/** About twice what the richest request holds. More would only keep the schema busy. */
const maxPairs = 2000;

/**
 * Reads `application/x-www-form-urlencoded` text, a query or a body.
 * @throws {ApiError} InvalidRequest for broken percent-encoding, a name given twice, or too many names.
 */
export function readForm(text: string): Form {
  const parts = text.split('&', maxPairs + 1);
  if (parts.length > maxPairs) throw invalidForm(`more than ${maxPairs} parameters`);
  const form = new Map<string, string>();
  for (const part of parts) {
    if (part === '') continue;
    const [name, value] = readPair(part);
    // Which of two would be meant is anybody's guess, and another reader on the way may have guessed differently.
    if (form.has(name)) throw givenTwice(name);
    form.set(name, value);
  }
  return form;
}

/** The refusal of a name that is given twice, or once with a value and once with members. */
export const givenTwice = (name: string): ApiError => invalidForm(`the parameter \`${name}\` is given twice`);

function readPair(part: string): [name: string, value: string] {
  const at = part.indexOf('=');
  return at < 0 ? [decoded(part), ''] : [decoded(part.slice(0, at)), decoded(part.slice(at + 1))];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw invalidForm('the parameters must be percent-encoded UTF-8');
  }
}

const invalidForm = (reason: string): ApiError => apiError('InvalidRequest', { reason });
