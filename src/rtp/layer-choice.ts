import type { MonoUs } from '../units.ts';
import type { ReceiveStream } from './receive-stream.ts';

/** How often layers are compared, and by how much another must be larger to be worth a switch. */
const INTERVAL_US = 1_000_000;
const GAIN = 1.3;

/**
 * Chooses one of the simulcast layers of an m-line: the one that carries the most bytes. The better layer becomes a
 * candidate; it takes over at its next key frame.
 */
export class LayerChoice {
  readonly #layers = new Map<string, { stream: ReceiveStream; counted: number }>();
  #candidate: ReceiveStream | undefined;
  #comparedAt = 0;

  /** The layer that is to take over, of which a key frame is wanted. */
  get candidate(): ReceiveStream | undefined {
    return this.#candidate;
  }

  /** Adds a layer; one with the same RID is replaced. */
  add(rid: string, stream: ReceiveStream): void {
    this.#layers.set(rid, { stream, counted: 0 });
  }

  remove(stream: ReceiveStream): void {
    for (const [rid, layer] of this.#layers) if (layer.stream === stream) this.#layers.delete(rid);
    if (this.#candidate === stream) this.#candidate = undefined;
  }

  /** The candidate took over, or another stream did: compare anew. */
  settled(): void {
    this.#candidate = undefined;
  }

  /** Compares the layers when it is time to. True when there is a new candidate. */
  choose(active: ReceiveStream, now: MonoUs): boolean {
    if (this.#layers.size < 2 || now - this.#comparedAt < INTERVAL_US) return false;
    this.#comparedAt = now;
    let best: ReceiveStream | undefined;
    let bestBytes = this.#countedSince(active) * GAIN;
    for (const layer of this.#layers.values()) {
      const bytes = layer.stream.bytes - layer.counted;
      layer.counted = layer.stream.bytes;
      if (layer.stream === active || bytes <= bestBytes) continue;
      best = layer.stream;
      bestBytes = bytes;
    }
    const isNew = best !== undefined && best !== this.#candidate;
    this.#candidate = best;
    return isNew;
  }

  #countedSince(active: ReceiveStream): number {
    for (const { stream, counted } of this.#layers.values()) if (stream === active) return stream.bytes - counted;
    return 0;
  }
}
