import { openApiDocument, type JsonSchema, type Operation, type Parameter } from '../src/admin/openapi.ts';
import { adminRoutes } from '../src/admin/routes.ts';
import { cell, table } from './markdown-table.ts';

const HEAD = `# Admin API

<!-- written by \`npm run reference\` from src/admin/routes.ts; edit the routes -->

Under \`/admin/v1/\` on the server's one port. Every request has \`Authorization: Bearer TOKEN\`: the first start makes the token, prints it once and keeps it as \`adminToken\` in \`secrets.json\` of the data directory; \`admin.token\` in the configuration is taken instead. From the sixth wrong token on, wrong ones of an address are not looked at for a second, then two, up to a minute.

Bodies and answers are JSON. A refusal is a problem document (RFC 9457, \`application/problem+json\`); with status 400 its \`errors\` name every value that does not fit. Lists come in pages of \`items\`: \`next\` is the \`cursor\` of the following one, null on the last. Times in answers are milliseconds since the epoch; those of requests may be RFC 3339 as well. \`GET /admin/v1/openapi.json\` is this page as OpenAPI 3.1.

\`\`\`sh
curl -H "Authorization: Bearer $TOKEN" 'http://127.0.0.1:8080/admin/v1/callbacks?state=dropped'
curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{"app":1400000001,"from":"2026-01-31T08:00:00Z"}' http://127.0.0.1:8080/admin/v1/callbacks/replay
\`\`\`
`;

const { paths, components } = openApiDocument(adminRoutes);

const oneOf = (values: readonly unknown[]): string => values.map((value) => `\`${String(value)}\``).join(', ');

/** A schema in a few words: its values, its type, or the name of the object that it is. */
function typeOf(schema: JsonSchema): string {
  const { $ref, enum: values, anyOf, type, items, const: constant } = schema;
  if (typeof $ref === 'string') return nameLink($ref.split('/').at(-1)!);
  if (Array.isArray(values)) return oneOf(values);
  if (constant !== undefined) return oneOf([constant]);
  if (Array.isArray(anyOf)) return (anyOf as JsonSchema[]).map(typeOf).join(' or ');
  if (type === 'array') return `list of ${typeOf(items as JsonSchema)}`;
  if (type === 'object' && schema.properties) return `object of ${oneOf(Object.keys(schema.properties))}`;
  return String(type);
}

const nameLink = (name: string): string => `[${name}](#${name.toLowerCase()})`;

const presetOf = ({ default: preset }: JsonSchema): string =>
  preset === undefined ? '' : `Default: \`${JSON.stringify(preset)}\`.`;

/** The description of an object that is only referred to stands where that object is. */
const saying = (schema: JsonSchema): string => [schema.description, presetOf(schema)].filter(Boolean).join(' ');

const rowOf = (name: string, need: string, schema: JsonSchema): string[] => [
  `\`${name}\``,
  need,
  cell(typeOf(schema)),
  cell(saying(schema)),
];

const needOf = (required: boolean): string => (required ? 'yes' : '');

const parameterRow = ({ name, in: place, required, description, schema }: Parameter): string[] =>
  rowOf(name, place === 'path' ? 'path' : needOf(required), { ...schema, ...(description ? { description } : {}) });

function bodyRows({ properties = {}, required = [] }: JsonSchema): string[][] {
  return Object.entries(properties).map(([name, schema]) => rowOf(name, needOf(required.includes(name)), schema));
}

function inputs({ parameters, requestBody }: Operation): string[] {
  const body = requestBody?.content?.['application/json']?.schema;
  const rows = [...parameters.map(parameterRow), ...(body ? bodyRows(body) : [])];
  const head = [body ? 'Body' : 'Parameter', 'Needed', 'Type', 'Meaning'];
  return rows.length > 0 ? [table([head, ...rows])] : [];
}

/** What success brings: an object, or what the items of a page are. */
function brings(schema: JsonSchema | undefined): string {
  if (!schema) return '';
  const items = schema.properties?.['items']?.['items'] as JsonSchema | undefined;
  if (items && schema.properties?.['next']) return `\`items\` are ${typeOf(items)}.`;
  return schema.properties
    ? Object.entries(schema.properties)
        .map(([name, member]) => `\`${name}\`: ${saying(member)}`)
        .join(' ')
    : typeOf(schema);
}

function answers({ responses }: Operation): string[] {
  return Object.entries(responses)
    .filter(([status]) => !['401', '429', '500', '400'].includes(status))
    .map(([status, { description, content }]) =>
      `- ${status}: ${description} ${brings(content?.['application/json']?.schema)}`.trimEnd(),
    );
}

const operation = (method: string, path: string, one: Operation): string =>
  [
    `### ${method.toUpperCase()} ${path}`,
    '',
    [one.summary, one.description].filter(Boolean).join(' '),
    '',
    ...inputs(one),
    ...answers(one),
    '',
  ].join('\n');

const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, one]) => operation(method, path, one)),
);

const objects = Object.entries(components.schemas).map(([name, { properties = {} }]) =>
  [
    `### ${name}`,
    '',
    table([
      ['Member', 'Type', 'Meaning'],
      ...Object.entries(properties).map(([member, schema]) => [
        `\`${member}\``,
        cell(typeOf(schema)),
        cell(saying(schema)),
      ]),
    ]),
  ].join('\n'),
);

/** The page of the admin API, made from the same document that the server gives. */
export const adminPage = (): string =>
  `${[HEAD, '## Requests\n', ...operations, '## Objects\n', ...objects].join('\n').trimEnd()}\n`;
