import { stringify } from 'yaml';
import { z } from 'zod';
import { environmentName } from '../src/config/load.ts';
import { configSchema } from '../src/config/schema.ts';
import { cell, table } from './markdown-table.ts';

const HEAD = `# Configuration

<!-- written by \`npm run reference\` from src/config/schema.ts; edit that -->

\`roomtape.yaml\` in the working directory, or \`--config FILE\`. \`--port N\` and \`--data-dir DIR\` set \`http.port\` and \`data_dir\`. The environment stands above the file and below the flags: each key is \`ROOMTAPE_\` and its name in capitals, with \`__\` for each dot; numbers, lists and mappings are written as in YAML. **N** is a place in a list, the first is 0. A wrong key or value stops the start and is named.

A key without a default is needed where its group is there, unless it is marked as optional. \`npm start -- --help\` prints this page for the version that runs.

<!-- not run: stays in the foreground -->

\`\`\`sh
ROOMTAPE_HTTP__PORT=9090 ROOMTAPE_APPS__0__LIMITS__CONCURRENT_TASKS=20 npm start
\`\`\`
`;

/** What the JSON schema of a key says of it. */
interface Key {
  readonly type?: string;
  readonly enum?: readonly (string | number)[];
  readonly const?: string | number;
  readonly anyOf?: readonly Key[];
  readonly prefixItems?: readonly Key[];
  readonly items?: Key;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly default?: unknown;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Key>>;
}

const FAR = Number.MAX_SAFE_INTEGER;

/** Bounds of a number, those left out that only say how numbers are kept. */
function boundsOf({ minimum, maximum, exclusiveMinimum }: Key): string {
  if (exclusiveMinimum !== undefined) return `, more than ${exclusiveMinimum}`;
  const [low, high] = [minimum !== undefined && minimum > -FAR, maximum !== undefined && maximum < FAR];
  if (low && high) return `, ${minimum} to ${maximum}`;
  return low ? `, at least ${minimum}` : '';
}

const lengthOf = ({ minLength, maxLength }: Key): string => {
  if (minLength !== undefined && maxLength !== undefined) return `, ${minLength} to ${maxLength} characters`;
  return maxLength === undefined ? '' : `, at most ${maxLength} characters`;
};

const WORDS: Readonly<Record<string, string>> = {
  integer: 'whole number',
  number: 'number',
  boolean: '`true`, `false`',
  object: 'group',
};

/** A type in a few words. */
function typeOf(key: Key): string {
  const { type = '', enum: values, const: only, anyOf, prefixItems, items, format } = key;
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  if (only !== undefined) return `\`${only}\``;
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  if (prefixItems) return `list of ${prefixItems.length} numbers`;
  if (type === 'array') return `list of ${items?.properties ? 'groups' : typeOf(items ?? {})}`;
  if (type === 'string') return format === 'uri' ? 'URL' : `text${lengthOf(key)}`;
  return `${WORDS[type] ?? type}${boundsOf(key)}`;
}

interface Row {
  readonly path: string;
  readonly key: Key;
  readonly isNeeded: boolean;
}

/** Every key below one, groups before their members. */
function rowsOf({ properties = {}, required = [] }: Key, prefix: string): Row[] {
  return Object.entries(properties).flatMap(([name, key]) => {
    const path = prefix + name;
    const own = { path, key, isNeeded: required.includes(name) };
    return [own, ...rowsOf(key, `${path}.`), ...rowsOf(key.items ?? {}, `${path}.N.`)];
  });
}

const presetOf = ({ key, isNeeded }: Row): string => {
  if (isNeeded) return 'needed';
  return key.default === undefined ? 'optional' : `\`${JSON.stringify(key.default)}\``;
};

const tableRow = (row: Row): string[] => [
  `\`${row.path}\``,
  cell(typeOf(row.key)),
  cell(presetOf(row)),
  cell(row.key.description ?? ''),
  `\`${environmentName(row.path)}\``,
];

/** A group that says nothing of itself has its members' rows only. */
const isTold = ({ key }: Row): boolean => !key.properties || key.description !== undefined;

function section(name: string, key: Key, isNeeded: boolean): string {
  const inside = rowsOf(key, `${name}.`);
  const members = [...inside, ...rowsOf(key.items ?? {}, `${name}.N.`)];
  const rows = [{ path: name, key, isNeeded }, ...members].filter(isTold);
  const head = ['Key', 'Type', 'Default', 'Meaning', 'Environment'];
  return [`## ${name}`, '', ...exampleOf(name), table([head, ...rows.map(tableRow)])].join('\n');
}

const EXAMPLE = {
  http: { host: '0.0.0.0', port: 8080, public_url: 'https://rec.example.com' },
  api: { regions: ['ap-guangzhou', 'ap-singapore'] },
  data_dir: '/var/lib/roomtape',
  recorders: { processes: 4, least_free_mb: 2048 },
  spool: { most_gb: 200, keep_days: 30 },
  library: { keep_days: 365 },
  rooms: { ice_ports: [40_000, 40_999], ice_advertise: ['203.0.113.7'] },
  callbacks: { allow_private: false, log_days: 30 },
  accounts: [{ secret_id: 'AKIDexample', secret_key: 'change-me-please', apps: [1_400_000_001] }],
  apps: [
    {
      sdk_app_id: 1_400_000_001,
      secret_key: 'change-me-too',
      callback: { url: 'https://example.com/callback', key: 'callbackkey', groups: ['recording', 'room'] },
      limits: { concurrent_tasks: 50 },
      auto_record: [{ max_idle_time: 30, mixed: { layout: { mode: 3 } } }],
    },
  ],
  log: { level: 'warn' },
} as const satisfies z.input<typeof configSchema>;

function exampleOf(name: string): string[] {
  if (!Object.hasOwn(EXAMPLE, name)) return [];
  const value = EXAMPLE[name as keyof typeof EXAMPLE];
  return ['```yaml', stringify({ [name]: value }).trimEnd(), '```', ''];
}

/** The page of every key of the configuration. */
export function configPage(): string {
  const { properties = {}, required = [] } = z.toJSONSchema(configSchema, { io: 'input' }) as Key;
  const sections = Object.entries(properties).map(([name, key]) => section(name, key, required.includes(name)));
  return [HEAD, ...sections].join('\n');
}
