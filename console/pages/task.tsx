import { useState } from 'react';
import { Button } from 'tdesign-react/es/button';
import { Tag } from 'tdesign-react/es/tag';
import type { TaskDetailView } from '../../src/admin/task-view.ts';
import { useAsked } from '../asking.ts';
import { useFormat } from '../format.ts';
import { useLanguage } from '../language.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Confirm } from '../parts/dialog.tsx';
import { useDoing } from '../parts/doing.ts';
import { hereOf } from '../parts/media-link.ts';
import { PageTitle } from '../parts/page-title.tsx';
import { Nothing, Shown } from '../parts/states.tsx';
import { TaskState } from '../parts/task-state.tsx';
import { placeOf } from '../route.ts';
import { useIsOperator } from '../session.tsx';
import { lanesOf } from '../together/lanes.ts';
import { FileProgress } from './file-progress.tsx';
import { TaskEvents } from './task-events.tsx';
import { TaskPreview } from './task-preview.tsx';
import { TaskTimeline } from './task-timeline.tsx';
import { VerifyDialog } from './verify.tsx';
import './task.css';

const pollMs = 5000;
/** While something is on its way. */
const fastPollMs = 2000;

/** One recording: how it does, its parameters, its files, and what was told of it. */
export function TaskPage({ taskId }: { readonly taskId: string }) {
  const { t } = useLanguage();
  const [isFast, setFast] = useState(false);
  const asked = useAsked<TaskDetailView>(`/tasks/${encodeURIComponent(taskId)}`, isFast ? fastPollMs : pollMs);
  const isMoving = asked.data?.files.some(({ progress }) => progress !== null) ?? false;
  if (asked.data && isMoving !== isFast) setFast(isMoving);
  return (
    <>
      <p>
        <a href={placeOf('recordings')}>{t('task.back')}</a>
      </p>
      <PageTitle text={t('task.title', { room: asked.data?.room.id ?? '' })}>
        {asked.data && <StopButton task={asked.data} onStopped={asked.reload} />}
      </PageTitle>
      <Shown asked={asked}>
        {(task) => (
          <>
            <Facts task={task} />
            {task.state === 'active' && <TaskPreview taskId={task.taskId} />}
            <TaskTimeline taskId={task.taskId} />
            <Files taskId={task.taskId} files={task.files} />
            <TaskEvents taskId={task.taskId} />
            <Json title={t('task.parameters')} value={task.parameters} />
            <Json title={t('task.destination')} value={task.destination} />
          </>
        )}
      </Shown>
    </>
  );
}

function StopButton({ task, onStopped }: { readonly task: TaskDetailView; readonly onStopped: () => void }) {
  const { t } = useLanguage();
  const { isBusy, run } = useDoing(onStopped);
  const [isAsking, setAsking] = useState(false);
  if (!useIsOperator() || task.state !== 'active' || task.stopping) return null;
  const path = `/tasks/${encodeURIComponent(task.taskId)}/stop`;
  return (
    <>
      <Button theme="danger" disabled={isBusy} onClick={() => setAsking(true)}>
        {t('task.stop')}
      </Button>
      {isAsking && (
        <Confirm
          text={t('task.stopAsk')}
          action={t('task.stop')}
          onConfirm={() => run({ method: 'POST', path, done: t('task.stopped') })}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

function Facts({ task }: { readonly task: TaskDetailView }) {
  const { t } = useLanguage();
  const { time } = useFormat();
  return (
    <section>
      <h2>{t('task.facts')}</h2>
      <dl className="facts">
        <dt>{t('recordings.state')}</dt>
        <dd>
          <TaskState task={task} />
        </dd>
        <dt>{t('recordings.mode')}</dt>
        <dd>{t(`mode.${task.mode}`)}</dd>
        <dt>{t('recordings.task')}</dt>
        <dd className="long">{task.taskId}</dd>
        <dt>{t('task.app')}</dt>
        <dd>{task.app}</dd>
        <dt>{t('task.bot')}</dt>
        <dd className="long">{task.botUserId}</dd>
        <dt>{t('task.recorder')}</dt>
        <dd className="long">{task.recorder ?? t('common.none')}</dd>
        <dt>{t('task.started')}</dt>
        <dd>{time(task.startedMs)}</dd>
        <dt>{t('task.ended')}</dt>
        <dd>{time(task.endedMs)}</dd>
        {task.result !== null && (
          <>
            <dt>{t('task.result')}</dt>
            <dd>{t(`result.${task.result}`)}</dd>
          </>
        )}
        {task.takeovers.length > 0 && (
          <>
            <dt>{t('task.takeovers')}</dt>
            <dd>{task.takeovers.map(({ atMs }) => time(atMs)).join(' · ')}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

type TaskFile = TaskDetailView['files'][number];

const fileThemes = {
  finishing: 'primary',
  stuck: 'warning',
  done: 'success',
  failed: 'danger',
  removed: 'default',
} as const;

function Files({ taskId, files }: Pick<TaskDetailView, 'taskId' | 'files'>) {
  const { t } = useLanguage();
  const { time, length, size } = useFormat();
  const name = (file: TaskFile) =>
    typeof file.videoUrl === 'string' ? <a href={hereOf(file.videoUrl)}>{file.name}</a> : file.name;
  return (
    <section>
      <div className="page-title">
        <h2>{t('task.files')}</h2>
        <span className="buttons">
          {lanesOf(files).length > 0 && (
            <a className="button" href={placeOf('library', 'together', taskId)}>
              {t('together.open')}
            </a>
          )}
          {files.length > 0 && <VerifyButton taskId={taskId} />}
        </span>
      </div>
      {files.length === 0 ? (
        <Nothing text={t('task.noFiles')} />
      ) : (
        <DataTable
          caption={t('task.files')}
          rows={files}
          keyOf={({ fileId }) => fileId}
          columns={[
            { title: t('task.file'), cell: name, isLong: true },
            { title: t('task.anchor'), cell: ({ userId }) => userId || t('task.mix'), isLong: true },
            {
              title: t('recordings.state'),
              cell: ({ state }) => (
                <Tag theme={fileThemes[state]} variant="light-outline">
                  {t(`fileState.${state}`)}
                </Tag>
              ),
            },
            { title: t('task.started'), cell: ({ startMs }) => time(startMs) },
            { title: t('task.length'), cell: ({ durationMs }) => length(durationMs) },
            { title: t('task.size'), cell: ({ sizeBytes }) => size(sizeBytes) },
          ]}
          below={({ name: file, progress, error }) =>
            progress ? (
              <FileProgress name={file} progress={progress} />
            ) : (
              error && <span className="quiet long">{error}</span>
            )
          }
        />
      )}
    </section>
  );
}

function VerifyButton({ taskId }: { readonly taskId: string }) {
  const { t } = useLanguage();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button size="small" variant="outline" onClick={() => setOpen(true)}>
        {t('verify.verifyAll')}
      </Button>
      {isOpen && <VerifyDialog taskId={taskId} name={taskId} onClose={() => setOpen(false)} />}
    </>
  );
}

function Json({ title, value }: { readonly title: string; readonly value: object }) {
  return (
    <details>
      <summary>{title}</summary>
      <pre tabIndex={0}>{JSON.stringify(value, undefined, 2)}</pre>
    </details>
  );
}
