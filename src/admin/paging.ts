import { z } from 'zod';

/** Where a page ended: the last item's time or number, and its name where times may be equal. */
export type PageMark = readonly [number, string];

const mark = z.tuple([z.int(), z.string().max(512)]);

function readMark(text: string, context: z.RefinementCtx): PageMark {
  const read = mark.safeParse(parseJson(Buffer.from(text, 'base64url').toString('utf8')));
  if (read.success) return read.data;
  context.addIssue({ code: 'custom', message: 'is no cursor that this server gave' });
  return z.NEVER;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Query parameters of every list that comes in pages. */
export const pageQuery = {
  cursor: z
    .string()
    .max(1024)
    .transform(readMark)
    .optional()
    .describe('`next` of the page before; all other parameters as they were.'),
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('Most items of a page.'),
};

/** The answer of a list of such items. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe('Cursor of the next page, null on the last one.'),
  });

/** Makes a page of `limit` items from rows of which one more was asked for, so that the last page is known. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  markOf: (row: Row) => PageMark,
  itemOf: (row: Row) => Item,
): { items: Item[]; next: string | null } {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const next = last === undefined ? null : Buffer.from(JSON.stringify(markOf(last))).toString('base64url');
  return { items: rows.slice(0, limit).map(itemOf), next };
}
