import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { HlsStream } from '../naming/hls-name.ts';

/** One object that a segment became, confirmed by the store. */
export interface SegmentObject {
  readonly stream: HlsStream;
  readonly name: string;
  readonly sizeBytes: number;
  /** MD5 of the content in hex digits. */
  readonly md5: string;
}

/** A segment that is in the bucket, with all its objects; a medium that it does not have has none. */
export interface SegmentReceipt {
  /** Name of the segment's file. */
  readonly segment: string;
  readonly objects: readonly SegmentObject[];
}

const receiptsName = 'uploaded.jsonl';

const receiptSchema: z.ZodType<SegmentReceipt> = z.looseObject({
  segment: z.string(),
  objects: z.array(
    z.looseObject({
      stream: z.enum(['mixed', 'audio', 'video', 'audiovideo']),
      name: z.string(),
      sizeBytes: z.int().min(0),
      md5: z.string(),
    }),
  ),
});

/** What of a folder's segments was uploaded, by the segments' names. A line that is damaged, or that a kill has cut short, is passed over. */
export async function readReceipts(dir: string): Promise<Map<string, SegmentReceipt>> {
  const text = await readFile(join(dir, receiptsName), 'utf8').catch(() => '');
  const receipts = text.split('\n').flatMap(parseReceipt);
  return new Map(receipts.map((receipt) => [receipt.segment, receipt]));
}

function parseReceipt(line: string): SegmentReceipt[] {
  try {
    return line === '' ? [] : [receiptSchema.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}

/**
 * Notes that a segment was uploaded. It saves work at the end and after a restart, and nothing depends on it: what could
 * not be noted is uploaded again.
 */
export async function noteReceipt(dir: string, receipt: SegmentReceipt): Promise<void> {
  // A line break in front: what a kill has left of the line before must not swallow this one.
  await appendFile(join(dir, receiptsName), `\n${JSON.stringify(receipt)}`).catch(() => undefined);
}
