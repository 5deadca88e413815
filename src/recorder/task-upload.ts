import { openBucket } from '../deliver/bucket.ts';
import type { ObjectStore } from '../deliver/object-store.ts';
import { recordingStem } from '../naming/file-name.ts';
import type { RecordingIdentity } from '../segment/recording-folder.ts';
import { LiveUploader } from '../upload/live-uploader.ts';
import type { UploadEvents } from '../upload/upload-events.ts';
import type { BucketDestination, TaskReport } from '../worker-api/messages.ts';
import { BucketCheck } from './bucket-check.ts';
import type { BucketWork, BucketWorkOptions } from './bucket-work.ts';

/** The bot's leaving is told at once: what is not in the bucket by then is the finishing job's. */
const lastLookMs = 500;

/** Brings a running task's segments into its bucket. */
export class TaskUpload implements BucketWork {
  readonly #options: BucketWorkOptions;
  readonly #destination: BucketDestination;
  #store: ObjectStore | undefined;
  #uploader: LiveUploader | undefined;
  #closed = false;

  /** Use {@link beginUpload}. */
  constructor(options: BucketWorkOptions, destination: BucketDestination) {
    this.#options = options;
    this.#destination = destination;
    void this.#open();
  }

  /** Once the recording has ended, and before that is told: from then on the finishing job writes to the same keys. */
  async finish(): Promise<void> {
    await this.#uploader?.finish(lastLookMs);
    this.close();
  }

  /** Stops at once. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#uploader?.close();
    this.#store?.close();
  }

  async #open(): Promise<void> {
    const { allowPrivate, clock, log } = this.#options;
    try {
      this.#store = await openBucket({ destination: this.#destination, allowPrivate, clock });
      if (this.#closed) this.#store.close();
      else this.#uploader = this.#upload(this.#store);
    } catch (error) {
      // The finishing job meets the same and tells it; meanwhile the recording is on the spool.
      log.error({ err: error }, 'the bucket cannot be used');
      this.#tell({ kind: 'upload-began', epoch: this.#options.task.epoch, status: 1 });
    }
  }

  #upload(store: ObjectStore): LiveUploader {
    const { task, dir, clock, log } = this.#options;
    const target = { store, prefix: this.#destination.prefix, taskId: task.taskId };
    const separateMedia = !task.plan.avMerge;
    const stemOf = (identity: RecordingIdentity): string => recordingStem(task.room, identity, task.naming);
    return new LiveUploader({ dir, target, separateMedia, stemOf, events: this.#events(), clock, log });
  }

  #events(): UploadEvents {
    const { epoch } = this.#options.task;
    return {
      onBegan: (status) => this.#tell({ kind: 'upload-began', epoch, status }),
      onFile: (begun) => this.#tell({ kind: 'playlist-began', epoch, ...begun }),
      onIndex: ({ name }) => this.#tell({ kind: 'playlist-listed', epoch, name }),
    };
  }

  #tell(report: TaskReport): void {
    void this.#options.report(report);
  }
}

/** Begins what the task has to do with its bucket, if it has one: HLS is uploaded at once, files come at the end. */
export function beginUpload(options: BucketWorkOptions): BucketWork | undefined {
  const { destination, plan } = options.task;
  if (destination.kind !== 'bucket') return undefined;
  return plan.outputs.includes('hls') ? new TaskUpload(options, destination) : new BucketCheck(options, destination);
}
