import type { Clock } from '../clock.ts';
import type { Logger } from '../process/log.ts';
import type { ReportResponse, TaskReport } from '../worker-api/messages.ts';

const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 2_000;

/** What a report queue needs of the world. */
export interface ReportQueueOptions {
  /** Sends one report; rejects while the server is out of reach. */
  readonly send: (report: TaskReport) => Promise<ReportResponse>;
  /** The server refused a report: the lease has moved on. Nothing more is sent. */
  readonly onStale: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Reports of one task, sent one after the other and again until the server answers: a dead server delays them, it loses none. */
export class ReportQueue {
  #options: ReportQueueOptions;
  #waiting: { report: TaskReport; done: () => void }[] = [];
  #sending = false;
  #closed = false;

  constructor(options: ReportQueueOptions) {
    this.#options = options;
  }

  /** Queues a report. Resolves when the server has accepted it; never resolves after `close`. */
  push(report: TaskReport): Promise<void> {
    return new Promise((done) => {
      if (this.#closed) return;
      this.#waiting.push({ report, done });
      void this.#drain();
    });
  }

  /** Forgets what is waiting. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  async #drain(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    for (let next = this.#waiting[0]; next && !this.#closed; next = this.#waiting[0]) {
      const response = await this.#sendUntilAnswered(next.report);
      if (!response) break;
      if (!response.accepted) return this.#refused(next.report, response);
      this.#waiting.shift();
      next.done();
    }
    this.#sending = false;
  }

  async #sendUntilAnswered(report: TaskReport): Promise<ReportResponse | undefined> {
    for (let waitMs = FIRST_RETRY_MS; !this.#closed; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      try {
        return await this.#options.send(report);
      } catch (error) {
        this.#options.log.warn({ err: error, report: report.kind }, 'server out of reach; the report waits');
        await new Promise<void>((resume) => this.#options.clock.after(waitMs, resume));
      }
    }
    return undefined;
  }

  #refused(report: TaskReport, response: ReportResponse): void {
    this.#options.log.warn({ report: report.kind, reason: response.reason }, 'report refused');
    this.close();
    this.#options.onStale();
  }
}
