import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { holderOf } from './data-lock.ts';

const noteIn = (dataDir: string): string => join(dataDir, 'run', 'listening');

/** How this machine reaches an address that is listened on. */
export function localUrl(host: string, port: number): string {
  if (['0.0.0.0', '::', '[::]'].includes(host)) return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
}

/** Notes in the data directory where its server listens, for commands of this machine. Returns what takes it away. */
export function noteListening(dataDir: string, url: string): () => void {
  writeFileSync(noteIn(dataDir), `${url}\n`);
  return () => rmSync(noteIn(dataDir), { force: true });
}

/** Where the living server of the data directory listens; undefined when there is none, or it is not yet ready. */
export function listeningAt(dataDir: string): string | undefined {
  if (holderOf(dataDir) === undefined) return undefined;
  try {
    const url = readFileSync(noteIn(dataDir), 'utf8').trim();
    return URL.canParse(url) ? url : undefined;
  } catch {
    return undefined;
  }
}
