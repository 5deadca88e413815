import type { LiveRoomView } from '../admin/room-routes.ts';
import type { CallbackDetailView } from '../admin/callback-view.ts';
import type { SignedManifest } from '../evidence/manifest.ts';
import type { TaskDetailView } from '../admin/task-view.ts';
import { Refusal, type AdminClient } from './admin-client.ts';
import { oneWord, readWords, type Command, type Flags } from './command.ts';
import { connect, connectionFlags } from './connection.ts';
import { exitCode } from './failure.ts';
import { taskPath } from './follow.ts';
import { descriptionOf } from './description.ts';

const flags = {
  json: { type: 'boolean', help: 'flag.json' },
  ...connectionFlags,
} as const satisfies Flags;

/** Everything that the server knows of a task. */
export interface Described {
  readonly task: TaskDetailView;
  /** Users that were seen in the recording or are in the room. */
  readonly users: readonly string[];
  readonly callbacks: readonly CallbackDetailView[];
}

/** `roomtape describe TASK`. */
export const describe: Command = {
  name: 'describe',
  words: 'TASK',
  summary: 'describe.summary',
  flags,
  examples: ['roomtape describe TASK', 'roomtape describe TASK --json'],
  async run(words, terminal) {
    const { values, positionals } = readWords(words, flags);
    const taskId = oneWord(positionals, 'TASK').replace(/^\.\//, '');
    const { client } = connect(values, terminal);
    const described = await ask(client, taskId);
    const text = values.json ? JSON.stringify(described, undefined, 2) : descriptionOf(described, terminal).join('\n');
    terminal.out(`${text}\n`);
    return exitCode.done;
  },
};

async function ask(client: AdminClient, taskId: string): Promise<Described> {
  const task = await client.get<TaskDetailView>(taskPath(taskId));
  const callbacks: CallbackDetailView[] = [];
  for await (const one of client.items<CallbackDetailView>(`${taskPath(taskId)}/events`, { limit: 500 })) {
    callbacks.push(one);
  }
  return { task, users: await usersOf(client, task), callbacks };
}

/** Of a running task those in the room; of one that has ended those of its manifest; and whoever has a file. */
async function usersOf(client: AdminClient, task: TaskDetailView): Promise<string[]> {
  const seen = task.state === 'ended' ? await usersOfManifest(client, task.taskId) : await usersOfRoom(client, task);
  const filed = task.files.map((file) => file.userId).filter((userId) => userId !== '');
  return [...new Set([...seen, ...filed])].sort();
}

async function usersOfRoom(client: AdminClient, { app, room }: TaskDetailView): Promise<string[]> {
  const { items } = await orNothing(client.get<{ items: LiveRoomView[] }>('/rooms', { app }), { items: [] });
  const live = items.find((one) => one.room.id === room.id && one.room.kind === room.kind);
  return live?.anchors.map(({ userId }) => userId) ?? [];
}

async function usersOfManifest(client: AdminClient, taskId: string): Promise<string[]> {
  const path = `${taskPath(taskId)}/manifest`;
  const signed = await orNothing(client.get<Pick<SignedManifest, 'manifest'> | undefined>(path), undefined);
  const entries = signed?.manifest.timeline ?? [];
  return entries.flatMap((entry) => (entry.kind === 'anchor-entered' ? [entry.userId] : []));
}

/** The rooms may be out of reach, and a manifest comes some moments after the end: the rest is worth showing. */
async function orNothing<T>(answer: Promise<T>, nothing: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Refusal) return nothing;
    throw error;
  }
}
