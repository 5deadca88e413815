import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { processCpu } from '../process-cpu.ts';

/** Processes by what they do: the roles of the product, and `publishers`. */
export type Pids = ReadonlyMap<string, readonly number[]>;

/** Kilobytes of a process, with its part of what it shares with others (Linux). */
function pssKb(pid: number): number {
  return Number(/^Pss: +(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
}

/** Megabytes of all processes of each kind. */
export const memoryOf = (pids: Pids): Map<string, number> =>
  new Map([...pids].map(([name, of]) => [name, of.reduce((sum, pid) => sum + pssKb(pid), 0) / 1024]));

const machineBusyUs = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) * 1000;

/** CPU of each kind while a stretch of time passes. */
export class LoadWatch {
  readonly #pids: Pids;
  readonly #since = performance.now();
  readonly #before: Map<string, number>;
  readonly #machineBefore = machineBusyUs();

  /** Begins now. */
  constructor(pids: Pids) {
    this.#pids = pids;
    this.#before = this.#spent();
  }

  /** Percent of one core so far, by kind, and of the whole machine with everything that runs on it as `machine`. */
  shares(): Map<string, number> {
    const us = (performance.now() - this.#since) * 1000;
    const now = this.#spent();
    const shares = new Map([...now].map(([name, spent]) => [name, ((spent - this.#before.get(name)!) / us) * 100]));
    return shares.set('machine', ((machineBusyUs() - this.#machineBefore) / us) * 100);
  }

  #spent(): Map<string, number> {
    const sum = (pids: readonly number[]): number => pids.reduce((total, pid) => total + processCpu(pid).process, 0);
    return new Map([...this.#pids].map(([name, pids]) => [name, sum(pids)]));
  }
}
