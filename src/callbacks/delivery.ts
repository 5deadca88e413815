import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '../clock.ts';
import type { AppDirectory, CallbackTarget } from '../config/apps.ts';
import type { Store } from '../store/store.ts';
import type { MadeAttempt } from './attempts.ts';
import { callbackBacklog, type CallbackBacklog } from './backlog.ts';
import { targetOf } from './groups.ts';
import type { MessageCompat } from './message.ts';
import { Outbox } from './outbox.ts';
import { laneOf, type DueEvent, type Settlement } from './queue.ts';
import { ReplayQueue } from './replay-queue.ts';
import { isTooOld, nextAttemptMs } from './schedule.ts';
import { CallbackSender } from './sender.ts';
import { liveRoom, replayRoom, Sending, type SendingStats } from './sending.ts';
import type { AddressRule } from '../address-guard.ts';
import type { WallMs } from '../units.ts';

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
  /** Judges the addresses that receivers are at; all but link-local and metadata ones by default. */
  readonly permits?: AddressRule;
}

/** Counters of delivery, for metrics. */
export type CallbackStats = SendingStats & {
  /** The same of what was sent again. */
  readonly replays: SendingStats;
};

/** Delivers the outbox until closed. */
export interface CallbackDelivery {
  /** Looks at the outbox now; new events are noticed without it. */
  wake(): void;
  /** Stops; attempts under way are cut and will be repeated after the next start. Idempotent. */
  close(): Promise<void>;
  readonly closed: boolean;
  stats(): CallbackStats;
  /** What waits in the store, and for how long. */
  backlog(): Promise<CallbackBacklog>;
}

/** Takes due events from the queues, one at a time per stream, and settles each by the retry schedule of contract §4.1. */
class OutboxDelivery implements CallbackDelivery {
  readonly #options: CallbackDeliveryOptions;
  readonly #outbox: Outbox;
  readonly #live: Sending;
  readonly #replays: Sending;
  readonly #sender: CallbackSender;
  readonly #stopListening: () => void;
  #cancelTimer: CancelTimer = () => undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #closing: Promise<void> | undefined;

  constructor(options: CallbackDeliveryOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.store, options.compat);
    this.#live = new Sending(this.#outbox, liveRoom);
    this.#replays = new Sending(new ReplayQueue(options.store), replayRoom);
    this.#sender = new CallbackSender(options.clock, options.permits);
    this.#stopListening = options.store.events.onRing(() => this.wake());
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  stats(): CallbackStats {
    return { ...this.#live.stats(), replays: this.#replays.stats() };
  }

  backlog(): Promise<CallbackBacklog> {
    return callbackBacklog(this.#options.store, this.#options.clock.wallMs());
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
    const sendings = [this.#live, this.#replays];
    await Promise.all(sendings.flatMap(({ underWay }) => Array.from(underWay.values(), ({ done }) => done)));
  }

  async #look(): Promise<void> {
    while (this.#lookAgain && !this.closed) {
      this.#lookAgain = false;
      try {
        // One moment for all: what falls due between two would be neither started nor waited for.
        const now = this.#options.clock.wallMs();
        await this.#startDue(this.#live, now);
        await this.#startDue(this.#replays, now);
        await this.#sleepUntilDue(now);
      } catch (error) {
        this.#options.log.error({ err: error }, 'callback outbox cannot be read');
        this.#sleep(storeFaultPauseMs);
      }
    }
  }

  async #startDue(sending: Sending, now: WallMs): Promise<void> {
    if (sending.room <= 0) return;
    // A receiver gets one message of a stream at a time, be it new or a replay.
    const streams = [...this.#live.underWay.keys(), ...this.#replays.underWay.keys()];
    const due = await sending.queue.due(now, { streams, lanes: sending.fullLanes() }, sending.room);
    sending.found(due.length);
    for (const event of due) {
      if (!sending.isFull(laneOf(event))) this.#start(sending, event);
      // One lane filled the answer; the next look leaves it out and finds the others.
      else this.#lookAgain = true;
    }
  }

  #start(sending: Sending, event: DueEvent): void {
    const done = this.#handle(sending, event).then(
      () => this.#finished(sending, event),
      (error: unknown) => this.#storeFault(sending, event, error),
    );
    sending.underWay.set(event.stream, { ...laneOf(event), done });
  }

  #finished(sending: Sending, event: DueEvent): void {
    sending.ended(event.stream);
    this.wake();
  }

  async #handle(sending: Sending, event: DueEvent): Promise<void> {
    const { apps, clock } = this.#options;
    const target = ownTarget(event) ?? targetOf(apps.app(event.sdk_app_id), event.event_group);
    if (!target) return this.#settle(sending, event, 'skipped');
    const startedMs = clock.wallMs();
    const tooOld = isTooOld(event.attempts, event.first_attempt_ms, startedMs, target.giveUpMs);
    if (tooOld) return this.#settle(sending, event, 'dropped');
    return this.#attempt(sending, event, target, startedMs);
  }

  async #attempt(sending: Sending, event: DueEvent, target: CallbackTarget, startedMs: number): Promise<void> {
    const body = event.body ?? (await this.#outbox.fixBody(event, startedMs));
    const message = { sdkAppId: event.sdk_app_id, id: event.message_id, body, sentMs: startedMs };
    const result = await this.#sender.send(target, message);
    const made = { url: target.url, startedMs, endedMs: this.#options.clock.wallMs(), result };
    if (result.error === undefined) return this.#settle(sending, event, 'delivered', made);
    // A cut by our own end is no fault of the receiver: the attempt is made anew after the restart.
    if (this.closed) return this.#outbox.noteCut(event, made);
    return this.#failed(sending, event, target, made);
  }

  async #failed(sending: Sending, event: DueEvent, target: CallbackTarget, made: MadeAttempt): Promise<void> {
    sending.counts.failedAttempts += 1;
    const { startedMs, endedMs: nowMs, result } = made;
    const attempts = event.attempts + 1;
    const firstAttemptMs = event.first_attempt_ms ?? startedMs;
    const nextMs = nextAttemptMs({ attempts, firstAttemptMs, startedMs, nowMs }, target.giveUpMs);
    this.#options.log.warn({ ...fieldsOf(event), attempts, error: result.error }, 'callback attempt failed');
    if (nextMs === undefined) return this.#settle(sending, event, 'dropped', made);
    return sending.queue.postpone(event, { attempts, firstAttemptMs, nextMs }, made);
  }

  async #settle(sending: Sending, event: DueEvent, settlement: Settlement, made?: MadeAttempt): Promise<void> {
    await sending.queue.settle(event, settlement, this.#options.clock.wallMs(), made);
    sending.counts[settlement] += 1;
    if (settlement === 'dropped') this.#options.log.error(fieldsOf(event), 'callback given up');
    else this.#options.log.debug(fieldsOf(event), `callback ${settlement}`);
  }

  /** The event is found again after a pause, or the same message would be sent in a tight loop. */
  #storeFault(sending: Sending, event: DueEvent, error: unknown): void {
    sending.ended(event.stream);
    if (this.closed) return;
    this.#options.log.error({ err: error, stream: event.stream }, 'callback result cannot be kept');
    this.#sleep(storeFaultPauseMs);
  }

  async #sleepUntilDue(now: WallMs): Promise<void> {
    const next = [await this.#live.queue.nextDueMs(now), await this.#replays.queue.nextDueMs(now)];
    const soonest = Math.min(...next.map((ms) => ms ?? Infinity));
    if (soonest < Infinity) this.#sleep(Math.min(soonest - now, longestSleepMs));
  }

  #sleep(ms: number): void {
    this.#cancelTimer();
    if (!this.closed) this.#cancelTimer = this.#options.clock.after(ms, () => this.wake());
  }
}

/** Where the events of a task that brought its receiver along go. */
const ownTarget = ({ callback }: DueEvent): CallbackTarget | undefined =>
  callback === null ? undefined : (JSON.parse(callback) as CallbackTarget);

/** How a line of the log names an event. */
const fieldsOf = ({ stream, type, seq, message_id: id, replay_ms }: DueEvent): object => ({
  stream,
  event: type,
  seq,
  id,
  ...(replay_ms === null ? {} : { replay: true }),
});

/** Starts delivering what is in the outbox and what joins it (contract §4.1), in order per stream. */
export function startCallbackDelivery(options: CallbackDeliveryOptions): CallbackDelivery {
  const delivery = new OutboxDelivery(options);
  delivery.wake();
  return delivery;
}
