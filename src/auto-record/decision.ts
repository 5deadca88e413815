import { asksFor, autoModes, type AutoMode, type AutoRecordRule } from './rule.ts';

/** A rule as it was from some time on; undefined where recording by rule ended. */
export interface RuleRevision {
  readonly revision: number;
  readonly effectiveMs: number;
  readonly rule: AutoRecordRule | undefined;
}

/** A task that began by a rule. */
export interface AutoTask {
  readonly taskId: string;
  readonly mode: AutoMode;
  /** Room session in which it was seen last; a room that lost its process may be in a later one by now. */
  readonly sessionId: number;
  /** Whether its bot is in the room still, or on its way there. */
  readonly running: boolean;
  /** Whether a recorder has taken it. */
  readonly hasRecorder: boolean;
  /** Somebody asked it to end. */
  readonly stopping: boolean;
  /** LeaveCode (contract §4.3), undefined while it runs and when it never began. */
  readonly leaveCode: number | undefined;
  readonly endedMs: number;
  /** Whether it left a file. */
  readonly fruitful: boolean;
}

/** A room in which an anchor sends now. */
export interface SendingRoom {
  readonly sessionId: number;
  readonly createdMs: number;
  /** Every task by a rule that runs in the room, and those that ended in this session, oldest first. */
  readonly tasks: readonly AutoTask[];
}

/** A recording that should begin. */
export interface DueStart {
  readonly mode: AutoMode;
  readonly revision: number;
  readonly rule: AutoRecordRule;
}

/** LeaveCodes with which somebody ended a recording who meant it: deleted, or its bot removed. */
const ENDED_BY_HAND: readonly number[] = [0, 1, 3];
/** Pause after a task that left no file; doubled by each that follows, in milliseconds. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

/** How a room stands with one of the two ways of recording. */
export type Standing =
  /** Not recorded that way: no rule held when the room was created, or that one did not ask for it. */
  | { readonly state: 'not-asked' }
  /** The rule asked for it, and was switched off since. */
  | { readonly state: 'switched-off' }
  | { readonly state: 'running'; readonly taskId: string; readonly hasRecorder: boolean }
  /** Somebody stopped it, and it stays so for as long as the room lives. */
  | { readonly state: 'stopped-by-hand'; readonly taskId: string }
  /** What came before left no file: the next try is then. */
  | { readonly state: 'pausing'; readonly untilMs: number }
  | ({ readonly state: 'due' } & Omit<DueStart, 'mode'>);

/**
 * What should begin now in a room where an anchor sends. The rule in force when the room was created holds for as long as
 * the room lives; only what has been switched off since begins no more. `revisions` are the app's, oldest first. Pure.
 */
export function dueStarts(revisions: readonly RuleRevision[], room: SendingRoom, nowMs: number): DueStart[] {
  return autoModes.flatMap((mode) => {
    const standing = standingOf(mode, revisions, room, nowMs);
    return standing.state === 'due' ? [{ mode, revision: standing.revision, rule: standing.rule }] : [];
  });
}

/** How the room stands with that way of recording, were somebody to send in it now. Pure. */
export function standingOf(
  mode: AutoMode,
  revisions: readonly RuleRevision[],
  { sessionId, createdMs, tasks }: SendingRoom,
  nowMs: number,
): Standing {
  const own = tasks.filter((task) => task.mode === mode);
  const running = own.find((task) => task.running);
  if (running) return { state: 'running', taskId: running.taskId, hasRecorder: running.hasRecorder };
  const held = heldRule(revisions, createdMs, mode);
  if (typeof held === 'string') return { state: held };
  const ended = own.filter((task) => task.sessionId === sessionId);
  const byHand = ended.find(({ leaveCode }) => leaveCode !== undefined && ENDED_BY_HAND.includes(leaveCode));
  if (byHand) return { state: 'stopped-by-hand', taskId: byHand.taskId };
  const untilMs = notBefore(ended);
  return nowMs < untilMs ? { state: 'pausing', untilMs } : { state: 'due', ...held };
}

/** Tasks that run on in a later life of their room than the one they were seen in, since they did not notice its end. */
export const outlivers = ({ sessionId, tasks }: SendingRoom): AutoTask[] =>
  tasks.filter((task) => task.running && !task.stopping && task.sessionId !== sessionId);

/** The rule that holds in a room of that age, or why none does. */
function heldRule(
  revisions: readonly RuleRevision[],
  createdMs: number,
  mode: AutoMode,
): Omit<DueStart, 'mode'> | 'not-asked' | 'switched-off' {
  const index = revisions.findLastIndex(({ effectiveMs }) => effectiveMs <= createdMs);
  const [held, ...later] = index < 0 ? [] : revisions.slice(index);
  if (!held?.rule || !asksFor(held.rule, mode)) return 'not-asked';
  if (later.some(({ rule }) => !asksFor(rule, mode))) return 'switched-off';
  return { revision: held.revision, rule: held.rule };
}

/** A recording that comes to nothing, whatever the reason, is not tried again at once. */
function notBefore(ended: readonly AutoTask[]): number {
  const last = ended.at(-1);
  const fruitless = ended.length - 1 - ended.findLastIndex(({ fruitful }) => fruitful);
  if (!last || fruitless === 0) return 0;
  return last.endedMs + Math.min(FIRST_PAUSE_MS * 2 ** (fruitless - 1), LONGEST_PAUSE_MS);
}
