import { wallUs, type WallUs } from '../units.ts';

/** Values that take effect at a wall time, each in place of the one before; they keep the order in which they came. Pure. */
export class Schedule<Value> {
  readonly #planned: { readonly at: WallUs; readonly value: Value }[] = [];

  /** Time of the next value that has not taken effect. */
  get next(): WallUs | undefined {
    return this.#planned[0]?.at;
  }

  /** Everything that has not taken effect. */
  values(): Value[] {
    return this.#planned.map(({ value }) => value);
  }

  /** Announces a value. One that is stamped earlier than its predecessor takes effect together with it. */
  plan(at: WallUs, value: Value): void {
    this.#planned.push({ at: wallUs(Math.max(at, this.#planned.at(-1)?.at ?? at)), value });
  }

  /** Takes everything that is due at `t`; gives the newest of it. */
  takeUntil(t: WallUs): Value | undefined {
    let newest: Value | undefined;
    while (this.#planned[0] && this.#planned[0].at <= t) newest = this.#planned.shift()?.value;
    return newest;
  }
}
