import { setTimeout as sleep } from 'node:timers/promises';
import { verifyTask } from '../src/evidence/verify/task.ts';
import type { Verdict } from '../src/evidence/verify/finding.ts';

/** A manifest is written within seconds of the last callback, and anew when somebody killed the server in between. */
const PATIENCE_MS = 15_000;
const LOOK_MS = 500;

/** What `roomtape verify` finds wrong with a task that nobody has tampered with: nothing, or the evidence is worthless. */
export async function evidenceFaults(dataDir: string, taskId: string): Promise<string[]> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await faultsNow(dataDir, taskId);
    if (found.length === 0 || Date.now() > deadline) return found;
    await sleep(LOOK_MS);
  }
}

async function faultsNow(dataDir: string, taskId: string): Promise<string[]> {
  try {
    const verdict = await verifyTask(dataDir, taskId, undefined);
    return hasManifest(verdict)
      ? verdict.faults.map(({ text }) => `verify calls it tampered: ${text}`)
      : ['no manifest'];
  } catch (error) {
    return [`verify: ${(error as Error).message}`];
  }
}

/** Without one, what is left on the spool is looked at. */
const hasManifest = ({ checked }: Verdict): boolean => checked.some((one) => one.startsWith('manifest of task'));
