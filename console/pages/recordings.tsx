import { useState } from 'react';
import type { TaskListItem } from '../../src/admin/task-view.ts';
import { queryOf } from '../api.ts';
import { useAsked } from '../asking.ts';
import { useFormat } from '../format.ts';
import { useLanguage } from '../language.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { ChoiceField, DayField, TextField } from '../parts/fields.tsx';
import { dayBounds, Filter, type FilterValues } from '../parts/filter.tsx';
import { CursorPager } from '../parts/pager.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { Nothing, Shown } from '../parts/states.tsx';
import { TaskState } from '../parts/task-state.tsx';
import { changeQuery, placeOf, type Place } from '../route.ts';
import { TaskPage } from './task.tsx';

const pageSize = 50;
const pollMs = 5000;

interface TaskPageData {
  readonly items: readonly TaskListItem[];
  readonly next: string | null;
}

/** The list of recordings, or one of them where the place names it. */
export function RecordingsPage({ place }: { readonly place: Place }) {
  const [, taskId] = place.parts;
  return taskId === undefined ? <TaskList place={place} /> : <TaskPage taskId={taskId} />;
}

function TaskList({ place }: { readonly place: Place }) {
  const { t } = useLanguage();
  const values = Object.fromEntries(place.query);
  // Cursors of the pages so far; the last one is that of the page that is shown.
  const [cursors, setCursors] = useState<readonly (string | undefined)[]>([undefined]);
  const asked = useAsked<TaskPageData>(`/tasks${taskQuery(values, cursors.at(-1))}`, pollMs);
  const search = (next: FilterValues): void => {
    setCursors([undefined]);
    changeQuery(place, queryOf(next));
  };
  return (
    <>
      <PageTitle text={t('recordings.title')} />
      <TaskFilter values={values} onSearch={search} />
      <Shown asked={asked}>
        {({ items, next }) => (
          <>
            {items.length === 0 && <Nothing text={t('recordings.empty')} hint={t('recordings.emptyHint')} />}
            {items.length > 0 && <TaskTable tasks={items} />}
            <CursorPager cursors={cursors} next={next} onTurn={setCursors} />
          </>
        )}
      </Shown>
    </>
  );
}

const taskQuery = ({ app, state, room, from, to }: FilterValues, cursor: string | undefined): string =>
  queryOf({ app, state, room, from: dayBounds(from)?.begin, to: dayBounds(to)?.end, cursor, limit: pageSize });

function TaskFilter(props: { readonly values: FilterValues; readonly onSearch: (values: FilterValues) => void }) {
  const { t } = useLanguage();
  const states = [
    { value: '', text: t('common.all') },
    ...(['active', 'finishing', 'ended'] as const).map((state) => ({ value: state, text: t(`state.${state}`) })),
  ];
  return (
    <Filter {...props}>
      {(draft, change) => (
        <>
          <TextField label={t('recordings.room')} value={draft.room ?? ''} onChange={change('room')} />
          <ChoiceField
            label={t('recordings.state')}
            value={draft.state ?? ''}
            onChange={change('state')}
            options={states}
          />
          <TextField label={t('recordings.app')} value={draft.app ?? ''} onChange={change('app')} />
          <DayField label={t('recordings.from')} value={draft.from ?? ''} onChange={change('from')} />
          <DayField label={t('recordings.to')} value={draft.to ?? ''} onChange={change('to')} />
        </>
      )}
    </Filter>
  );
}

function TaskTable({ tasks }: { readonly tasks: readonly TaskListItem[] }) {
  const { t } = useLanguage();
  const { time } = useFormat();
  const link = (task: TaskListItem) => (
    <a href={placeOf('recordings', task.taskId)} aria-label={t('recordings.open', { task: task.room.id })}>
      {task.room.id}
    </a>
  );
  return (
    <DataTable
      caption={t('recordings.title')}
      rows={tasks}
      keyOf={({ taskId }) => taskId}
      columns={[
        { title: t('recordings.room'), cell: link, isLong: true },
        { title: t('recordings.state'), cell: (task) => <TaskState task={task} /> },
        { title: t('recordings.mode'), cell: ({ mode }) => t(`mode.${mode}`) },
        { title: t('recordings.created'), cell: ({ createdMs }) => time(createdMs) },
        { title: t('recordings.app'), cell: ({ app }) => app },
        { title: t('recordings.files'), cell: (task) => <FileCounts {...task.fileCounts} /> },
      ]}
    />
  );
}

function FileCounts({ total, done, failed }: TaskListItem['fileCounts']) {
  const { t } = useLanguage();
  if (total === 0) return t('common.none');
  return t(failed > 0 ? 'recordings.filesFailed' : 'recordings.filesOf', { total, done, failed });
}
