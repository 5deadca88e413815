import { randomBytes, scrypt, scryptSync, timingSafeEqual, type ScryptOptions } from 'node:crypto';

/** log2 of N, then r and p: 32 MiB, and as slow as the usual advice for scrypt asks (docs/decisions/0020). */
const cost = { ln: 15, r: 8, p: 3 } as const;
const hashBytes = 32;
/** Checks that may wait for the one under way; each takes a tenth of a second or more. */
const mostWaiting = 16;

/** More passwords are waiting to be checked than is sensible. */
export class PasswordsBusyError extends Error {
  override name = 'PasswordsBusyError';
}

interface StoredHash {
  readonly options: ScryptOptions & { readonly N: number; readonly r: number };
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const optionsOf = (ln: number, r: number, p: number): StoredHash['options'] => ({
  N: 2 ** ln,
  r,
  p,
  maxmem: 256 * 2 ** ln * r,
});

/** Keyboards write the same letter in more ways than one. */
const bytesOf = (password: string): Buffer => Buffer.from(password.normalize('NFKC'));

const writeHash = (salt: Buffer, hash: Buffer): string =>
  `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${salt.toString('base64')}$${hash.toString('base64')}`;

/** @throws Error for a text that this program did not write. */
function readHash(stored: string): StoredHash {
  const [, ln, r, p, salt, hash] = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(stored) ?? [];
  if (hash === undefined) throw new Error('a stored password hash cannot be read');
  return {
    options: optionsOf(Number(ln), Number(r), Number(p)),
    salt: Buffer.from(salt!, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(bytesOf(password), salt, hashBytes, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** A password that nobody has to think of: 120 random bits in groups that can be copied by hand. */
export const makePassword = (): string =>
  Array.from(randomBytes(24), (byte) => 'abcdefghjkmnpqrstuvwxyz23456789ab'[byte % 32]!)
    .join('')
    .replaceAll(/.{6}(?=.)/g, '$&-');

/** The hash of a password, at once; for the first start, which has nothing else to do. */
export function hashPasswordNow(password: string): string {
  const salt = randomBytes(16);
  return writeHash(salt, scryptSync(bytesOf(password), salt, hashBytes, optionsOf(cost.ln, cost.r, cost.p)));
}

/** Makes and checks hashes one at a time, so that a crowd at the door takes neither all memory nor all cores. */
export class Passwords {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  readonly #decoy = writeHash(randomBytes(16), randomBytes(hashBytes));

  /** A text that holds the parameters, the salt and the hash. @throws PasswordsBusyError */
  hash(password: string): Promise<string> {
    const salt = randomBytes(16);
    return this.#inTurn(async () => writeHash(salt, await derive(password, salt, optionsOf(cost.ln, cost.r, cost.p))));
  }

  /** Whether it is that password; takes as long where there is no hash. @throws PasswordsBusyError */
  matches(password: string, stored: string | undefined): Promise<boolean> {
    const { options, salt, hash } = readHash(stored ?? this.#decoy);
    return this.#inTurn(async () => {
      const isSame = timingSafeEqual(await derive(password, salt, options), hash);
      return isSame && stored !== undefined;
    });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= mostWaiting) throw new PasswordsBusyError('too many passwords are waiting to be checked');
    this.#waiting += 1;
    const mine = this.#last.then(work).finally(() => {
      this.#waiting -= 1;
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
