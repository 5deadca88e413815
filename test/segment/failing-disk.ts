import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { TestContext } from 'node:test';

/** What a full disk says. */
export const diskFull = (): Error => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });

type Name = 'writeSync' | 'writeFileSync' | 'fdatasync' | 'fsync' | 'fsyncSync' | 'openSync';
type Call = (...args: never[]) => unknown;

/**
 * Puts `replace(original)` in the place of a file system call until the test ends or the returned function is called: no
 * disk of a test machine can be told to fail at a chosen moment.
 */
export function intercept(t: TestContext, name: Name, replace: (original: Call) => Call): () => void {
  const table = fs as unknown as Record<Name, Call>;
  const original = table[name];
  const put = (call: Call): void => {
    table[name] = call;
    syncBuiltinESMExports();
  };
  const restore = (): void => put(original);
  put(replace(original));
  t.after(restore);
  return restore;
}

/** Makes a call fail as on a full disk until the returned function is called. */
export const fillDisk = (t: TestContext, ...names: Name[]): (() => void) => {
  const restores = names.map((name) =>
    intercept(t, name, () => () => {
      throw diskFull();
    }),
  );
  return () => restores.forEach((restore) => restore());
};
