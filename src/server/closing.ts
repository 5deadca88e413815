import type { Logger } from '../process/log.ts';

/** Something to close, by its name in the log. */
export type Closables = Readonly<Record<string, { close(): unknown }>>;

/**
 * Closes stage after stage, what is in one at once. What fails is logged and holds up nothing else, so that the store, in
 * the last stage, is closed in any case. @throws Error naming what failed, when all else is closed.
 */
export async function closeInStages(stages: readonly Closables[], log: Logger): Promise<void> {
  const failed: string[] = [];
  for (const stage of stages) failed.push(...(await closeStage(stage, log)));
  if (failed.length > 0) throw new Error(`did not close cleanly: ${failed.join(', ')}`);
}

async function closeStage(stage: Closables, log: Logger): Promise<string[]> {
  const names = Object.keys(stage);
  const outcomes = await Promise.allSettled(Object.values(stage).map(async (part) => part.close()));
  const failed: string[] = [];
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') continue;
    const part = names[i]!;
    log.error({ err: outcome.reason, part }, 'a part of the server does not close');
    failed.push(part);
  }
  return failed;
}
