/** Room on the disk that a job has for its files until it lets it go. */
export interface SpaceClaim {
  release(): void;
}

/** What {@link FinishSpace} knows of the disk. */
export interface FinishSpaceOptions {
  /** Free space of the disk on which files are finished, in MiB. */
  readonly freeMb: () => number;
  /** What is left for recordings, in MiB. */
  readonly reserveMb: number;
}

const mebibyte = 1024 * 1024;

/**
 * Room for files that are being finished. A job that needs more than there is does not begin, so that it does not take
 * the disk from running recordings. What jobs of this process have claimed counts as taken.
 */
export class FinishSpace {
  readonly #options: FinishSpaceOptions;
  #claimedMb = 0;

  constructor(options: FinishSpaceOptions) {
    this.#options = options;
  }

  /** Claims so many bytes, or says in a sentence why not. What needs none always gets it. */
  claim(bytes: number): SpaceClaim | string {
    const { freeMb, reserveMb } = this.#options;
    const needMb = Math.ceil(bytes / mebibyte);
    const free = Math.floor(freeMb()) - this.#claimedMb;
    if (needMb > 0 && free - needMb < reserveMb)
      return `the disk has no room for the file: it needs ${needMb} MB beside the ${reserveMb} MB that are kept for recordings, and ${Math.max(0, free)} MB are free`;
    this.#claimedMb += needMb;
    let held = true;
    return {
      release: () => {
        if (held) this.#claimedMb -= needMb;
        held = false;
      },
    };
  }
}
