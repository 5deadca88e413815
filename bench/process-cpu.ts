import { readFileSync } from 'node:fs';

/** The kernel counts CPU time in ticks of 1/100 s on every architecture Node runs on (USER_HZ). */
const TICK_US = 10_000;

function ticksOf(path: string): number {
  // The name of the process is in brackets and may hold anything: count the fields from behind it.
  const text = readFileSync(path, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** CPU time, user and system, in microseconds that a process and its first thread, the one of JavaScript, have used. */
export interface ProcessCpu {
  readonly process: number;
  readonly jsThread: number;
}

/** Reads the kernel's counters of another process (Linux). @throws when the process is gone. */
export function processCpu(pid: number): ProcessCpu {
  const process = ticksOf(`/proc/${pid}/stat`) * TICK_US;
  return { process, jsThread: ticksOf(`/proc/${pid}/task/${pid}/stat`) * TICK_US };
}
