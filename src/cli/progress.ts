import type { Terminal } from './terminal.ts';

/** Says beside the answer how long work goes on: one line written over in a terminal, a line for each change elsewhere. */
export class Progress {
  readonly #terminal: Terminal;
  #matter: string | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** `grows` is what changes all the time, such as a length. */
  show(matter: string, grows = ''): void {
    const { rewrites, aside } = this.#terminal;
    if (rewrites) aside(`\r\u001b[K${grows === '' ? '' : `${grows}  `}${matter}`);
    else if (matter !== this.#matter) aside(`${matter}\n`);
    this.#matter = matter;
  }

  /** Leaves the line to others. */
  end(): void {
    if (this.#terminal.rewrites && this.#matter !== undefined) this.#terminal.aside('\r\u001b[K');
    this.#matter = undefined;
  }
}
