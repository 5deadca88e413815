import { readFileSync } from 'node:fs';
import { AdminClient } from './admin-client.ts';
import type { Flags } from './command.ts';
import { Failure, UsageError } from './failure.ts';
import { readLocalServer, type LocalChoice, type LocalServer } from './local-server.ts';
import type { Terminal } from './terminal.ts';

/** Flags of every command that asks a server. */
export const connectionFlags = {
  url: { type: 'string', value: 'URL', help: 'flag.url' },
  'token-file': { type: 'string', value: 'FILE', help: 'flag.tokenFile' },
  'data-dir': { type: 'string', value: 'DIR', help: 'flag.dataDir' },
  config: { type: 'string', value: 'FILE', help: 'flag.config' },
} as const satisfies Flags;

/** Values of those flags. */
export interface ConnectionChoice extends LocalChoice {
  readonly url?: string | undefined;
  readonly 'token-file'?: string | undefined;
}

/** The server that a command asks. */
export interface Connection {
  readonly client: AdminClient;
  /** Apps that this machine's configuration knows, where the server is this machine's. */
  readonly apps: readonly number[];
}

const defaultUrl = 'http://127.0.0.1:8080';

/** Finds the server and the way in: flags first, then the environment, then what this machine's server has. @throws Failure */
export function connect(choice: ConnectionChoice, terminal: Terminal): Connection {
  const { env, t } = terminal;
  const local = localServer(choice, env);
  const url = readUrl(choice.url ?? env['ROOMTAPE_URL'] ?? (local instanceof Error ? defaultUrl : local.url));
  const given = choice['token-file'] === undefined ? env['ROOMTAPE_ADMIN_TOKEN'] : readToken(choice['token-file']);
  // The token of this machine's server is nobody else's business.
  const own = !(local instanceof Error) && local.hosts.has(url.hostname) ? local : undefined;
  const token = given || own?.token;
  if (own && !own.wasStarted && token === undefined) {
    throw new Failure(t('connect.neverStarted', { path: own.dataDir }), t('connect.start'));
  }
  if (token === undefined) {
    const reason = local instanceof Error ? `: ${local.message}` : '';
    throw new Failure(t('connect.noToken', { url: url.origin }) + reason, t('connect.whereToken'));
  }
  return { client: new AdminClient(url.href.replace(/\/+$/, ''), token, t), apps: own?.apps ?? [] };
}

function localServer(choice: LocalChoice, env: Terminal['env']): LocalServer | Error {
  try {
    return readLocalServer(choice, env);
  } catch (error) {
    // What was named must be there; what was not need not.
    if (choice.config !== undefined) throw new UsageError((error as Error).message);
    return error as Error;
  }
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '') return url;
  throw new UsageError(`"${text}" is no address of a server, such as ${defaultUrl}`);
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Failure(`--token-file: ${(error as Error).message}`);
  }
}
