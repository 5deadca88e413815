import { useState } from 'react';
import { Button } from 'tdesign-react/es/button';
import { Tag } from 'tdesign-react/es/tag';
import type { AttemptView, CallbackDetailView } from '../../src/admin/callback-view.ts';
import { useAsked } from '../asking.ts';
import { useFormat } from '../format.ts';
import { useLanguage, type TextKey } from '../language.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { useDoing } from '../parts/doing.ts';
import { Nothing, Shown } from '../parts/states.tsx';
import { useIsOperator } from '../session.tsx';

const pollMs = 5000;
const mostShown = 500;

interface Listed<T> {
  readonly items: readonly T[];
}

/** What was told of a recording, with every attempt, and a button that tells it again. */
export function TaskEvents({ taskId }: { readonly taskId: string }) {
  const { t } = useLanguage();
  const path = `/tasks/${encodeURIComponent(taskId)}/events?limit=${mostShown}`;
  const asked = useAsked<Listed<CallbackDetailView>>(path, pollMs);
  return (
    <section>
      <h2>{t('task.events')}</h2>
      <Shown asked={asked}>
        {({ items }) =>
          items.length === 0 ? (
            <Nothing text={t('task.noEvents')} />
          ) : (
            <EventTable events={items} onReplayed={asked.reload} />
          )
        }
      </Shown>
    </section>
  );
}

const told = [301, 302, 303, 304, 305, 306, 307, 309, 310, 311, 312] as const;

function eventKey(type: number): TextKey {
  const known = told.find((one) => one === type);
  return known === undefined ? 'event.other' : `event.${known}`;
}

const themes = { pending: 'primary', delivered: 'success', dropped: 'danger', skipped: 'default' } as const;

function EventTable(props: { readonly events: readonly CallbackDetailView[]; readonly onReplayed: () => void }) {
  const { t } = useLanguage();
  const { time } = useFormat();
  const [open, setOpen] = useState<string | undefined>(undefined);
  const toggle = (id: string): void => setOpen(open === id ? undefined : id);
  const attempts = ({ id, attempts: n }: CallbackDetailView) => (
    <Button variant="text" size="small" aria-expanded={open === id} onClick={() => toggle(id)}>
      {open === id ? t('task.hideAttempts') : t('task.showAttempts', { n })}
    </Button>
  );
  return (
    <DataTable
      caption={t('task.events')}
      rows={props.events}
      keyOf={({ seq }) => seq}
      columns={[
        { title: t('task.event'), cell: ({ type }) => `${type} ${t(eventKey(type))}` },
        { title: t('task.time'), cell: ({ atMs }) => time(atMs) },
        { title: t('task.delivery'), cell: (event) => <Delivery event={event} /> },
        { title: t('task.attempts'), cell: attempts },
        { title: t('common.actions'), cell: (event) => <Replay event={event} onReplayed={props.onReplayed} /> },
      ]}
      below={(event) => open === event.id && <Attempts event={event} />}
    />
  );
}

function Delivery({ event: { state, replay } }: { readonly event: CallbackDetailView }) {
  const { t } = useLanguage();
  return (
    <Tag theme={replay ? 'primary' : themes[state]} variant="light-outline">
      {t(replay ? 'delivery.replaying' : `delivery.${state}`)}
    </Tag>
  );
}

function Replay({ event, onReplayed }: { readonly event: CallbackDetailView; readonly onReplayed: () => void }) {
  const { t } = useLanguage();
  const { isBusy, run } = useDoing(onReplayed);
  if (!useIsOperator()) return t('common.none');
  const path = `/callbacks/${encodeURIComponent(event.id)}/replay`;
  return (
    <Button
      variant="outline"
      size="small"
      disabled={isBusy || event.state === 'pending' || event.replay !== null}
      onClick={() => run({ method: 'POST', path, done: t('task.replayed') })}
    >
      {t('task.replay')}
    </Button>
  );
}

function Attempts({ event }: { readonly event: CallbackDetailView }) {
  const { t } = useLanguage();
  const asked = useAsked<Listed<AttemptView>>(`/callbacks/${encodeURIComponent(event.id)}/attempts?limit=${mostShown}`);
  return (
    <Shown asked={asked}>
      {({ items }) => (
        <>
          {items.length === 0 && <p className="quiet">{t('task.noAttempts')}</p>}
          {items.length > 0 && <AttemptTable type={event.type} attempts={items} />}
          <details>
            <summary>{t('task.body')}</summary>
            <pre tabIndex={0}>{event.body ?? t('common.none')}</pre>
          </details>
        </>
      )}
    </Shown>
  );
}

function AttemptTable({ type, attempts }: { readonly type: number; readonly attempts: readonly AttemptView[] }) {
  const { t } = useLanguage();
  const { time, number } = useFormat();
  return (
    <DataTable
      caption={t('task.attemptsOf', { type })}
      rows={attempts}
      keyOf={({ startedMs, attempt }) => `${startedMs}/${attempt}`}
      columns={[
        { title: t('task.time'), cell: ({ startedMs }) => time(startedMs) },
        { title: t('task.result'), cell: ({ outcome }) => t(`outcome.${outcome}`) },
        { title: t('task.answer'), cell: ({ status, error }) => status ?? error ?? t('task.noAnswer'), isLong: true },
        { title: t('task.took'), cell: ({ durationMs }) => `${number(durationMs)} ms` },
      ]}
    />
  );
}
