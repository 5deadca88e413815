/** Lets so many uploads at a time have their turn, first come, first served; the others wait. */
export class UploadTurns {
  readonly #limit: number;
  readonly #parent: UploadTurns | undefined;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  /** `parent` limits these turns together with others of the process. */
  constructor(limit: number, parent?: UploadTurns) {
    this.#limit = limit;
    this.#parent = parent;
  }

  /** Runs `action` when it has its turn, and settles as it does. */
  async run<T>(action: () => Promise<T>): Promise<T> {
    await this.#take();
    try {
      return await (this.#parent ? this.#parent.run(action) : action());
    } finally {
      this.#pass();
    }
  }

  #take(): Promise<void> | undefined {
    if (this.#taken < this.#limit) {
      this.#taken += 1;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #pass(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken -= 1;
  }
}

/** Segments that a process reads, splits and sends at once: each may be some ten megabytes of memory. */
const atOnceInProcess = 24;
/** The same for one task, so that a store that hangs does not hold up other customers' uploads. */
const atOnceInTask = 3;

const processTurns = new UploadTurns(atOnceInProcess);

/** Turns for one task, counted together with all others of the process. */
export const taskTurns = (): UploadTurns => new UploadTurns(atOnceInTask, processTurns);
