import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../bin/roomtape', import.meta.url));

/** What a command said, and the code it ended with. */
export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Where a command runs; nothing of this machine's own settings gets in. */
export interface Setting {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A running `roomtape …`. */
export interface Running {
  readonly child: ChildProcess;
  /** Standard output so far. */
  readonly out: () => string;
  readonly ended: Promise<Said>;
}

export function begin(words: readonly string[], { cwd, env = {} }: Setting = {}): Running {
  const own = Object.entries(process.env).filter(([name]) => !/^(ROOMTAPE_|LC_|LANG|NO_COLOR)/.test(name));
  const child = spawn(process.execPath, [entry, ...words], {
    cwd,
    env: { ...Object.fromEntries(own), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (out += piece));
  const ended = Promise.all([once(child, 'close'), text(child.stderr)]).then(([[code], err]) => {
    return { code: code as number | null, out, err };
  });
  return { child, out: () => out, ended };
}

/** Runs `roomtape …` to its end. */
export const roomtape = (words: readonly string[], setting: Setting = {}): Promise<Said> => begin(words, setting).ended;

/** Waits as long as a slow machine may need. */
export async function until(fits: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await fits());) {
    if (Date.now() > deadline) throw new Error(`${what}: not within a minute`);
    await new Promise((resume) => setTimeout(resume, 100));
  }
}
