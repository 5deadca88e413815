import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { ruleFault } from '../auto-record/rule-fault.ts';
import { configSchema, type Config } from './schema.ts';

/** The start is refused: the message names the key and the reason, ready to be shown to the operator. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Where a configuration is read from. */
export interface ConfigSources {
  /** Command-line words after the program's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a file as text, or gives undefined when it does not exist. */
  readonly readFile?: (path: string) => string | undefined;
}

/** A loaded configuration, or a request for help. */
export type LoadedConfig =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'help'; readonly text: string };

type Tree = Record<string, unknown>;

const ENV_PREFIX = 'ROOMTAPE_';
/** What the command line reads in the environment: where a server is and how to come in, no keys of one. */
const CLIENT_VARIABLES: ReadonlySet<string> = new Set(['ROOMTAPE_URL', 'ROOMTAPE_ADMIN_TOKEN']);

/**
 * Reads `roomtape.yaml` (or `--config FILE`), applies `ROOMTAPE_A__B` overrides and then flags, and validates the
 * result. Throws {@link ConfigError} naming the first wrong key.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const flags = parseFlags(sources.args);
  if (flags.help) return { kind: 'help', text: helpText() };
  const tree = readTree(flags.config, sources.readFile ?? readTextFile);
  for (const [name, value] of Object.entries(sources.env)) {
    if (CLIENT_VARIABLES.has(name) || !name.startsWith(ENV_PREFIX) || value === undefined) continue;
    override(tree, name, value);
  }
  if (flags.port !== undefined) setPath(tree, ['http', 'port'], scalar(flags.port), '--port');
  if (flags['data-dir'] !== undefined) setPath(tree, ['data_dir'], flags['data-dir'], '--data-dir');
  return { kind: 'config', config: validate(tree) };
}

function parseFlags(args: readonly string[]) {
  try {
    const options = {
      config: { type: 'string' },
      port: { type: 'string' },
      'data-dir': { type: 'string' },
      role: { type: 'string' },
      name: { type: 'string' },
      'wall-offset': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

function readTree(named: string | undefined, readFile: (path: string) => string | undefined): Tree {
  const path = named ?? 'roomtape.yaml';
  const text = readFile(path);
  if (text === undefined && named !== undefined) throw new ConfigError(`${path}: no such file`);
  if (text === undefined) return {};
  const parsed = parseYamlText(path, text) ?? {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) throw new ConfigError(`${path}: must be a mapping of keys`);
  return parsed as Tree;
}

function parseYamlText(path: string, text: string): unknown {
  try {
    return parseYaml(text) as unknown;
  } catch (error) {
    // Its first line says what and where; the others quote the file, which may be a line with a secret.
    throw new ConfigError(`${path}: ${(error as Error).message.split('\n')[0]!.replace(/:$/, '')}`);
  }
}

function override(tree: Tree, name: string, value: string): void {
  const path = name.slice(ENV_PREFIX.length).toLowerCase().split('__');
  setPath(tree, path, scalar(value), name);
}

/** Numbers, booleans, lists and mappings are written as in YAML; everything else is text. */
function scalar(text: string): unknown {
  try {
    return (parseYaml(text) ?? text) as unknown;
  } catch {
    return text;
  }
}

function setPath(tree: Tree, path: readonly string[], value: unknown, source: string): void {
  let node = tree;
  for (const [i, key] of path.slice(0, -1).entries()) {
    const child = (node[key] ??= /^\d+$/.test(path[i + 1]!) ? [] : {});
    if (typeof child !== 'object') throw new ConfigError(`${source}: "${key}" is not a group of keys`);
    node = child as Tree;
  }
  node[path.at(-1)!] = value;
}

function validate(tree: Tree): Config {
  const result = configSchema.safeParse(tree);
  if (!result.success) throw new ConfigError(firstIssue(result.error));
  return checkReferences(result.data);
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0]!;
  const at = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') return `${[at, issue.keys[0]].filter(Boolean).join('.')}: is not a known key`;
  return `${at || 'configuration'}: ${issue.message}`;
}

function checkReferences(config: Config): Config {
  const known = new Set(config.apps.map((app) => app.sdk_app_id));
  if (known.size < config.apps.length) throw new ConfigError('apps: an sdk_app_id appears twice');
  for (const [i, account] of config.accounts.entries()) {
    const missing = account.apps.find((id) => !known.has(id));
    if (missing !== undefined) throw new ConfigError(`accounts.${i}.apps: ${missing} is not among apps`);
  }
  config.apps.forEach(checkRules);
  return config;
}

/** A rule that would come to nothing with the app's storage stops the start. */
function checkRules(app: Config['apps'][number], index: number): void {
  for (const [i, rule] of app.auto_record.entries()) {
    const fault = ruleFault(rule, app.storage.tencent_vod ? 'tencent-vod' : 'library');
    if (fault) throw new ConfigError(`apps.${index}.auto_record.${i}.${fault.path}: ${fault.reason}`);
  }
}

/** The variable that overrides a key: `http.port` is `ROOMTAPE_HTTP__PORT`. */
export const environmentName = (key: string): string => ENV_PREFIX + key.toUpperCase().replaceAll('.', '__');

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly items?: JsonSchema;
  readonly default?: unknown;
  readonly description?: string;
}

/** Every key with its reason and default, one line each, for `--help` of `program`. */
export function helpText(program = 'npm start --'): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema;
  return [
    `${program} [--config FILE] [--port N] [--data-dir DIR]`,
    '',
    'Keys of roomtape.yaml (in the working directory, or --config FILE), with defaults in brackets. Each can be overridden',
    'by ROOMTAPE_ and its name in capitals, "." written as "__"; N is a place in a list, the first is 0.',
    '',
    ...describeKeys(schema, ''),
  ].join('\n');
}

function describeKeys(schema: JsonSchema, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const name = prefix + key;
    const own = child.description ? [keyLine(name, child)] : [];
    return [...own, ...describeKeys(child, `${name}.`), ...describeKeys(child.items ?? {}, `${name}.N.`)];
  });
}

function keyLine(name: string, schema: JsonSchema): string {
  const preset = schema.default === undefined ? '' : ` [${JSON.stringify(schema.default)}]`;
  return `  ${name.padEnd(36)} ${schema.description}${preset}`;
}
