import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { isTaskId } from '../evidence/evidence-room.ts';
import { CannotCheck, type Verdict } from '../evidence/verify/finding.ts';
import { readWords, type Command, type Flags } from './command.ts';

const flags = {
  manifest: { type: 'string', value: 'FILE', help: 'verify.manifest' },
  key: { type: 'string', value: 'PUBLIC.pem', help: 'verify.key' },
  'data-dir': { type: 'string', value: 'DIR', help: 'flag.dataDir' },
  json: { type: 'boolean', help: 'flag.json' },
} as const satisfies Flags;

type Values = ReturnType<typeof readWords<typeof flags>>['values'];

const codes = { ok: 0, tampered: 1, unknown: 2 } as const;

/** `roomtape verify FILE-OR-TASK`: ends with 0 when all is as it was recorded, 1 when not, 2 when it cannot be told. */
export const verify: Command = {
  name: 'verify',
  words: 'FILE-OR-TASK',
  summary: 'verify.summary',
  notes: ['verify.what', 'verify.codes'],
  flags,
  examples: [
    'roomtape verify TASK',
    'roomtape verify recording.mp4 --manifest TASK.json --key evidence-public-key.pem',
  ],
  async run(words) {
    try {
      const { values, positionals } = readWords(words, flags);
      const [what, ...others] = positionals;
      if (what === undefined || others.length > 0) throw new CannotCheck('name one file or task; --help tells more');
      const verdict = await verdictOf(what, values);
      return say(values.json ? `${JSON.stringify(verdict, undefined, 2)}\n` : textOf(verdict), codes[verdict.result]);
    } catch (error) {
      return cannot(error as Error, words.includes('--json'));
    }
  },
};

async function verdictOf(what: string, { manifest, key: keyPath, 'data-dir': given }: Values): Promise<Verdict> {
  const { verifyPath } = await import('../evidence/verify/file.ts');
  const { verifyTask } = await import('../evidence/verify/task.ts');
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
