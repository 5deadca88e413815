import type { MigrationProvider } from 'kysely/migration';
import type { StoreEngine } from './engine.ts';
import { tasksAndOutbox } from './migrations/0001-tasks-and-outbox.ts';
import { givingUp } from './migrations/0002-giving-up.ts';
import { rooms } from './migrations/0003-rooms.ts';
import { outputs } from './migrations/0004-outputs.ts';
import { library } from './migrations/0005-library.ts';
import { imageFailures } from './migrations/0006-image-failures.ts';
import { callbackLog } from './migrations/0007-callback-log.ts';
import { durableJobs } from './migrations/0008-durable-jobs.ts';
import { evidence } from './migrations/0009-evidence.ts';
import { protectedApps } from './migrations/0010-protected-apps.ts';
import { takeovers } from './migrations/0011-takeovers.ts';
import { autoRecord } from './migrations/0012-auto-record.ts';
import { administrators } from './migrations/0013-administrators.ts';
import { appSettings } from './migrations/0016-app-settings.ts';
import { ruleActorsAndDisabledAccounts } from './migrations/0017-rule-actors-and-disabled-accounts.ts';

/** Every change of the schema in order; a name is never changed or removed once released. */
export const storeMigrations = (engine: StoreEngine): MigrationProvider => ({
  getMigrations: async () => ({
    '0001-tasks-and-outbox': tasksAndOutbox(engine),
    '0002-giving-up': givingUp,
    '0003-rooms': rooms(engine),
    '0004-outputs': outputs(engine),
    '0005-library': library,
    '0006-image-failures': imageFailures,
    '0007-callback-log': callbackLog(engine),
    '0008-durable-jobs': durableJobs,
    '0009-evidence': evidence,
    '0010-protected-apps': protectedApps,
    '0011-takeovers': takeovers,
    '0012-auto-record': autoRecord(engine),
    '0013-administrators': administrators(engine),
    '0016-app-settings': appSettings,
    '0017-rule-actors-and-disabled-accounts': ruleActorsAndDisabledAccounts,
  }),
});
