import type { TaskListItem } from '../admin/task-view.ts';
import { lengthText, momentText } from './amounts.ts';
import { columns } from './columns.ts';
import { oneOf, readWords, wholeNumber, type Command, type Flags } from './command.ts';
import { connect, connectionFlags } from './connection.ts';
import { exitCode, UsageError } from './failure.ts';
import { fateOf, type Fate } from './shown-task.ts';
import type { AdminClient } from './admin-client.ts';
import type { Terminal } from './terminal.ts';

const flags = {
  state: { type: 'string', value: 'recording|finishing|finished|failed', help: 'ls.state' },
  room: { type: 'string', value: 'ROOM', help: 'ls.room' },
  app: { type: 'string', value: 'N', help: 'ls.app' },
  limit: { type: 'string', value: 'N', help: 'ls.limit' },
  json: { type: 'boolean', help: 'flag.json' },
  ...connectionFlags,
} as const satisfies Flags;

const stateOf = { recording: 'active', finishing: 'finishing', finished: 'ended', failed: 'ended' } as const;

/** `roomtape ls`: recordings, the newest first. */
export const ls: Command = {
  name: 'ls',
  words: '',
  summary: 'ls.summary',
  flags,
  examples: ['roomtape ls --state recording', 'roomtape ls --room 10001 --json'],
  async run(words, terminal) {
    const { values, positionals } = readWords(words, flags);
    if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is too much`);
    const fate = oneOf(values.state, 'state', ['recording', 'finishing', 'finished', 'failed']);
    const limit = wholeNumber(values.limit ?? '20', 'limit', 1, 10_000);
    const { client } = connect(values, terminal);
    const tasks = await newest(client, { room: values.room, app: values.app }, fate, limit);
    terminal.out(values.json ? `${JSON.stringify(tasks, undefined, 2)}\n` : `${table(tasks, terminal).join('\n')}\n`);
    return exitCode.done;
  },
};

type Where = Readonly<Record<'room' | 'app', string | undefined>>;

/** The server knows states; whether a task went well is seen here. */
async function newest(
  client: AdminClient,
  where: Where,
  fate: Fate | undefined,
  limit: number,
): Promise<TaskListItem[]> {
  const found: TaskListItem[] = [];
  const query = { ...where, state: fate && stateOf[fate], limit: Math.min(limit, 500) };
  for await (const task of client.items<TaskListItem>('/tasks', query)) {
    if (fate === undefined || fateOf(task) === fate) found.push(task);
    if (found.length === limit) break;
  }
  return found;
}

function table(tasks: readonly TaskListItem[], { t, tone, clock }: Terminal): string[] {
  if (tasks.length === 0) return [t('ls.none')];
  const heads = ['state', 'room', 'mode', 'began', 'length', 'files', 'task'] as const;
  const rows = tasks.map((task) => [
    t(`fate.${fateOf(task)}`),
    task.room.id,
    t(`mode.${task.mode}`),
    momentText(task.startedMs ?? task.createdMs),
    task.startedMs === null ? '–' : lengthText((task.endedMs ?? clock.wallMs()) - task.startedMs),
    task.fileCounts.total === 0 ? '–' : `${task.fileCounts.done}/${task.fileCounts.total}`,
    task.taskId,
  ]);
  const [head = '', ...lines] = columns([heads.map((name) => t(`column.${name}`)), ...rows]);
  return [tone('strong', head), ...lines.map((line, i) => (fateOf(tasks[i]!) === 'failed' ? tone('bad', line) : line))];
}
