import type { Clock } from '../clock.ts';
import { accountName, type Administrators } from './administrators.ts';
import { LockOut, sourceOf } from './lock-out.ts';
import type { Passwords } from './passwords.ts';
import type { Session, Sessions } from './sessions.ts';

/** Wrong passwords that cost nothing: of an address, and for an account, which more than one person may mistype. */
const freeOfAddress = 5;
const freeOfAccount = 10;

/** What somebody at the door says. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
  /** Where the request came from. */
  readonly address: string;
}

/** How it went: in, with the id for the cookie; wrong, whichever of the two it was; or locked for some seconds. */
export type SignInOutcome =
  | { readonly id: string; readonly session: Session }
  | 'wrong'
  | { readonly lockedSeconds: number };

/** What the door needs. */
export interface SignInOptions {
  readonly administrators: Administrators;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly clock: Clock;
}

/** The door: compares passwords, and makes guessing slow. */
export class SignIn {
  readonly #options: SignInOptions;
  readonly #addresses: LockOut;
  readonly #accounts: LockOut;

  constructor(options: SignInOptions) {
    this.#options = options;
    this.#addresses = new LockOut(options.clock, freeOfAddress);
    this.#accounts = new LockOut(options.clock, freeOfAccount);
  }

  /** Begins a session, or says why not; never whether there is such an account. @throws PasswordsBusyError */
  async attempt({ name: given, password, address }: Credentials): Promise<SignInOutcome> {
    const name = accountName(given);
    const source = sourceOf(address);
    const lockedSeconds = Math.max(this.#addresses.lockedSeconds(source), this.#accounts.lockedSeconds(name));
    if (lockedSeconds > 0) return { lockedSeconds };
    // Counted before it is compared, or guesses that come all at once would all be free.
    this.#addresses.strike(source);
    this.#accounts.strike(name);
    const account = await this.#options.administrators.find(name);
    if (!(await this.#options.passwords.matches(password, account?.password)) || !account) return 'wrong';
    // Comparing takes long enough for the account to be changed meanwhile.
    const still = await this.#options.administrators.find(name);
    // Told as a wrong password: a door that says more tells that this one was right.
    if (still?.password !== account.password || still.disabled_ms !== null) return 'wrong';
    this.#addresses.clear(source);
    this.#accounts.clear(name);
    return this.#options.sessions.begin(account, address);
  }

  /** Whether it is the account's password; wrong ones count as at the door. @throws PasswordsBusyError */
  async confirm({
    name,
    password,
    address,
  }: Credentials): Promise<'right' | Exclude<SignInOutcome, object> | { lockedSeconds: number }> {
    const source = sourceOf(address);
    const lockedSeconds = this.#accounts.lockedSeconds(name);
    if (lockedSeconds > 0) return { lockedSeconds };
    this.#accounts.strike(name);
    const account = await this.#options.administrators.find(name);
    if (!(await this.#options.passwords.matches(password, account?.password))) return 'wrong';
    this.#addresses.clear(source);
    this.#accounts.clear(name);
    return 'right';
  }
}
