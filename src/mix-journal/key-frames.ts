import type { WallUs } from '../units.ts';

interface KeyFrame {
  readonly at: WallUs;
  /** Number of the chunk that has it. */
  readonly chunk: number;
}

interface Track {
  readonly keys: KeyFrame[];
  askedAt: number;
}

/** Where the key frames of the open video tracks lie in a journal, and which of its chunks they still need. Pure. */
export class KeyFrames {
  readonly #tracks = new Map<number, Track>();

  /** A video track begins. */
  open(track: number): void {
    this.#tracks.set(track, { keys: [], askedAt: -Infinity });
  }

  /** A track ends; unknown ones are passed over. */
  close(track: number): void {
    this.#tracks.delete(track);
  }

  /** A key frame of a track was written. */
  note(track: number, at: WallUs, chunk: number): void {
    this.#tracks.get(track)?.keys.push({ at, chunk });
  }

  /** The first chunk that is needed to decode every track from `from` on; infinite when none has a key frame before. */
  firstNeeded(from: WallUs): number {
    let first = Number.POSITIVE_INFINITY;
    for (const { keys } of this.#tracks.values()) {
      while (keys[1] && keys[1].at <= from) keys.shift();
      if (keys[0] && keys[0].at <= from) first = Math.min(first, keys[0].chunk);
    }
    return first;
  }

  /** Tracks whose newest key frame is older than `age` at `now`; each is named again only after as long. */
  outdated(now: WallUs, age: number): number[] {
    const due = [...this.#tracks].filter(([, { keys, askedAt }]) => {
      const newest = keys.at(-1);
      return newest !== undefined && now - newest.at > age && now - askedAt > age;
    });
    for (const [, track] of due) track.askedAt = now;
    return due.map(([id]) => id);
  }
}
