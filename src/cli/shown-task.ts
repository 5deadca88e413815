import type { TaskDetailView, TaskListItem } from '../admin/task-view.ts';
import { lengthText, sizeText } from './amounts.ts';
import { columns, plain } from './columns.ts';
import type { Terminal, Tone } from './terminal.ts';

/** How a task is, as people say it. */
export type Fate = 'recording' | 'finishing' | 'finished' | 'failed';

/** A task that lost a file, or began in vain, has failed. */
export function fateOf({ state, result, fileCounts }: TaskListItem): Fate {
  if (state === 'active') return 'recording';
  if (state === 'finishing') return 'finishing';
  return result === 'ok' && fileCounts.failed === 0 ? 'finished' : 'failed';
}

const tones: Readonly<Record<Fate, Tone>> = { recording: 'strong', finishing: 'warn', finished: 'good', failed: 'bad' };

/** The same in the terminal's language and colour. */
export const fateText = (fate: Fate, { t, tone }: Terminal): string => tone(tones[fate], t(`fate.${fate}`));

type TaskFile = TaskDetailView['files'][number];

/** The files of a task as a table, each followed by where it plays or why it does not. */
export function fileLines(files: readonly TaskFile[], { t, tone }: Terminal): string[] {
  const heads = [t('column.file'), t('column.user'), t('column.state'), t('column.length'), t('column.size')];
  const rows = files.map((file) => [
    file.name,
    file.userId === '' ? t('file.mix') : file.userId,
    t(`file.${file.state}`),
    lengthText(file.durationMs),
    sizeText(file.sizeBytes),
  ]);
  const [head = '', ...lines] = columns([heads, ...rows]);
  const below = (file: TaskFile): string[] =>
    [file.videoUrl, file.error].filter((text) => text !== null).map((text) => tone('faint', `  ${plain(text)}`));
  return [tone('strong', head), ...lines.flatMap((line, i) => [line, ...below(files[i]!)])];
}
