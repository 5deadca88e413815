import { z } from 'zod';
import type { Action, ActionReference } from '../src/api/action.ts';
import { recordingActions } from '../src/api/recording/actions.ts';
import { roomActions } from '../src/api/rooms/actions.ts';
import { usageActions } from '../src/api/usage/actions.ts';
import { vodActions } from '../src/api/vod/actions.ts';
import { cell, table } from './markdown-table.ts';

const HEAD = `# Recording API

<!-- written by \`npm run reference\` from the actions under src/api; edit those -->

The actions of TRTC (version 2019-07-22) and of its media library (VOD, version 2018-07-17) that this server speaks, on path \`/\` of its one port. Use the official SDKs with another endpoint: [Move from TRTC](../guides/move-from-trtc.md) shows how for each language.

- POST with JSON, or GET with a query; signed with TC3-HMAC-SHA256, HmacSHA256 or HmacSHA1. Any region or none, unless \`api.regions\` names some.
- The answer is HTTP 200 with \`{"Response":{…,"RequestId"}}\`, also for [errors](errors.md).
- A parameter that is not listed is refused with \`UnknownParameter\`, never ignored.
- An account may call one action 20 times a second (\`limits.queries_per_second\`).

Every action can answer with the errors of signature (\`AuthFailure.…\`), of the request itself (\`MissingParameter\`, \`UnknownParameter\`, \`InvalidParameter\`, \`InvalidParameter.OutOfRange\`, \`InvalidRequest\`, \`RequestSizeLimitExceeded\`, \`UnsupportedRegion\`) and of rate (\`RequestLimitExceeded\`); each action lists its own. Names in tables are paths: \`A.B\` is a member of \`A\`, \`A[].B\` of each entry of the list \`A\`.
`;

/** Actions only keep what they stand on until they are called. */
const none = {} as never;
const groups: readonly (readonly [title: string, actions: readonly Action[]])[] = [
  ['Recordings', recordingActions(none)],
  ['Rooms', roomActions(none)],
  ['Statistics', usageActions(none)],
  ['Media library', vodActions(none)],
];

/** What the JSON schema of a parameter says of it. */
interface Field {
  readonly type?: string;
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxBytes?: number;
  readonly maxItems?: number;
  readonly form?: string;
  readonly items?: Field;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
}

const WORDS: Readonly<Record<string, string>> = {
  integer: 'integer',
  number: 'number',
  boolean: 'bool',
  object: 'object',
};

function limitsOf({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Field): string {
  if (maximum < Number.MAX_SAFE_INTEGER) return `, ${minimum} to ${maximum}`;
  return minimum > 0 ? `, at least ${minimum}` : '';
}

const textOf = ({ form, maxBytes }: Field): string =>
  [form ? `text, ${form}` : 'text', maxBytes === undefined ? '' : `at most ${maxBytes} bytes`]
    .filter(Boolean)
    .join(', ');

function typeOf(field: Field): string {
  if (field.enum) return field.enum.map((value) => `\`${value}\``).join(', ');
  if (field.type === 'array') {
    const most = field.maxItems === undefined ? '' : `, at most ${field.maxItems}`;
    const entry = typeOf(field.items ?? {}).replace(/, (.*)$/, ' ($1)');
    return `list of ${field.items?.properties ? 'objects' : entry}${most}`;
  }
  if (field.type === 'string') return textOf(field);
  return `${WORDS[field.type ?? ''] ?? 'any'}${field.type === 'integer' ? limitsOf(field) : ''}`;
}

/** A parameter in a row of a table, and what is in it after that. */
function rowsOf(name: string, field: Field, isNeeded: boolean, asked: boolean): string[][] {
  const need = asked ? [isNeeded ? 'yes' : ''] : [];
  const own = [`\`${name}\``, ...need, cell(typeOf(field)), cell(field.description ?? '')];
  return [own, ...membersOf(field, `${name}.`, asked), ...membersOf(field.items ?? {}, `${name}[].`, asked)];
}

/** Known from another action: its members stand there. */
const isElsewhere = ({ description = '' }: Field): boolean => description.startsWith('As in ');

function membersOf(field: Field, prefix: string, asked: boolean): string[][] {
  const { properties = {}, required = [] } = field;
  if (isElsewhere(field)) return [];
  return Object.entries(properties).flatMap(([name, member]) =>
    rowsOf(`${prefix}${name}`, member, required.includes(name), asked),
  );
}

const fieldsOf = (schema: z.ZodType, io: 'input' | 'output'): Field => z.toJSONSchema(schema, { io }) as Field;

function answerPart({ answer }: ActionReference): string[] {
  const rows = membersOf(fieldsOf(answer, 'output'), '', false);
  return rows.length > 0 ? [table([['Answer', 'Type', 'Meaning'], ...rows])] : ['The answer has RequestId alone.\n'];
}

const errorLink = (code: string): string => `[\`${code}\`](errors.md#${code.toLowerCase().replaceAll('.', '')})`;

function errorPart({ errors, twoLevelMissing }: ActionReference, fault: string): string {
  const missing = [...twoLevelMissing].map((name) => `\`${name}\``).join(', ');
  const two = missing ? ` \`MissingParameter\` has a second level for ${missing}.` : '';
  return `Errors: ${[...errors, fault].map(errorLink).join(', ')}.${two}\n`;
}

function section({ name, version, queriesPerSecond, faultCode = 'InternalError', reference }: Action): string {
  if (!reference) throw new Error(`${name} has no reference`);
  const rate = queriesPerSecond === undefined ? '' : ` At most ${queriesPerSecond} calls a second.`;
  const rows = membersOf(fieldsOf(reference.schema, 'input'), '', true);
  return [
    `### ${name}`,
    '',
    `${reference.summary} Version ${version}.${rate}`,
    '',
    table([['Parameter', 'Needed', 'Type', 'Meaning'], ...rows]),
    ...answerPart(reference),
    errorPart(reference, faultCode),
  ].join('\n');
}

/** The page of every action, made from the schemas that judge its parameters. */
export const recordingApiPage = (): string =>
  [HEAD, ...groups.flatMap(([title, actions]) => [`## ${title}\n`, ...actions.map(section)])]
    .join('\n')
    .trimEnd()
    .concat('\n');
