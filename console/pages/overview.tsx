import { Alert } from 'tdesign-react/es/alert';
import type { Overview } from '../../src/admin/overview-routes.ts';
import { useAsked } from '../asking.ts';
import { useFormat } from '../format.ts';
import { useLanguage, type TextKey } from '../language.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { Shown } from '../parts/states.tsx';
import { placeOf } from '../route.ts';

const pollMs = 5000;

/** What an operator sees first. */
export function OverviewPage() {
  const { t } = useLanguage();
  const asked = useAsked<Overview>('/overview', pollMs);
  return (
    <>
      <PageTitle text={t('overview.title')} />
      <Shown asked={asked}>
        {(data) => (
          <>
            <Now {...data.recording} />
            <Capacity recorders={data.recorders} />
            <Failures failures={data.failures} />
            <Callbacks {...data.callbacks} />
          </>
        )}
      </Shown>
    </>
  );
}

interface Figure {
  readonly title: TextKey;
  readonly value: string;
  readonly isBad?: boolean;
}

function Figures({ heading, figures }: { readonly heading: TextKey; readonly figures: readonly Figure[] }) {
  const { t } = useLanguage();
  return (
    <section>
      <h2>{t(heading)}</h2>
      <dl className="figures">
        {figures.map((figure) => (
          <div key={figure.title} className={figure.isBad ? 'bad' : undefined}>
            <dt>{t(figure.title)}</dt>
            <dd>{figure.value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Now({ active, receiving, finishing, waiting }: Overview['recording']) {
  const { number } = useFormat();
  return (
    <Figures
      heading="overview.now"
      figures={[
        { title: 'overview.active', value: number(active) },
        { title: 'overview.receiving', value: number(receiving) },
        { title: 'overview.finishing', value: number(finishing) },
        { title: 'overview.waiting', value: number(waiting), isBad: waiting > 0 },
      ]}
    />
  );
}

type Recorder = Overview['recorders'][number];

function takesKey({ takes, spoolFull }: Recorder): TextKey {
  if (takes.single && takes.mixed) return 'overview.takes.both';
  if (takes.single) return 'overview.takes.single';
  if (takes.mixed) return 'overview.takes.mixed';
  return spoolFull ? 'overview.takes.full' : 'overview.takes.none';
}

function Capacity({ recorders }: Pick<Overview, 'recorders'>) {
  const { t } = useLanguage();
  const { size, number } = useFormat();
  return (
    <section>
      <h2>{t('overview.capacity')}</h2>
      {recorders.length === 0 ? (
        <Alert theme="warning" message={t('overview.noRecorder')} />
      ) : (
        <DataTable
          caption={t('overview.capacity')}
          rows={recorders}
          keyOf={({ recorder }) => recorder}
          columns={[
            { title: t('overview.recorder'), cell: ({ recorder }) => recorder, isLong: true },
            { title: t('overview.takes'), cell: (row) => t(takesKey(row)) },
            { title: t('overview.tasks'), cell: ({ tasks }) => number(tasks) },
            { title: t('overview.jobs'), cell: ({ jobs }) => number(jobs) },
            { title: t('overview.busy'), cell: ({ busyPermille }) => `${number(busyPermille / 10)} %` },
            { title: t('overview.free'), cell: ({ freeMb }) => size(freeMb * 1_048_576) },
          ]}
        />
      )}
    </section>
  );
}

function Failures({ failures: { tasks, files } }: Pick<Overview, 'failures'>) {
  const { t } = useLanguage();
  const { time } = useFormat();
  return (
    <section>
      <h2>{t('overview.failures')}</h2>
      {tasks.length + files.length === 0 && <p className="quiet">{t('overview.noFailures')}</p>}
      <ul className="plain">
        {tasks.map((task) => (
          <li key={task.taskId}>
            <a href={placeOf('recordings', task.taskId)}>
              {t('overview.failedTask', { room: task.room.id, result: t(`result.${task.result ?? 'failed'}`) })}
            </a>{' '}
            <span className="quiet">{time(task.endedMs)}</span>
          </li>
        ))}
        {files.map((file) => (
          <li key={file.fileId}>
            <a href={placeOf('recordings', file.taskId)}>
              {t('overview.failedFile', { name: file.name, state: t(`fileState.${file.state}`) })}
            </a>{' '}
            <span className="quiet">{time(file.endMs)}</span>
            {file.error !== null && <p className="quiet">{file.error}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Callbacks(health: Overview['callbacks']) {
  const { number, length } = useFormat();
  const { delivered, failedAttempts, dropped, pending, oldestPendingSeconds } = health;
  return (
    <Figures
      heading="overview.callbacks"
      figures={[
        { title: 'overview.delivered', value: number(delivered) },
        { title: 'overview.failedAttempts', value: number(failedAttempts), isBad: failedAttempts > 0 },
        { title: 'overview.dropped', value: number(dropped), isBad: dropped > 0 },
        { title: 'overview.pending', value: number(pending) },
        { title: 'overview.oldest', value: length(oldestPendingSeconds * 1000), isBad: oldestPendingSeconds > 60 },
      ]}
    />
  );
}
