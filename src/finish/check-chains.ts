import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkChain, type ChainCheck } from '../segment/check-chain.ts';
import { recoverFolder } from '../segment/recover.ts';
import type { FinishRequest } from './finish-request.ts';

/**
 * Looks whether the segments of a job are those that were written, each epoch for itself. Whatever it finds, the media
 * that is there is delivered: this is told beside it. @throws Error of the file system.
 */
export async function checkChains({ dirs, heads = [] }: Pick<FinishRequest, 'dirs' | 'heads'>): Promise<ChainCheck[]> {
  const checks: ChainCheck[] = [];
  for (const dir of dirs) {
    const record = recoverFolder(dir)?.record;
    const check = checkChain(dir, { told: heads.find(({ epoch }) => epoch === record?.epoch) });
    if (check) checks.push(check);
    await nextTurn();
  }
  return checks;
}
