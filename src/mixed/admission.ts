import { maxPictures } from '../layout/templates.ts';
import { wallUs, type WallUs } from '../units.ts';

interface Stay {
  readonly userId: string;
  readonly order: number;
  readonly from: WallUs;
  until: WallUs;
}

const forever = wallUs(Number.MAX_SAFE_INTEGER);

/**
 * Who may be heard when: the first 25 by entry of those in the room at that moment, as many as are seen (contract L20).
 * Sound is mixed a second after it was spoken, so the past of the room is kept for as long. Pure.
 */
export class Admission {
  #stays: Stay[] = [];

  /** A user entered at `at`. */
  enter(userId: string, order: number, at: WallUs): void {
    this.leave(userId, at);
    this.#stays.push({ userId, order, from: at, until: forever });
  }

  /** A user left at `at`. */
  leave(userId: string, at: WallUs): void {
    for (const stay of this.#stays) if (stay.userId === userId && stay.until === forever) stay.until = at;
  }

  /** Whether the user is among the first 25 at `at`. A user who was not there at all is taken for early, not for late. */
  admits(userId: string, at: WallUs): boolean {
    if (this.#stays.length <= maxPictures) return true;
    const present = this.#stays.filter((stay) => stay.from <= at && at < stay.until);
    const own = present.find((stay) => stay.userId === userId);
    return own === undefined || present.filter((stay) => stay.order < own.order).length < maxPictures;
  }

  /** Forgets stays that ended before `t`. */
  forgetBefore(t: WallUs): void {
    this.#stays = this.#stays.filter((stay) => stay.until >= t);
  }
}
