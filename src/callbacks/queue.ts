import type { Selectable } from 'kysely';
import type { EventTable, TaskTable } from '../store/tables.ts';
import type { MadeAttempt } from './attempts.ts';

/**
 * An event that may be sent now, with what its message needs of its task; null for an event of a room. Attempts and times
 * are those of the replay where it is one.
 */
export type DueEvent = Selectable<EventTable> & {
  readonly [Name in 'room_kind' | 'room_id' | 'bot_user_id' | 'callback']: TaskTable[Name] | null;
} & {
  /** When the replay was asked for; null when the event is delivered for the first time. */
  readonly replay_ms: number | null;
};

/** One app's events of one group: they go to one receiver, which must not hold up others. */
export interface Lane {
  readonly app: number;
  /** EventGroupId. */
  readonly group: number;
  /** Whether they go to a receiver that their task brought along. */
  readonly own: boolean;
}

/** The lane that an event is in. */
export const laneOf = (event: DueEvent): Lane => ({
  app: event.sdk_app_id,
  group: event.event_group,
  own: event.callback !== null,
});

/** What is left out of a look at a queue. */
export interface Busy {
  readonly streams: readonly string[];
  readonly lanes: readonly Lane[];
}

/** How the sending of an event ended: taken, given up, or wanted by nobody. */
export type Settlement = 'delivered' | 'dropped' | 'skipped';

/** When an attempt failed and another one follows. Times are wall milliseconds. */
export interface NextAttempt {
  /** Failed attempts so far. */
  readonly attempts: number;
  readonly firstAttemptMs: number;
  readonly nextMs: number;
}

/** Events that wait to be sent; each method is one statement or one transaction. */
export interface CallbackQueue {
  /** The first event of each stream that is due, oldest first, leaving out the streams and lanes that are busy. */
  due(nowMs: number, busy: Busy, limit: number): Promise<DueEvent[]>;
  /** Wall time at which the next waiting event falls due, or undefined when none waits. */
  nextDueMs(nowMs: number): Promise<number | undefined>;
  /** Nothing more will be sent of this event; `made` is absent when there was no attempt. */
  settle(event: DueEvent, settlement: Settlement, nowMs: number, made?: MadeAttempt): Promise<void>;
  /** Keeps the event for another attempt. */
  postpone(event: DueEvent, next: NextAttempt, made: MadeAttempt): Promise<void>;
}
