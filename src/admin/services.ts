import type { ReplayDesk } from '../callbacks/replay-desk.ts';
import type { Store } from '../store/store.ts';
import type { TaskQueries } from '../tasks/queries.ts';

/** What the routes of the admin API work on. */
export interface AdminServices {
  readonly store: Store;
  readonly queries: Pick<TaskQueries, 'taskDetail'>;
  readonly replays: ReplayDesk;
}
