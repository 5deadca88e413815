import { LEDGER_DIR, LEDGER_OF } from './ledger-lines.ts';

/** Environment of a process that shall keep ledgers in a folder, of what it synchronises under its data directory. */
export const ledgerEnv = (ledgers: string, dataDir: string): Record<string, string> => ({
  NODE_OPTIONS: `--import=${new URL('./ledger.ts', import.meta.url).href}`,
  [LEDGER_DIR]: ledgers,
  [LEDGER_OF]: dataDir,
});
