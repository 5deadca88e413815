import type { Clock } from '../../src/clock.ts';

/** A direction of a network path. */
export interface LinkOptions {
  /** Share of datagrams lost, 0 … 1. */
  readonly loss: number;
  /** Mean length of a run of losses; 1 for independent ones. */
  readonly burst?: number;
  readonly delayMs: number;
  /** Up to so much is added to the delay of each datagram, which reorders them. */
  readonly jitterMs?: number;
}

/** Loses, delays and reorders datagrams by a seeded random source and an injected clock (Gilbert's two-state model). */
export class LossyLink {
  sent = 0;
  lost = 0;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #options: LinkOptions;
  readonly #deliver: (bytes: Uint8Array) => void;
  #losing = false;

  constructor(clock: Clock, random: () => number, options: LinkOptions, deliver: (bytes: Uint8Array) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
    this.#deliver = deliver;
  }

  /** Takes a datagram; true when it will arrive. */
  send(bytes: Uint8Array): boolean {
    this.sent += 1;
    this.#losing = this.#random() < this.#lossChance();
    if (this.#losing) {
      this.lost += 1;
      return false;
    }
    const copy = Uint8Array.from(bytes);
    // Eighths of a millisecond are whole microseconds, exactly.
    const delay = this.#options.delayMs + Math.floor(this.#random() * (this.#options.jitterMs ?? 0) * 8) / 8;
    this.#clock.after(delay, () => this.#deliver(copy));
    return true;
  }

  /** Chances that keep the share of losses and make their runs as long as asked. */
  #lossChance(): number {
    const { loss, burst = 1 } = this.#options;
    if (burst === 1) return loss;
    return this.#losing ? 1 - 1 / burst : loss / (burst * (1 - loss));
  }
}
