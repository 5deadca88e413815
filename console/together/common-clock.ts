/**
 * The time that all pictures show, in milliseconds of the recordings' wall time: it runs at a speed, or stands. `now` is
 * the browser's monotonic time in milliseconds.
 */
export class CommonClock {
  readonly #now: () => number;
  #positionMs: number;
  #sinceMs: number;
  #speed = 1;
  #runs = false;

  constructor(now: () => number, positionMs: number) {
    this.#now = now;
    this.#positionMs = positionMs;
    this.#sinceMs = now();
  }

  get positionMs(): number {
    return this.#runs ? this.#positionMs + (this.#now() - this.#sinceMs) * this.#speed : this.#positionMs;
  }

  get runs(): boolean {
    return this.#runs;
  }

  get speed(): number {
    return this.#speed;
  }

  moveTo(positionMs: number): void {
    this.#positionMs = positionMs;
    this.#sinceMs = this.#now();
  }

  run(runs: boolean): void {
    this.moveTo(this.positionMs);
    this.#runs = runs;
  }

  setSpeed(speed: number): void {
    this.moveTo(this.positionMs);
    this.#speed = speed;
  }
}
