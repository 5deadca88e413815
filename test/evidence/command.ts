import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Verdict } from '../../src/evidence/verify/finding.ts';

const entry = fileURLToPath(new URL('../../bin/roomtape', import.meta.url));

/** What a command printed, and the code it ended with. */
export interface Printed {
  readonly code: number;
  readonly text: string;
}

/** Runs `roomtape …` as a process of its own, with nothing else running. */
export async function roomtape(...words: string[]): Promise<Printed> {
  const child = spawn(process.execPath, [entry, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (text += piece.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, text };
}

/** `roomtape verify … --json`, with its exit code. */
export async function verify(...words: string[]): Promise<Verdict & { readonly code: number }> {
  const { code, text } = await roomtape('verify', '--json', ...words);
  return { ...(JSON.parse(text) as Verdict), code };
}
