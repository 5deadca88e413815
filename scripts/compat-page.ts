import { z } from 'zod';
import { configSchema } from '../src/config/schema.ts';
import { table } from './markdown-table.ts';

const HEAD = `# Compatibility switches

<!-- written by \`npm run reference\` from src/config/compat.ts; edit that -->

Sources about the real service disagree in some places and are silent in others. The defaults are what this server is tested with and what its other documents assume; change one when a client was written against the other answer. Each holds for the whole installation. A callback that was tried before a restart keeps its bytes.
`;

/** What the JSON schema of a key says of it. */
interface Key {
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: string | number;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Key>>;
}

const valuesOf = ({ enum: values, minimum, maximum }: Key): string =>
  values ? values.map((value) => `\`${value}\``).join(', ') : `${minimum} to ${maximum}`;

const rowOf = (name: string, key: Key): string[] => [
  `\`${name}\``,
  valuesOf(key),
  `\`${key.default}\``,
  key.description ?? '',
];

/** The page of the switches of contract §0.2, every key of `compat` and `file_names` (D-1). */
export function compatPage(): string {
  const { properties = {} } = z.toJSONSchema(configSchema, { io: 'input' }) as Key;
  const compat = Object.entries(properties['compat']?.properties ?? {});
  const rows = [
    rowOf('file_names', properties['file_names'] ?? {}),
    ...compat.map(([name, key]) => rowOf(`compat.${name}`, key)),
  ];
  return [HEAD, table([['Key', 'Values', 'Default', 'Decides'], ...rows])].join('\n');
}
