import type { TaskDetailView } from '../admin/task-view.ts';
import { Refusal, Unreachable, type AdminClient } from './admin-client.ts';
import { lengthText } from './amounts.ts';
import type { Translate } from './language.ts';
import { Progress } from './progress.ts';
import { Signals } from './signals.ts';
import type { Terminal } from './terminal.ts';

const LOOK_EVERY_MS = 1000;

/** What a follower needs. */
export interface FollowOptions {
  readonly client: AdminClient;
  readonly taskId: string;
  readonly terminal: Terminal;
  /** What the first Ctrl-C asks for; without it, and from the second on, Ctrl-C ends the following. */
  readonly onInterrupt?: (() => Promise<void>) | undefined;
}

/** Path of a task. */
export const taskPath = (taskId: string): string => `/tasks/${encodeURIComponent(taskId)}`;

/**
 * Says how a task goes until it has ended with all of its files, and gives it then; `interrupted` when Ctrl-C ended
 * that. A server that restarts is waited for. @throws Refusal
 */
export async function follow(options: FollowOptions): Promise<TaskDetailView | 'interrupted'> {
  const { client, taskId, terminal } = options;
  const progress = new Progress(terminal);
  const signals = new Signals();
  let { onInterrupt } = options;
  try {
    for (;;) {
      const task = await look(client, taskId);
      if (task?.state === 'ended') return task;
      progress.show(...wordsOf(task, terminal));
      await signals.pause(terminal.clock, LOOK_EVERY_MS);
      if (!signals.take()) continue;
      if (!onInterrupt) return 'interrupted';
      await onInterrupt();
      onInterrupt = undefined;
    }
  } finally {
    progress.end();
    signals.close();
  }
}

/** Undefined while the server cannot be asked. */
async function look(client: AdminClient, taskId: string): Promise<TaskDetailView | undefined> {
  try {
    return await client.get<TaskDetailView>(taskPath(taskId));
  } catch (error) {
    if (error instanceof Unreachable) return undefined;
    // What a proxy says while the server behind it starts.
    if (error instanceof Refusal && [502, 503, 504].includes(error.status)) return undefined;
    throw error;
  }
}

/** What is the matter with a task, and for how long it has been recorded where that grows. */
function wordsOf(task: TaskDetailView | undefined, { t, clock }: Terminal): [matter: string, grows?: string] {
  if (!task) return [t('follow.away')];
  const matter = matterOf(task, t);
  if (task.state !== 'active' || task.startedMs === null) return [matter];
  return [matter, lengthText(clock.wallMs() - task.startedMs)];
}

function matterOf({ state, stopping, startedMs, status, fileCounts }: TaskDetailView, t: Translate): string {
  if (state === 'finishing') {
    const { done, total, failed } = fileCounts;
    return t(failed > 0 ? 'follow.finishingTrouble' : 'follow.finishing', { done, total, failed });
  }
  if (stopping) return t('follow.stopping');
  if (startedMs === null) return t('follow.waiting');
  return t(status === 'InProgress' ? 'follow.receiving' : 'follow.idle');
}
