import { readFileSync } from 'node:fs';
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

/** Time of the whole machine, in microseconds: at work, waiting for disks with nothing else to do, taken by the host. */
interface MachineTimes {
  readonly busy: number;
  readonly disk: number;
  readonly host: number;
}

/** Columns of /proc/stat (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal, in ticks of 1/100 s. */
function machineTimes(): MachineTimes {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
  const [user = 0, nice = 0, system = 0, , disk = 0, irq = 0, softirq = 0, host = 0] = line
    .split(/ +/)
    .slice(1)
    .map((ticks) => Number(ticks) * 10_000);
  return { busy: user + nice + system + irq + softirq, disk, host };
}

/** Percent of one core that the measured processes did not get: others had it, the disks held it up, the host took it. */
export interface Elsewhere {
  readonly others: number;
  readonly disk: number;
  readonly host: number;
}

/** CPU of each kind while a stretch of time passes. */
export class LoadWatch {
  readonly #pids: Pids;
  readonly #since = performance.now();
  readonly #before: Map<string, number>;
  readonly #machineBefore = machineTimes();

  /** Begins now. */
  constructor(pids: Pids) {
    this.#pids = pids;
    this.#before = this.#spent();
  }

  /** Percent of one core so far, by kind. */
  shares(): Map<string, number> {
    const [now, us] = [this.#spent(), this.#passed()];
    return new Map([...now].map(([name, spent]) => [name, ((spent - this.#before.get(name)!) / us) * 100]));
  }

  /** What the machine did besides so far; this very process counts as another. */
  elsewhere(): Elsewhere {
    const [now, before, us] = [machineTimes(), this.#machineBefore, this.#passed()];
    const part = (of: keyof MachineTimes): number => ((now[of] - before[of]) / us) * 100;
    const own = [...this.shares().values()].reduce((sum, share) => sum + share, 0);
    return { others: Math.max(0, part('busy') - own), disk: part('disk'), host: part('host') };
  }

  #passed(): number {
    return (performance.now() - this.#since) * 1000;
  }

  #spent(): Map<string, number> {
    const sum = (pids: readonly number[]): number => pids.reduce((total, pid) => total + processCpu(pid).process, 0);
    return new Map([...this.#pids].map(([name, pids]) => [name, sum(pids)]));
  }
}
