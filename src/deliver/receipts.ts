import { appendFile, readFile } from 'node:fs/promises';
import type { Deliver, Delivered, LocalPart } from './deliverer.ts';

interface Receipt extends Delivered {
  readonly part: number;
  readonly sha256: string;
}

/**
 * Remembers in a file what was delivered, so that a job done again (a later part was refused, or the report got lost)
 * does not send a part twice: a remote library would have it twice. A part whose bytes are other ones is sent.
 * @param path file of receipts of one job, the same in every attempt.
 */
export const deliverOnce =
  (deliver: Deliver, path: string): Deliver =>
  async (part, signal) => {
    const known = (await receiptsIn(path)).find((one) => isOf(one, part));
    if (known) return { fileId: known.fileId, url: known.url };
    const delivered = await deliver(part, signal);
    const receipt: Receipt = { part: part.part, sha256: part.sha256, ...delivered };
    await appendFile(path, `${JSON.stringify(receipt)}\n`, { flush: true });
    return delivered;
  };

const isOf = (receipt: Receipt, { part, sha256 }: Pick<LocalPart, 'part' | 'sha256'>): boolean =>
  receipt.part === part && receipt.sha256 === sha256;

/** Whether a part was delivered already, as the file of receipts at `path` says. */
export const isDelivered = async (path: string, part: Pick<LocalPart, 'part' | 'sha256'>): Promise<boolean> =>
  (await receiptsIn(path)).some((receipt) => isOf(receipt, part));

/** The last line may be half of one, from a process that was killed. */
async function receiptsIn(path: string): Promise<Receipt[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Receipt];
    } catch {
      return [];
    }
  });
}
