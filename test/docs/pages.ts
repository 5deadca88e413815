import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** Of its first line of text, counted from 1. */
  readonly line: number;
  /** The word after the fence; empty for plain text. */
  readonly language: string;
  readonly text: string;
  /** Why it is not run or checked, as the comment `<!-- not run: … -->` before it says. */
  readonly notRun: string | undefined;
  /** Whether it is a module for a page, as the comment `<!-- run in a browser -->` before it says. */
  readonly inBrowser: boolean;
}

const REASON = /^<!-- not run: (.+) -->$/;
const IN_BROWSER = '<!-- run in a browser -->';

/** The blocks of a page, in order; `page` is a path in the repository. */
export function blocksOf(page: string): Block[] {
  const lines = readFileSync(root + page, 'utf8').split('\n');
  const blocks: Block[] = [];
  let mark = '';
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    if (!line.startsWith('```')) {
      if (line !== '') mark = line;
      continue;
    }
    const end = lines.findIndex((other, index) => index > at && other === '```');
    if (end < 0) throw new Error(`${page}:${at + 1}: the fence is never closed`);
    const text = lines.slice(at + 1, end).join('\n');
    const marks = { notRun: REASON.exec(mark)?.[1], inBrowser: mark === IN_BROWSER };
    blocks.push({ page, line: at + 2, language: line.slice(3), text, ...marks });
    mark = '';
    at = end;
  }
  return blocks;
}

/** Pages whose commands are run, in the order in which a newcomer reads them. */
export const runPages = [
  'README.md',
  'docs/guides/first-recording.md',
  'docs/guides/move-from-trtc.md',
  'docs/guides/publish-with-obs-and-ffmpeg.md',
  'docs/guides/auto-recording.md',
  'docs/guides/production-checklist.md',
  'docs/guides/evidence.md',
];

/** Every guide in English. */
export const guides = globSync('docs/guides/*.md', { cwd: root }).toSorted();

/** The Chinese edition of a page. */
export const inChinese = (page: string): string =>
  page.startsWith('docs/guides/') ? `docs/guides/zh-CN/${basename(page)}` : page.replace(/\.md$/, '.zh-CN.md');
