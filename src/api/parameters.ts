import type { z } from 'zod';
import { apiError, isMissingCode, type ApiError } from './errors.ts';
import type { FieldFault } from './fields.ts';
import { unflatten } from './flat-form.ts';
import { formOf, type ApiCall } from './call.ts';
import type { Form } from './form.ts';
import { mediaType } from './request.ts';
import { commonNames } from './signature-v1.ts';

/** Deepest level of any parameter: MixLayoutParams.WaterMarkList.0.WaterMarkChar.Chars, and one to spare. */
const maxDepth = 6;
/** Far beyond any request. Megabytes of brackets would hold up every other caller for seconds while they are parsed. */
const maxNesting = 64;
/** Lists are cut here before a schema sees them: none may be as long, and millions of bad entries make millions of issues. */
const maxEntries = 1000;

/** Parameters as they came: JSON data, or the flat form, which only a schema can read (contract §1.4). */
export type RawParameters = { readonly json: unknown } | { readonly flat: Form };

/**
 * The parameters of a call: from the query of a GET, from the form of v1 without what the call says of itself, from the
 * JSON body otherwise, `null` members removed as the Node SDK removes them.
 * @throws {ApiError} InvalidRequest for a query or a body that cannot be read; UnsupportedOperation for other encodings.
 */
export function readParameters({ request, form }: ApiCall): RawParameters {
  if (form) return { flat: new Map([...form].filter(([name]) => !commonNames.has(name))) };
  if (request.method === 'GET') return { flat: formOf(request) };
  const type = mediaType(request.headers);
  if (type !== 'application/json') {
    throw apiError('UnsupportedOperation', { reason: 'with TC3-HMAC-SHA256 the body of a POST is application/json' });
  }
  const value = parseJson(request.body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidBody();
  return { json: withoutNulls(value, maxDepth) };
}

/**
 * The parameters as `schema` describes them. One error is reported, in the order unknown, type, missing, range.
 * `twoLevel` holds the names that have their own MissingParameter code in this action (contract §2.10, D-5).
 * @throws {ApiError} UnknownParameter, InvalidParameter, MissingParameter[.X], InvalidParameter.OutOfRange
 */
export function checkParameters<Schema extends z.ZodType>(
  schema: Schema,
  parameters: RawParameters,
  twoLevel: ReadonlySet<string>,
): z.infer<Schema> {
  const data = 'flat' in parameters ? unflatten(schema, parameters.flat) : parameters.json;
  const result = schema.safeParse(data, { reportInput: true });
  if (result.success) return result.data;
  const found = result.error.issues.map(classify);
  const worst = rank.map((kind) => found.find((fault) => fault.kind === kind)).find((fault) => fault !== undefined);
  throw worst ? toApiError(worst, twoLevel) : invalidBody();
}

/**
 * The error for a missing parameter: two-level when the action knows the code, else bare (contract D-5). The dispatcher
 * makes it bare for all where the configuration says so.
 */
export function missingParameter(path: string, twoLevel: ReadonlySet<string>): ApiError {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const code = `MissingParameter.${name}`;
  return apiError(twoLevel.has(name) && isMissingCode(code) ? code : 'MissingParameter', { parameter: path });
}

type Fault =
  | { readonly kind: 'unknown'; readonly path: string }
  | { readonly kind: 'type'; readonly path: string; readonly expected: string }
  | { readonly kind: 'missing'; readonly path: string }
  | { readonly kind: 'range'; readonly path: string; readonly rule: string };

const rank = ['unknown', 'type', 'missing', 'range'] as const satisfies readonly Fault['kind'][];

/** Type names as the API's own messages spell them. */
const typeNames: Readonly<Record<string, string>> = { number: 'uint64', boolean: 'bool', array: 'list' };

function classify(issue: z.core.$ZodIssue): Fault {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return { kind: 'unknown', path: [...issue.path, issue.keys[0] ?? ''].join('.') };
  }
  if (issue.code === 'custom') return ofField(path, issue.params as FieldFault);
  if (issue.code !== 'invalid_type') return { kind: 'range', path, rule: issue.message };
  if (issue.input === undefined) return { kind: 'missing', path };
  return { kind: 'type', path, expected: typeNames[issue.expected] ?? issue.expected };
}

function ofField(path: string, params: FieldFault): Fault {
  if (params.fault === 'type') return { kind: 'type', path, expected: params.expected };
  if (params.fault === 'missing') return { kind: 'missing', path };
  return { kind: 'range', path, rule: params.rule };
}

function toApiError(fault: Fault, twoLevel: ReadonlySet<string>): ApiError {
  const parameter = fault.path;
  if (fault.kind === 'unknown') return apiError('UnknownParameter', { parameter });
  if (fault.kind === 'type') return apiError('InvalidParameter', { parameter, expected: fault.expected });
  if (fault.kind === 'missing') return missingParameter(parameter, twoLevel);
  return apiError('InvalidParameter.OutOfRange', { parameter, rule: fault.rule });
}

function parseJson(body: Buffer): unknown {
  if (nestsDeeper(body, maxNesting)) throw invalidBody();
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw invalidBody();
  }
}

/** Whether brackets outside of texts nest deeper than `limit`; one pass over the bytes, valid JSON or not. */
function nestsDeeper(body: Buffer, limit: number): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === backslash && inText) at++;
    else if (byte === quote) inText = !inText;
    else if (inText) continue;
    else if (byte === openBrace || byte === openBracket) depth++;
    else if (byte === closeBrace || byte === closeBracket) depth--;
    if (depth > limit) return true;
  }
  return false;
}

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = Buffer.from('"\\{}[]');

/** Goes no deeper than `depth`: what is nested further is of a wrong type anyway and must not cost stack. */
function withoutNulls(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.slice(0, maxEntries).map((entry) => withoutNulls(entry, depth - 1));
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member, depth - 1)]));
}

const invalidBody = (): ApiError => apiError('InvalidRequest', { reason: 'the body must be a JSON object in UTF-8' });
