import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config/load.ts';
import { isRunning } from './running.ts';

/**
 * Takes the data directory for this process: two servers on one store would fight over its tasks. Returns a function
 * that lets go. Throws ConfigError while another living process holds it; what a killed one left behind is taken over.
 */
export function lockDataDir(dataDir: string): () => void {
  const folder = join(dataDir, 'run');
  const path = join(folder, 'supervisor.pid');
  mkdirSync(folder, { recursive: true });
  const holder = Number(readText(path));
  if (holder !== process.pid && isRunning(holder, 'main.ts')) {
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
