/** What a player of a file says of itself. */
export interface Seen {
  /** Span of its file, in milliseconds of wall time. */
  readonly startMs: number;
  readonly endMs: number;
  /** Where it is, in milliseconds from the file's beginning. */
  readonly atMs: number;
  /** HTMLMediaElement.readyState: 0 nothing, 1 knows its length, 2 has this moment, 3 and 4 can go on. */
  readonly readyState: number;
  readonly isSeeking: boolean;
  readonly hasFailed: boolean;
}

/** What is wanted of all. */
export interface Wish {
  /** Moment of the common clock, in milliseconds of wall time. */
  readonly positionMs: number;
  /** Somebody pressed play. */
  readonly isPlaying: boolean;
  readonly speed: number;
  /** The common clock runs at this moment: it stands while one of them is waited for. */
  readonly clockRuns: boolean;
}

/** What is remembered of a player from one look to the next. */
export interface Memory {
  /** Since when it has not been ready, in milliseconds of the browser's monotonic time; undefined while it is. */
  readonly unreadySinceMs: number | undefined;
  /** When it was last moved because it had gone astray. */
  readonly movedMs: number;
  readonly isNudged: boolean;
}

/** What one player shall do. */
export interface Order {
  /** Its file has this moment. */
  readonly isHere: boolean;
  /** It is not ready, and the others wait for it, or did for as long as they may. */
  readonly isLate: boolean;
  readonly plays: boolean;
  /** Where to go, in milliseconds from the file's beginning. */
  readonly seekMs: number | undefined;
  readonly rate: number;
  readonly memory: Memory;
}

/** What all shall do. */
export interface Decision {
  readonly clockRuns: boolean;
  /** The moment that the common clock is set to: most players are there, so that few have to be hastened or slowed. */
  readonly positionMs: number;
  readonly orders: readonly Order[];
}

/** What is known of a player that was not seen before. */
export const firstMemory: Memory = { unreadySinceMs: undefined, movedMs: -Infinity, isNudged: false };

/** A player that is this far off is hastened or slowed, until it is as near as `nearMs`. */
const nudgeMs = 25;
const nearMs = 8;
/** This far off it is moved. */
const astrayMs = 350;
/** While all stand, each is brought as near as this. */
const standingMs = 20;
/** Most that a nudge changes of the speed: more is heard. */
const mostNudge = 0.08;
/** In this time a nudge would take the whole distance. */
const nudgeOverMs = 800;
/** A machine that cannot keep up is not made slower by one move after another. */
const betweenMovesMs = 3000;
/** Nobody is waited for longer. */
const patienceMs = 8000;
/** A file that begins so soon is brought to its beginning. */
const soonMs = 4000;

/**
 * Decides from the common clock and from what each player says what they do next. Pure: `nowMs` is the browser's
 * monotonic time. All wait while one that has this moment is not ready, so that they begin together; small differences
 * are evened out by the speed, large ones by moving. Called ten times a second.
 */
export function decide(wish: Wish, seen: readonly Seen[], memories: readonly Memory[], nowMs: number): Decision {
  const positionMs = wish.positionMs + (wish.clockRuns ? agreedShift(wish, seen) : 0);
  const views = seen.map((one, index) => look({ ...wish, positionMs }, one, memories[index] ?? firstMemory, nowMs));
  const isHeld = views.some(({ isWaitedFor }) => isWaitedFor);
  const clockRuns = wish.isPlaying && !isHeld;
  return { clockRuns, positionMs, orders: views.map((view) => orderOf(view, wish, clockRuns, nowMs)) };
}

/** How far the middle one of those that play is ahead of the common clock. */
function agreedShift({ positionMs }: Wish, seen: readonly Seen[]): number {
  const offs = seen
    .filter((one) => isHereAt(positionMs, one) && one.readyState >= 3 && !one.isSeeking && !one.hasFailed)
    .map(({ atMs, startMs }) => atMs + startMs - positionMs)
    .filter((offMs) => Math.abs(offMs) <= astrayMs)
    .sort((a, b) => a - b);
  return offs[(offs.length - 1) >> 1] ?? 0;
}

const isHereAt = (positionMs: number, { startMs, endMs }: Seen): boolean => positionMs >= startMs && positionMs < endMs;

interface View {
  readonly seen: Seen;
  readonly memory: Memory;
  readonly isHere: boolean;
  readonly isSoon: boolean;
  readonly isReady: boolean;
  readonly isWaitedFor: boolean;
  /** How far it is ahead of the common clock. */
  readonly offMs: number;
  /** Where it should be. */
  readonly targetMs: number;
}

function look({ positionMs, clockRuns }: Wish, seen: Seen, before: Memory, nowMs: number): View {
  const isHere = isHereAt(positionMs, seen);
  const isSoon = !isHere && positionMs < seen.startMs && seen.startMs - positionMs < soonMs;
  const targetMs = Math.max(0, positionMs - seen.startMs);
  const offMs = seen.atMs - targetMs;
  // While the clock stands, one that can go on from another place is no use.
  const isPlaced = clockRuns || Math.abs(offMs) <= standingMs;
  const isReady = seen.readyState >= 3 && !seen.isSeeking && isPlaced;
  const since = isHere && !isReady ? (before.unreadySinceMs ?? nowMs) : undefined;
  const isWaitedFor = since !== undefined && !seen.hasFailed && nowMs - since < patienceMs;
  return { seen, memory: { ...before, unreadySinceMs: since }, isHere, isSoon, isReady, isWaitedFor, offMs, targetMs };
}

function orderOf(view: View, wish: Wish, clockRuns: boolean, nowMs: number): Order {
  const { isHere, isSoon, isReady, memory, seen } = view;
  const plays = isHere && clockRuns && !seen.hasFailed;
  const seekMs = (isHere || isSoon) && !seen.hasFailed ? seekOf(view, clockRuns, nowMs) : undefined;
  const isNudged = plays && isReady && seekMs === undefined && wantsNudge(view);
  return {
    isHere,
    isLate: isHere && !isReady,
    plays,
    seekMs,
    rate: wish.speed * (isNudged ? nudgeOf(view, wish.speed) : 1),
    memory: { ...memory, isNudged, movedMs: seekMs !== undefined && clockRuns && isHere ? nowMs : memory.movedMs },
  };
}

function seekOf(
  { seen, offMs, targetMs, isHere, memory }: View,
  clockRuns: boolean,
  nowMs: number,
): number | undefined {
  // Before it knows its length it cannot be moved; while it is on its way another order would only delay it.
  if (seen.readyState < 1 || seen.isSeeking) return undefined;
  const isStanding = !isHere || !clockRuns;
  if (isStanding) return Math.abs(offMs) > standingMs ? targetMs : undefined;
  return Math.abs(offMs) > astrayMs && nowMs - memory.movedMs >= betweenMovesMs ? targetMs : undefined;
}

const wantsNudge = ({ offMs, memory }: View): boolean => Math.abs(offMs) > (memory.isNudged ? nearMs : nudgeMs);

const nudgeOf = ({ offMs }: View, speed: number): number =>
  1 - Math.max(-mostNudge, Math.min(mostNudge, offMs / (nudgeOverMs * speed)));
