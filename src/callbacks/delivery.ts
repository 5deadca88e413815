import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '../clock.ts';
import type { AppDirectory, CallbackTarget } from '../config/apps.ts';
import type { Store } from '../store/store.ts';
import { targetOf } from './groups.ts';
import { messageId, type MessageCompat } from './message.ts';
import { Outbox, type DueEvent, type Lane } from './outbox.ts';
import { isTooOld, nextAttemptMs } from './schedule.ts';
import { CallbackSender } from './sender.ts';
import type { WallMs } from '../units.ts';

/** Attempts under way per app and group, and in all: a dead receiver must not hold up the others. */
const attemptsPerLane = 8;
const attemptsInAll = 64;
/** The longest sleep between looks at the outbox; a wall clock that was set back is noticed by then. */
const longestSleepMs = 10_000;
/** Pause after the store failed. */
const storeFaultPauseMs = 1000;

/** What delivery needs. */
export interface CallbackDeliveryOptions {
  readonly store: Store;
  readonly apps: Pick<AppDirectory, 'app'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Shapes messages that were not tried yet; the defaults of contract §0.2 when absent. */
  readonly compat?: MessageCompat;
}

/** Counters of delivery, for metrics. */
export interface CallbackStats {
  readonly delivered: number;
  readonly dropped: number;
  readonly skipped: number;
  /** Attempts that failed, whether or not the message was delivered later. */
  readonly failedAttempts: number;
  readonly underWay: number;
}

/** Delivers the outbox until closed. */
export interface CallbackDelivery {
  /** Looks at the outbox now; new events are noticed without it. */
  wake(): void;
  /** Stops; attempts under way are cut and will be repeated after the next start. Idempotent. */
  close(): Promise<void>;
  readonly closed: boolean;
  stats(): CallbackStats;
}

/** Takes due events from the outbox, one at a time per stream, and settles each by the retry schedule of contract §4.1. */
class OutboxDelivery implements CallbackDelivery {
  readonly #options: CallbackDeliveryOptions;
  readonly #outbox: Outbox;
  readonly #sender: CallbackSender;
  readonly #stopListening: () => void;
  readonly #underWay = new Map<string, Lane & { done: Promise<void> }>();
  readonly #counts = { delivered: 0, dropped: 0, skipped: 0, failedAttempts: 0 };
  #cancelTimer: CancelTimer = () => undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #closing: Promise<void> | undefined;

  constructor(options: CallbackDeliveryOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.store, options.compat);
    this.#sender = new CallbackSender(options.clock);
    this.#stopListening = options.store.events.onRing(() => this.wake());
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  stats(): CallbackStats {
    return { ...this.#counts, underWay: this.#underWay.size };
  }

  wake(): void {
    if (this.closed) return;
    this.#lookAgain = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    this.#stopListening();
    this.#cancelTimer();
    await this.#sender.close();
    await this.#looking;
    await Promise.all(Array.from(this.#underWay.values(), ({ done }) => done));
  }

  async #look(): Promise<void> {
    while (this.#lookAgain && !this.closed) {
      this.#lookAgain = false;
      try {
        // One moment for both: what falls due between two would be neither started nor waited for.
        const now = this.#options.clock.wallMs();
        await this.#startDue(now);
        await this.#sleepUntilDue(now);
      } catch (error) {
        this.#options.log.error({ err: error }, 'callback outbox cannot be read');
        this.#sleep(storeFaultPauseMs);
      }
    }
  }

  async #startDue(now: WallMs): Promise<void> {
    const room = attemptsInAll - this.#underWay.size;
    if (room <= 0) return;
    const busy = { streams: [...this.#underWay.keys()], lanes: this.#fullLanes() };
    const due = await this.#outbox.due(now, busy, room);
    for (const event of due) {
      if (this.#countOf(laneOf(event)) < attemptsPerLane) this.#start(event);
      // One lane filled the answer; the next look leaves it out and finds the others.
      else this.#lookAgain = true;
    }
  }

  #start(event: DueEvent): void {
    const done = this.#handle(event).then(
      () => this.#finished(event),
      (error: unknown) => this.#storeFault(event, error),
    );
    this.#underWay.set(event.stream, { ...laneOf(event), done });
  }

  #finished(event: DueEvent): void {
    this.#underWay.delete(event.stream);
    this.wake();
  }

  async #handle(event: DueEvent): Promise<void> {
    const { apps, clock } = this.#options;
    const target = targetOf(apps.app(event.sdk_app_id), event.event_group);
    if (!target) return this.#settle(event, 'skipped');
    const startedMs = clock.wallMs();
    const tooOld = isTooOld(event.attempts, event.first_attempt_ms, startedMs, target.giveUpMs);
    if (tooOld) return this.#settle(event, 'dropped');
    return this.#attempt(event, target, startedMs);
  }

  async #attempt(event: DueEvent, target: CallbackTarget, startedMs: number): Promise<void> {
    const body = event.body ?? (await this.#outbox.fixBody(event, startedMs));
    const id = messageId(event.stream, event.seq);
    const error = await this.#sender.send(target, { sdkAppId: event.sdk_app_id, id, body, sentMs: startedMs });
    if (error === undefined) return this.#settle(event, 'delivered');
    // A cut by our own end is no fault of the receiver: the attempt is made anew after the restart.
    if (this.closed) return undefined;
    return this.#failed(event, target, startedMs, error);
  }

  async #failed(event: DueEvent, target: CallbackTarget, startedMs: number, error: string): Promise<void> {
    this.#counts.failedAttempts += 1;
    const attempts = event.attempts + 1;
    const firstAttemptMs = event.first_attempt_ms ?? startedMs;
    const failed = { attempts, firstAttemptMs, startedMs, nowMs: this.#options.clock.wallMs() };
    const next = nextAttemptMs(failed, target.giveUpMs);
    this.#options.log.warn({ stream: event.stream, event: event.type, attempts, error }, 'callback attempt failed');
    if (next === undefined) return this.#settle(event, 'dropped', error);
    return this.#outbox.postpone(event, attempts, next, error);
  }

  async #settle(event: DueEvent, state: 'delivered' | 'dropped' | 'skipped', error?: string): Promise<void> {
    await this.#outbox.settle(event, state, this.#options.clock.wallMs(), error);
    this.#counts[state] += 1;
    const fields = { stream: event.stream, event: event.type, seq: event.seq };
    if (state === 'dropped') this.#options.log.error(fields, 'callback given up');
    else this.#options.log.debug(fields, `callback ${state}`);
  }

  /** The event is found again after a pause, or the same message would be sent in a tight loop. */
  #storeFault(event: DueEvent, error: unknown): void {
    this.#underWay.delete(event.stream);
    if (this.closed) return;
    this.#options.log.error({ err: error, stream: event.stream }, 'callback result cannot be kept');
    this.#sleep(storeFaultPauseMs);
  }

  async #sleepUntilDue(now: WallMs): Promise<void> {
    const next = await this.#outbox.nextDueMs(now);
    if (next !== undefined) this.#sleep(Math.min(next - now, longestSleepMs));
  }

  #sleep(ms: number): void {
    this.#cancelTimer();
    if (!this.closed) this.#cancelTimer = this.#options.clock.after(ms, () => this.wake());
  }

  #countOf({ app, group }: Lane): number {
    let count = 0;
    for (const attempt of this.#underWay.values()) if (attempt.app === app && attempt.group === group) count += 1;
    return count;
  }

  #fullLanes(): Lane[] {
    const lanes = new Map(Array.from(this.#underWay.values(), (lane) => [`${lane.app}/${lane.group}`, lane]));
    return [...lanes.values()].filter((lane) => this.#countOf(lane) >= attemptsPerLane);
  }
}

const laneOf = (event: DueEvent): Lane => ({ app: event.sdk_app_id, group: event.event_group });

/** Starts delivering what is in the outbox and what joins it (contract §4.1), in order per stream. */
export function startCallbackDelivery(options: CallbackDeliveryOptions): CallbackDelivery {
  const delivery = new OutboxDelivery(options);
  delivery.wake();
  return delivery;
}
