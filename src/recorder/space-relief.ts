import type { MonoUs } from '../units.ts';

/** A task that could be ended. */
export interface Endable {
  readonly taskId: string;
  readonly epoch: number;
  /** It has left the room already. */
  readonly onlyReports: boolean;
}

/** What {@link SpaceRelief} decides by. */
export interface SpaceReliefOptions {
  /** With less free space, in MiB, tasks are ended; 0 never. */
  readonly stopMb: number;
  /** Bytes that the task has written in the last seconds. */
  readonly writtenLately: (task: Endable) => number;
}

/** What an end gives is seen by then; a task that takes longer to end does not keep the others from it. */
const betweenUs = 5_000_000;

/**
 * Which task has to end when the disk is nearly full: one at a time, those that write most first, so that as many as
 * possible go on for as long as possible and each closes its files while there is room for that. Pure but for
 * `writtenLately`.
 */
export class SpaceRelief {
  readonly #options: SpaceReliefOptions;
  #ended = new Set<string>();
  #lastAt: MonoUs | undefined;

  constructor(options: SpaceReliefOptions) {
    this.#options = options;
  }

  /** Whether there is so little space that tasks have to end. */
  isShort(freeMb: number): boolean {
    return freeMb < this.#options.stopMb;
  }

  /** The task that has to end now, if any. Each is named once. */
  next(at: MonoUs, freeMb: number, tasks: readonly Endable[]): Endable | undefined {
    const running = new Set(tasks.map(({ taskId }) => taskId));
    for (const taskId of this.#ended) if (!running.has(taskId)) this.#ended.delete(taskId);
    if (!this.isShort(freeMb)) return undefined;
    if (this.#lastAt !== undefined && at - this.#lastAt < betweenUs) return undefined;
    const left = tasks.filter(({ taskId, onlyReports }) => !onlyReports && !this.#ended.has(taskId));
    const rates = left.map((task) => ({ task, bytes: this.#options.writtenLately(task) }));
    const most = rates.toSorted((a, b) => b.bytes - a.bytes)[0]?.task;
    if (!most) return undefined;
    this.#ended.add(most.taskId);
    this.#lastAt = at;
    return most;
  }
}
