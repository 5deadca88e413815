import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config/load.ts';
import { isTaskId } from '../evidence/evidence-room.ts';
import { verifyPath } from '../evidence/verify/file.ts';
import { CannotCheck, type Verdict } from '../evidence/verify/finding.ts';
import { verifyTask } from '../evidence/verify/task.ts';

const help = `roomtape verify FILE-OR-TASK [--manifest FILE] [--key PUBLIC.pem] [--data-dir DIR] [--json]

  FILE-OR-TASK  a task's id: its manifest, its files in the library, what is on the spool; or
                a media file, an HLS folder, a folder of the spool
  --manifest    the task's manifest, where it is not in the data directory
  --key         the installation's public key, from a place that you trust
  --data-dir    data directory of the installation (default: as the server is configured)
  --json        the verdict as JSON

Nothing needs to run. Ends with 0 when all is as it was recorded, 1 when something was changed,
2 when it cannot be checked.
`;

const codes = { ok: 0, tampered: 1, unknown: 2 } as const;

/** `roomtape verify …`; answers the code to end with. */
export async function runVerify(words: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseWords(words);
    if (values.help) return say(help, 0);
    const [what, ...others] = positionals;
    if (what === undefined || others.length > 0) throw new CannotCheck('name one file or task; --help tells more');
    const verdict = await verdictOf(what, values);
    return say(values.json ? `${JSON.stringify(verdict, undefined, 2)}\n` : textOf(verdict), codes[verdict.result]);
  } catch (error) {
    return cannot(error as Error, words.includes('--json'));
  }
}

interface Values {
  readonly manifest?: string | undefined;
  readonly key?: string | undefined;
  readonly 'data-dir'?: string | undefined;
  readonly json?: boolean | undefined;
  readonly help?: boolean | undefined;
}

function parseWords(words: readonly string[]): { values: Values; positionals: string[] } {
  // A TaskId may begin with a dash; no option does so without another.
  const own = words.map((word) => (/^-[^-]/.test(word) && word.length > 20 ? `./${word}` : word));
  return parseArgs({
    args: own,
    allowPositionals: true,
    options: {
      manifest: { type: 'string' },
      key: { type: 'string' },
      'data-dir': { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

async function verdictOf(what: string, { manifest, key: keyPath, 'data-dir': given }: Values): Promise<Verdict> {
  const key = keyPath === undefined ? undefined : readKey(keyPath);
  const dataDir = resolve(given ?? configuredDataDir());
  if (existsSync(what)) return verifyPath(what, { manifest, key, dataDir });
  const taskId = what.replace(/^\.\//, '');
  if (!isTaskId(taskId)) throw new CannotCheck(`there is no file ${what}`);
  return verifyTask(dataDir, taskId, key);
}

function readKey(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CannotCheck(`the key cannot be read: ${(error as Error).message}`);
  }
}

function configuredDataDir(): string {
  const loaded = loadConfig({ args: [], env: process.env });
  return loaded.kind === 'help' ? 'data' : loaded.config.data_dir;
}

function textOf({ result, checked, faults, notes }: Verdict): string {
  const verdicts = {
    ok: 'OK: as it was recorded.',
    tampered: `TAMPERED: ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}.`,
    unknown: 'UNKNOWN',
  };
  return [
    ...checked.map((one) => `checked  ${one}`),
    ...faults.map(({ kind, file, text }) => `FAULT    ${file}: ${text} [${kind}]`),
    ...notes.map((one) => `note     ${one}`),
    verdicts[result],
    '',
  ].join('\n');
}

function cannot(error: Error, json: boolean): number {
  const verdict: Verdict = { result: 'unknown', checked: [], faults: [], notes: [error.message] };
  if (json) return say(`${JSON.stringify(verdict, undefined, 2)}\n`, codes.unknown);
  process.stderr.write(`roomtape verify: ${error.message}\n`);
  return codes.unknown;
}

function say(text: string, code: number): number {
  process.stdout.write(text);
  return code;
}
