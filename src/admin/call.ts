import type { Role } from '../accounts/administrators.ts';
import type { Session } from '../accounts/sessions.ts';

/** Who asks: the holder of the bearer token, or an administrator by a session. */
export interface Caller {
  /** Name of the account, `token` for the token. */
  readonly name: string;
  readonly role: Role;
  /** Undefined for the token. */
  readonly session: Session | undefined;
}

/** The circumstances of a request, for the routes that need more than what it says. */
export interface AdminCall {
  /** Undefined only where a route is open to everybody. */
  readonly caller: Caller | undefined;
  readonly address: string;
  /** Whether the browser speaks TLS, to us or to a proxy before us. */
  readonly isSecure: boolean;
  /** Sets a header of the answer. */
  readonly setHeader: (name: string, value: string) => void;
  /** Who the audit log shall say it was, where nobody is signed in. */
  readonly signAs: (name: string) => void;
}
