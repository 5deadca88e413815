import type { Clock } from '../clock.ts';
import type { JobStep } from '../worker-api/messages.ts';

/** How far a running job is, as its recorder told. */
export interface JobProgress extends JobStep {
  /** Over the last seconds; undefined while it is not known. */
  readonly bytesPerSecond: number | undefined;
}

interface Told extends JobStep {
  readonly epoch: number;
  readonly atUs: number;
}

/** What was told so long ago says nothing of now. */
const heldUs = 30_000_000;
/** Speed is measured over so long. */
const measuredUs = 20_000_000;
/** Jobs that are remembered at once. */
const mostJobs = 1_000;

/** How far running jobs are. In memory: a server that starts anew is told within seconds. */
export class JobSteps {
  readonly #clock: Pick<Clock, 'monoUs'>;
  readonly #told = new Map<number, readonly Told[]>();

  constructor(clock: Pick<Clock, 'monoUs'>) {
    this.#clock = clock;
  }

  /** The holder of that epoch tells. */
  note(jobId: number, epoch: number, { step, doneBytes, totalBytes }: JobStep): void {
    const now: Told = { step, doneBytes, totalBytes, epoch, atUs: this.#clock.monoUs() };
    const before = this.#told.get(jobId) ?? [];
    const goesOn = before.filter((one) => isSameWork(one, now) && now.atUs - one.atUs <= measuredUs);
    this.#told.delete(jobId);
    this.#told.set(jobId, [...goesOn, now]);
    this.#forgetOld();
  }

  /** The job is over, or nobody's. */
  forget(jobId: number): void {
    this.#told.delete(jobId);
  }

  /** How far the holder of that epoch is; undefined when it told nothing lately. */
  of(jobId: number, epoch: number): JobProgress | undefined {
    const told = this.#told.get(jobId) ?? [];
    const last = told.at(-1);
    if (!last || last.epoch !== epoch || this.#clock.monoUs() - last.atUs > heldUs) return undefined;
    const { step, doneBytes, totalBytes } = last;
    return { step, doneBytes, totalBytes, bytesPerSecond: speedOf(told[0]!, last) };
  }

  #forgetOld(): void {
    for (const jobId of this.#told.keys()) {
      if (this.#told.size <= mostJobs) return;
      this.#told.delete(jobId);
    }
  }
}

const isSameWork = (one: Told, other: Told): boolean =>
  one.epoch === other.epoch &&
  one.step === other.step &&
  one.totalBytes === other.totalBytes &&
  one.doneBytes <= other.doneBytes;

function speedOf(first: Told, last: Told): number | undefined {
  const us = last.atUs - first.atUs;
  return us < 1_000_000 ? undefined : Math.round(((last.doneBytes - first.doneBytes) * 1e6) / us);
}
