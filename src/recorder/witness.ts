import type { CancelTimer, Clock } from '../clock.ts';
import type { SeenPicture, TimelineEntry, TimelineFact, ToldHead } from '../evidence/timeline.ts';
import type { MediaId } from '../room-key.ts';
import type { ChainHead } from '../segment/segment-chain.ts';
import { floorWallMs, type WallMs, type WallUs } from '../units.ts';
import type { TaskReport } from '../worker-api/messages.ts';
import type { FileWitness } from './spool-writer.ts';
import { mostEntries } from '../worker-api/evidence-schemas.ts';

/** What a witness needs of the world. */
export interface WitnessOptions {
  readonly epoch: number;
  readonly recorderId: string;
  /** Queues a report; resolves when the server accepted it. */
  readonly report: (report: TaskReport) => Promise<void>;
  readonly clock: Clock;
}

/** How often what happened is told. */
const tellEveryMs = 3_000;
/** How often it is told how far the chains go while nothing happens: later changes up to there are found. */
const headsEveryMs = 30_000;
/** Kept of one epoch, some fifty a minute for a day: a room in which more happens is told of no further. */
const mostOfEpoch = 75_000;
/** An orderly end waits for the server so long. */
const farewellMs = 1_000;

/**
 * Notes what happens while a task is recorded and tells the server every few seconds. Entries of a process that is killed
 * in between are lost; what they would say of segments is in the segments' chains.
 */
export class Witness implements FileWitness {
  readonly #options: WitnessOptions;
  readonly #cancel: CancelTimer;
  readonly #heads = new Map<string, ChainHead>();
  readonly #untold = new Set<string>();
  #entries: TimelineEntry[] = [];
  #seq = 0;
  #headsToldUs = -Infinity;
  #told: Promise<void> = Promise.resolve();
  #telling = false;
  #roomLost = false;
  #arranged = '[]';
  #effort = 0;
  #ended = false;

  /** The epoch begins with this. */
  constructor(options: WitnessOptions) {
    this.#options = options;
    this.note({ kind: 'epoch-began', recorder: options.recorderId });
    this.#cancel = options.clock.every(tellEveryMs, () => this.#tellIfDue());
  }

  /** Notes a fact, now unless it is told when. */
  note(fact: TimelineFact, at?: WallUs): void {
    if (this.#ended || this.#seq > mostOfEpoch) return;
    this.#seq += 1;
    if (fact.kind === 'room-entered') this.#roomLost = false;
    const kept: TimelineFact = this.#seq > mostOfEpoch ? { kind: 'entries-dropped' } : fact;
    this.#entries.push({ ...kept, seq: this.#seq, atMs: this.#stamp(at) });
  }

  /** The room is away; told once until it is entered again. */
  roomLost(reason: string): void {
    if (!this.#roomLost) this.note({ kind: 'room-lost', reason });
    this.#roomLost = true;
  }

  /** Who is seen where from a time on, unless that is as before. */
  arranged(pictures: readonly SeenPicture[], at: WallUs): void {
    const text = JSON.stringify(pictures);
    if (text !== this.#arranged) this.note({ kind: 'layout', pictures }, at);
    this.#arranged = text;
  }

  /** Overload: so much is left out of the mix from now on. */
  effort(step: number): void {
    if (step !== this.#effort) this.note({ kind: 'effort', step });
    this.#effort = step;
  }

  onChained(fileKey: string, head: ChainHead): void {
    this.#heads.set(fileKey, head);
    this.#untold.add(fileKey);
  }

  onRefused(userId: string, mediaId: MediaId | 'mix', { message: reason }: Error): void {
    this.note({ kind: 'disk-refused', userId, mediaId, reason });
  }

  /** The epoch ends; what is not told yet is queued, in front of whatever the caller reports next. Idempotent. */
  end(how: Extract<TimelineFact, { kind: 'epoch-ended' }>['how'], leaveCode?: number): void {
    if (this.#ended) return;
    this.note({ kind: 'epoch-ended', how, ...(leaveCode === undefined ? {} : { leaveCode }) });
    this.#ended = true;
    this.#cancel();
    this.#tell();
  }

  /** Called with every report of the task: where it ends the task, the timeline comes before it. */
  before(report: TaskReport): TaskReport {
    if (report.kind === 'stopped') this.end('stopped', report.leaveCode);
    if (report.kind === 'start-failed') this.end('failed');
    return report;
  }

  /** {@link Witness.end}; resolves when the server has it or is away for too long. */
  async farewell(how: Extract<TimelineFact, { kind: 'epoch-ended' }>['how']): Promise<void> {
    this.end(how);
    await Promise.race([this.#told, new Promise<void>((resume) => this.#options.clock.after(farewellMs, resume))]);
  }

  /** Tells nothing more: the lease is gone. Idempotent. */
  close(): void {
    this.#ended = true;
    this.#cancel();
    this.#entries = [];
  }

  /** A server that is away gets one report with all that happened meanwhile. */
  #tellIfDue(): void {
    if (this.#telling) return;
    const now = this.#options.clock.monoUs();
    const headsDue = this.#untold.size > 0 && now - this.#headsToldUs >= headsEveryMs * 1000;
    if (this.#entries.length === 0 && !headsDue) return;
    this.#telling = true;
    this.#tell();
    void this.#told.then(() => (this.#telling = false));
  }

  #tell(): void {
    const { epoch, report, clock } = this.#options;
    const heads: ToldHead[] = [...this.#untold].map((fileKey) => ({ fileKey, ...this.#heads.get(fileKey)! }));
    const entries = this.#entries;
    this.#entries = [];
    this.#untold.clear();
    this.#headsToldUs = clock.monoUs();
    const batches = Math.max(1, Math.ceil(entries.length / mostEntries), Math.ceil(heads.length / mostEntries));
    const part = <T>(list: readonly T[], k: number): T[] => list.slice(k * mostEntries, (k + 1) * mostEntries);
    for (let k = 0; k < batches; k += 1) {
      const told = { entries: part(entries, k), heads: part(heads, k) };
      if (told.entries.length + told.heads.length > 0) this.#told = report({ kind: 'timeline', epoch, ...told });
    }
  }

  /** Facts of a track may be older than those of the room before them; all keep their own time. */
  #stamp(at: WallUs | undefined): WallMs {
    return at === undefined ? this.#options.clock.wallMs() : floorWallMs(at);
  }
}
