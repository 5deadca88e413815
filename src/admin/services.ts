import type { Accounts } from '../accounts/accounts.ts';
import type { AdminLibrary } from '../library/library.ts';
import type { LayoutCompat } from '../api/recording/layout-plan.ts';
import type { AppDirectory } from '../config/apps.ts';
import type { AutoRecorder } from '../auto-record/auto-recorder.ts';
import type { AppRegistry } from '../apps/app-registry.ts';
import type { StorageTester } from '../apps/storage-test.ts';
import type { AutoRecordRules } from '../auto-record/rules.ts';
import type { CallbackDelivery } from '../callbacks/delivery.ts';
import type { CallbackTester } from '../callbacks/test-send.ts';
import type { Clock } from '../clock.ts';
import type { LiveRooms } from '../presence/live-rooms.ts';
import type { RecorderPresence } from '../server/recorder-presence.ts';
import type { SpoolPreview } from '../preview/spool-preview.ts';
import type { ReplayDesk } from '../callbacks/replay-desk.ts';
import type { RoomControl } from '../presence/room-control.ts';
import type { ArchiveShelf } from '../library/hls-archive.ts';
import type { EvidenceRoom } from '../evidence/evidence-room.ts';
import type { Store } from '../store/store.ts';
import type { VerifyDesk } from '../evidence/verify-desk.ts';
import type { JobSteps } from '../tasks/job-steps.ts';
import type { TaskQueries } from '../tasks/queries.ts';
import type { WatchTickets } from '../watch-tickets.ts';
import type { TaskService } from '../tasks/service.ts';

/** What the routes of the admin API work on. */
export interface AdminServices {
  readonly store: Store;
  readonly queries: Pick<TaskQueries, 'taskDetail' | 'backlog'>;
  readonly tasks: Pick<TaskService, 'create' | 'stop'>;
  /** How far running jobs are. */
  readonly steps: Pick<JobSteps, 'of'>;
  readonly replays: ReplayDesk;
  readonly callbacks: Pick<CallbackDelivery, 'backlog'>;
  readonly recorders: Pick<RecorderPresence, 'capacity'>;
  readonly liveRooms: LiveRooms;
  readonly roomControl: RoomControl;
  /** For administrators who watch a room. */
  readonly tickets: Pick<WatchTickets, 'issue'>;
  readonly library: AdminLibrary;
  readonly accounts: Accounts;
  /** All apps. */
  readonly appIds: readonly number[];
  readonly clock: Clock;
  /** How layouts are drawn where sources disagree. */
  readonly layoutCompat: LayoutCompat;
  readonly rules: AutoRecordRules;
  readonly autoRecorder: Pick<AutoRecorder, 'refusal'>;
  readonly apps: Pick<AppDirectory, 'app'>;
  readonly registry: AppRegistry;
  readonly callbackTester: Pick<CallbackTester, 'send'>;
  readonly storageTester: Pick<StorageTester, 'library' | 'tencentVod' | 'bucket'>;
  /** What recorders on this machine have written of running tasks. */
  readonly preview: SpoolPreview;
  readonly evidence: Pick<EvidenceRoom, 'manifest' | 'key'>;
  readonly verifications: Pick<VerifyDesk, 'begin' | 'of'>;
  /** HLS recordings as one file each. */
  readonly archives: ArchiveShelf;
}
