import type { LiveRoomView } from '../admin/room-routes.ts';
import { Refusal } from './admin-client.ts';
import { oneOf, oneWord, readWords, wholeNumber, type Command, type Flags } from './command.ts';
import { connect, connectionFlags, type Connection } from './connection.ts';
import { exitCode, Failure, UsageError } from './failure.ts';
import { follow, taskPath } from './follow.ts';
import { sayOutcome } from './outcome.ts';
import type { Terminal } from './terminal.ts';

const flags = {
  app: { type: 'string', value: 'N', help: 'record.app' },
  mixed: { type: 'boolean', help: 'record.mixed' },
  single: { type: 'boolean', help: 'record.single' },
  container: { type: 'string', value: 'mp4|hls|aac', help: 'record.container' },
  layout: { type: 'string', value: 'grid|floating|share', help: 'record.layout' },
  users: { type: 'string', value: 'A,B', help: 'record.users' },
  'max-hours': { type: 'string', value: 'N', help: 'record.maxHours' },
  kind: { type: 'string', value: 'number|string', help: 'record.kind' },
  wait: { type: 'boolean', help: 'record.wait' },
  'stop-on-interrupt': { type: 'boolean', help: 'record.stopOnInterrupt' },
  json: { type: 'boolean', help: 'flag.json' },
  ...connectionFlags,
} as const satisfies Flags;

type Values = ReturnType<typeof readWords<typeof flags>>['values'];

/** `roomtape record ROOM`. */
export const record: Command = {
  name: 'record',
  words: 'ROOM',
  summary: 'record.summary',
  notes: ['record.notes'],
  flags,
  examples: ['roomtape record 10001 --wait', 'roomtape record lecture --single --users teacher --max-hours 2'],
  async run(words, terminal) {
    const { values, positionals } = readWords(words, flags);
    const room = oneWord(positionals, 'ROOM');
    const wishes = wishesOf(values);
    const kind = oneOf(values.kind, 'kind', ['number', 'string']) ?? (/^\d+$/.test(room) ? 'number' : 'string');
    const connection = connect(values, terminal);
    const app = await appOf(values.app, { kind, id: room }, connection, terminal);
    const path = `/rooms/${app}/${kind}/${encodeURIComponent(room)}/recordings`;
    const { taskId } = await connection.client.post<{ taskId: string }>(path, wishes);
    return values.wait ? watch(taskId, values, connection, terminal) : sayStarted(taskId, values, terminal);
  },
};

function wishesOf(values: Values): object {
  if (values.mixed && values.single) throw new UsageError('--mixed and --single exclude each other');
  if (values.single && values.layout !== undefined) throw new UsageError('--layout is for --mixed');
  if (values['stop-on-interrupt'] && !values.wait) throw new UsageError('--stop-on-interrupt needs --wait');
  const layout = oneOf(values.layout, 'layout', ['grid', 'floating', 'share']);
  const hours = values['max-hours'];
  const users = values.users?.split(',').map((user) => user.trim());
  if (users?.includes('')) throw new UsageError('--users has an empty name');
  return {
    mode: values.single ? 'single' : 'mixed',
    ...(values.container === undefined ? {} : { containers: containersOf(values.container) }),
    ...(layout === undefined ? {} : { layout }),
    ...(users === undefined ? {} : { users }),
    ...(hours === undefined ? {} : { mostSeconds: secondsOf(hours) }),
  };
}

function containersOf(text: string) {
  const all = text.split(',').map((one) => oneOf(one, 'container', ['mp4', 'hls', 'aac']));
  if (all.includes('mp4') && all.includes('aac')) throw new UsageError('--container: mp4 and aac exclude each other');
  if (new Set(all).size < all.length) throw new UsageError('--container names a form twice');
  return all;
}

/** Hours may have a fraction; a recording lasts a second at least, and 30 days at most. */
function secondsOf(hours: string): number {
  if (/^\d+(\.\d+)?$/.test(hours)) {
    const seconds = Math.round(Number(hours) * 3600);
    if (seconds >= 1 && seconds <= 720 * 3600) return seconds;
  }
  throw new UsageError(`--max-hours is a number of hours up to 720, not "${hours}"`);
}

/** The app that was named; else the one in which the room is live; else the only one that is known here. */
async function appOf(
  named: string | undefined,
  room: { readonly kind: string; readonly id: string },
  { client, apps }: Connection,
  { t }: Terminal,
): Promise<number> {
  if (named !== undefined) return wholeNumber(named, 'app', 1, 4_294_967_295);
  const { items } = await client.get<{ items: LiveRoomView[] }>('/rooms');
  const live = items.filter((one) => one.room.id === room.id && one.room.kind === room.kind).map((one) => one.app);
  const known = live.length > 0 ? live : apps;
  if (known.length === 1) return known[0]!;
  if (known.length > 1) throw new UsageError(t('record.whichApp', { apps: known.join(', ') }));
  throw new UsageError(t('record.noApp'));
}

function sayStarted(taskId: string, { json }: Values, { t, out, aside, rewrites }: Terminal): number {
  out(json ? `${JSON.stringify({ taskId })}\n` : `${taskId}\n`);
  if (rewrites && !json) aside(`${t('record.started', { taskId })}\n`);
  return exitCode.done;
}

async function watch(taskId: string, values: Values, { client }: Connection, terminal: Terminal): Promise<number> {
  const { t, out, aside } = terminal;
  if (values.json) aside(`${taskId}\n`);
  else out(`${taskId}\n`);
  const stop = async (): Promise<void> => {
    aside(`\n${t('record.stopping')}\n`);
    await client.post(`${taskPath(taskId)}/stop`).catch((error: unknown) => {
      // It was stopping by itself.
      if (error instanceof Refusal && error.status === 409) return;
      throw new Failure(t('record.notStopped', { reason: (error as Error).message }), `roomtape stop ${taskId}`);
    });
  };
  const onInterrupt = values['stop-on-interrupt'] ? stop : undefined;
  return sayOutcome(await follow({ client, taskId, terminal, onInterrupt }), taskId, terminal, values.json ?? false);
}
