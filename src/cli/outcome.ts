import type { TaskDetailView } from '../admin/task-view.ts';
import { exitCode } from './failure.ts';
import { fateOf, fateText, fileLines } from './shown-task.ts';
import type { Terminal } from './terminal.ts';

/** Prints what came of a task that was followed to its end, and answers the code to end with. */
export function sayOutcome(
  task: TaskDetailView | 'interrupted',
  taskId: string,
  terminal: Terminal,
  json: boolean,
): number {
  if (task === 'interrupted') {
    terminal.aside(`${terminal.t('follow.interrupted', { taskId })}\n`);
    return exitCode.interrupted;
  }
  if (json) terminal.out(`${JSON.stringify(task, undefined, 2)}\n`);
  else terminal.out(`${lines(task, terminal).join('\n')}\n`);
  return fateOf(task) === 'finished' ? exitCode.done : exitCode.failed;
}

function lines(task: TaskDetailView, terminal: Terminal): string[] {
  const fate = fateText(fateOf(task), terminal);
  if (task.files.length === 0) return [`${fate}: ${terminal.t('outcome.noFiles')}`];
  return [fate, ...fileLines(task.files, terminal)];
}
