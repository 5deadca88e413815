import { Tag, type TagProps } from 'tdesign-react/es/tag';
import type { TaskListItem } from '../../src/admin/task-view.ts';
import { useLanguage, type TextKey } from '../language.tsx';

type StateText = Extract<TextKey, `state.${string}`>;

function stateOf({ state, status, stopping, result }: TaskListItem): { key: StateText; theme: TagProps['theme'] } {
  if (state === 'ended') {
    if (result === 'failed') return { key: 'state.failed', theme: 'danger' };
    if (result === 'not-started') return { key: 'state.not-started', theme: 'danger' };
    return { key: 'state.ended', theme: 'default' };
  }
  if (state === 'finishing') return { key: 'state.finishing', theme: 'primary' };
  if (stopping) return { key: 'state.stopping', theme: 'warning' };
  if (status === 'InProgress') return { key: 'state.receiving', theme: 'success' };
  return { key: 'state.active', theme: 'primary' };
}

/** How a task is doing, in a word. */
export function TaskState({ task }: { readonly task: TaskListItem }) {
  const { t } = useLanguage();
  const { key, theme } = stateOf(task);
  return (
    <Tag theme={theme} variant="light-outline">
      {t(key)}
    </Tag>
  );
}
