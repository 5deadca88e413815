/** Tells listeners in this process that there is something new in the store; carries no data and loses none. */
export class Bell {
  #listeners = new Set<() => void>();

  /** Calls every listener once, in order of subscription. */
  ring(): void {
    for (const listener of Array.from(this.#listeners)) listener();
  }

  /** Adds a listener; the result removes it again and may be called twice. */
  onRing(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
