import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from '../config/load.ts';
import { isRunning } from './running.ts';

/** How the command line of a server goes on: that of `npm start`, and of `roomtape start`. */
const STARTED_BY = ['main.ts', 'roomtape\0start'];

/** Process id of the living server that holds the data directory; undefined when none does. */
export function holderOf(dataDir: string): number | undefined {
  const holder = Number(readText(pidFile(dataDir)));
  return STARTED_BY.some((words) => isRunning(holder, words)) ? holder : undefined;
}

const pidFile = (dataDir: string): string => join(dataDir, 'run', 'supervisor.pid');

/**
 * Takes the data directory for this process: two servers on one store would fight over its tasks. Returns a function
 * that lets go. Throws ConfigError while another living process holds it; what a killed one left behind is taken over.
 */
export function lockDataDir(dataDir: string): () => void {
  const path = pidFile(dataDir);
  mkdirSync(dirname(path), { recursive: true });
  const holder = holderOf(dataDir);
  if (holder !== undefined && holder !== process.pid) {
    throw new ConfigError(
      `data_dir: ${dataDir} is in use by the server with process id ${holder}; stop it or choose another`,
    );
  }
  writeFileSync(path, String(process.pid));
  return () => {
    if (Number(readText(path)) === process.pid) rmSync(path, { force: true });
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
