import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Fails when a link between the documents leads nowhere: no such file, or no such heading in it. Run by `npm run check`. */

const pages = [...globSync('*.md'), ...globSync('docs/**/*.md')];

/** A page without its blocks of code, in which brackets are not links. */
const proseOf = (page: string): string => readFileSync(page, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');

/** The anchor that a heading gets: lower case, blanks as dashes, no other punctuation; the second of a name gets a number. */
function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>();
  const headings = proseOf(page).matchAll(/^#{1,6} (.+)$/gm);
  return new Set(Array.from(headings, ([, heading = '']) => numbered(anchorOf(heading), seen)));
}

const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');

function numbered(anchor: string, seen: Map<string, number>): string {
  const before = seen.get(anchor) ?? 0;
  seen.set(anchor, before + 1);
  return before === 0 ? anchor : `${anchor}-${before}`;
}

/** What is wrong with a link from that page, or undefined. */
function faultOf(page: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(target)) return 'there is no such file';
  if (anchor === undefined || statSync(target).isDirectory()) return undefined;
  return anchorsOf(target).has(decodeURIComponent(anchor)) ? undefined : `${target} has no such heading`;
}

const faults = pages.flatMap((page) =>
  Array.from(proseOf(page).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => {
    const fault = faultOf(page, link);
    return fault === undefined ? [] : [`${page}: ${link}: ${fault}`];
  }).flat(),
);
for (const fault of faults) console.error(fault);
console.log(`links: ${pages.length} pages, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
