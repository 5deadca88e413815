import type { CancelTimer, Clock } from '../clock.ts';
import type { Logger } from '../process/log.ts';
import type { Store } from '../store/store.ts';
import { Administrators } from './administrators.ts';
import { AuditLog } from './audit-log.ts';
import { Passwords } from './passwords.ts';
import { Sessions } from './sessions.ts';
import { SignIn } from './sign-in.ts';

const pruneEveryMs = 3_600_000;

/** Everything about administrators: who they are, how they come in, what they did. */
export interface Accounts {
  readonly administrators: Administrators;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly signIn: SignIn;
  readonly audit: AuditLog;
}

/** Puts them together on an open store. */
export function createAccounts(options: { readonly store: Store; readonly clock: Clock }): Accounts {
  const administrators = new Administrators(options.store);
  const passwords = new Passwords();
  const sessions = new Sessions(options);
  const signIn = new SignIn({ administrators, passwords, sessions, clock: options.clock });
  return { administrators, passwords, sessions, signIn, audit: new AuditLog(options) };
}

/** Removes ended sessions and old entries of the audit log from time to time. */
export function keepAccountsPruned({ sessions, audit }: Accounts, clock: Clock, log: Logger): CancelTimer {
  const prune = async (): Promise<void> => {
    try {
      await sessions.prune();
      await audit.prune();
    } catch (error) {
      log.error({ err: error }, 'old sessions and audit entries cannot be removed');
    }
  };
  return clock.every(pruneEveryMs, () => void prune());
}
