import { readFileSync } from 'node:fs';

/** Whether a process of ours has that id; one is used again after a reboot: where /proc tells, its command line must have `word`. */
export function isRunning(pid: number, word: string): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // A living process of another user refuses the question.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return process.platform !== 'linux' || commandLine(pid).includes(word);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
