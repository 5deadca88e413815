import type { WallUs } from '../units.ts';

/** Somebody stopped the recording, or said at its start how long it may last at most. */
export const LEAVE_STOPPED = 0;
/** LeaveCodes of event 302 that a recorder decides by itself (contract §4.3). */
export const LEAVE_REMOVED = 1;
/** The room was dismissed through the API. */
export const LEAVE_DISSOLVED = 2;
/** An administrator removed the bot. */
export const LEAVE_REMOVED_BY_SERVER = 3;
/** The server dissolved the room. */
export const LEAVE_DISSOLVED_BY_SERVER = 4;
/** Nobody but bots was in the room for MaxIdleTime. */
export const LEAVE_IDLE = 99;
/** The room could not be reached for too long. */
export const LEAVE_ROOM_TIMEOUT = 100;
/** Another bot of the same id entered. */
export const LEAVE_REPLACED = 101;

/** How long the rooms role may be out of reach before the bot counts as gone from the room (event 302, LeaveCode 100). */
export const ROOM_TIMEOUT_SECONDS = 90;

/**
 * Decides when a bot leaves by itself. An anchor that is present without media keeps the task (contract §2.2);
 * time without a connection to the room is not idle time, because nobody knows who is there.
 */
export class IdleRule {
  #maxIdleUs: number;
  #emptySince: WallUs | undefined;
  #unreachableSince: WallUs | undefined;

  /** `maxIdleSeconds` is MaxIdleTime; `now` is when the task began, unreachable until the room answers. */
  constructor(maxIdleSeconds: number, now: WallUs) {
    this.#maxIdleUs = maxIdleSeconds * 1_000_000;
    this.#unreachableSince = now;
  }

  /** The room answered, or somebody came or went: `anchors` are in it now. */
  onAnchors(anchors: number, now: WallUs): void {
    this.#unreachableSince = undefined;
    this.#emptySince = anchors > 0 ? undefined : (this.#emptySince ?? now);
  }

  /** The connection to the room is gone. */
  onUnreachable(now: WallUs): void {
    this.#emptySince = undefined;
    this.#unreachableSince ??= now;
  }

  /** The LeaveCode with which the bot must leave now, if it must. */
  leaveCode(now: WallUs): number | undefined {
    if (this.#emptySince !== undefined && now - this.#emptySince >= this.#maxIdleUs) return LEAVE_IDLE;
    const lost =
      this.#unreachableSince !== undefined && now - this.#unreachableSince >= ROOM_TIMEOUT_SECONDS * 1_000_000;
    return lost ? LEAVE_ROOM_TIMEOUT : undefined;
  }
}
