import { useState } from 'react';
import { Tag } from 'tdesign-react/es/tag';
import type { AuditedRequestView } from '../../src/admin/account-routes.ts';
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
import { changeQuery, type Place } from '../route.ts';

const pageSize = 50;

interface AuditPageData {
  readonly items: readonly AuditedRequestView[];
  readonly next: string | null;
}

const auditQuery = ({ actor, text, outcome, from, to }: FilterValues, cursor: string | undefined): string =>
  queryOf({ actor, text, outcome, from: dayBounds(from)?.begin, to: dayBounds(to)?.end, cursor, limit: pageSize });

/** Who did what, when, from where, and how it went. */
export function AuditPage({ place }: { readonly place: Place }) {
  const { t } = useLanguage();
  const values = Object.fromEntries(place.query);
  const [cursors, setCursors] = useState<readonly (string | undefined)[]>([undefined]);
  const asked = useAsked<AuditPageData>(`/audit/requests${auditQuery(values, cursors.at(-1))}`);
  const search = (next: FilterValues): void => {
    setCursors([undefined]);
    changeQuery(place, queryOf(next));
  };
  return (
    <>
      <PageTitle text={t('audit.title')} />
      <p className="quiet">{t('audit.hint')}</p>
      <AuditFilter values={values} onSearch={search} />
      <Shown asked={asked}>
        {({ items, next }) => (
          <>
            {items.length === 0 && <Nothing text={t('audit.empty')} hint={t('audit.emptyHint')} />}
            {items.length > 0 && <AuditTable entries={items} />}
            <CursorPager cursors={cursors} next={next} onTurn={setCursors} />
          </>
        )}
      </Shown>
    </>
  );
}

function AuditFilter(props: { readonly values: FilterValues; readonly onSearch: (values: FilterValues) => void }) {
  const { t } = useLanguage();
  const outcomes = [
    { value: '', text: t('common.all') },
    ...(['done', 'refused'] as const).map((value) => ({ value, text: t(`audit.outcome.${value}`) })),
  ];
  return (
    <Filter {...props}>
      {(draft, change) => (
        <>
          <TextField label={t('audit.actor')} value={draft.actor ?? ''} onChange={change('actor')} />
          <TextField label={t('audit.text')} value={draft.text ?? ''} onChange={change('text')} />
          <ChoiceField
            label={t('audit.outcome')}
            value={draft.outcome ?? ''}
            onChange={change('outcome')}
            options={outcomes}
          />
          <DayField label={t('audit.from')} value={draft.from ?? ''} onChange={change('from')} />
          <DayField label={t('audit.to')} value={draft.to ?? ''} onChange={change('to')} />
        </>
      )}
    </Filter>
  );
}

function AuditTable({ entries }: { readonly entries: readonly AuditedRequestView[] }) {
  const { t } = useLanguage();
  const { time } = useFormat();
  return (
    <DataTable
      caption={t('audit.title')}
      rows={entries}
      keyOf={({ id }) => id}
      columns={[
        { title: t('audit.when'), cell: ({ atMs }) => time(atMs) },
        { title: t('audit.actor'), cell: ({ actor }) => <Actor actor={actor} />, isLong: true },
        { title: t('audit.address'), cell: ({ address }) => address, isLong: true },
        { title: t('audit.what'), cell: (entry) => <Deed {...entry} />, isLong: true },
        { title: t('audit.outcome'), cell: ({ result }) => <Outcome result={result} /> },
      ]}
    />
  );
}

function Actor({ actor }: Pick<AuditedRequestView, 'actor'>) {
  const { t } = useLanguage();
  if (actor === '') return t('audit.unknown');
  return actor === 'token' ? t('audit.token') : actor;
}

function Deed({ action, detail }: Pick<AuditedRequestView, 'action' | 'detail'>) {
  return (
    <>
      <div>{action}</div>
      <div className="quiet">{detail}</div>
    </>
  );
}

function Outcome({ result }: Pick<AuditedRequestView, 'result'>) {
  const { t } = useLanguage();
  const outcome = result < 400 ? 'done' : 'refused';
  return (
    <Tag theme={outcome === 'done' ? 'success' : 'danger'} variant="light-outline">
      {`${t(`audit.outcome.${outcome}`)} (${result})`}
    </Tag>
  );
}
