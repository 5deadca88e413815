import { useState } from 'react';
import { Button } from 'tdesign-react/es/button';
import type { RuleListView } from '../../src/admin/auto-record-routes.ts';
import { useAsked } from '../asking.ts';
import { useFormat } from '../format.ts';
import { useLanguage } from '../language.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Confirm } from '../parts/dialog.tsx';
import { useDoing } from '../parts/doing.ts';
import { ModeStandings, useRoomStandings } from '../parts/mode-standings.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { Nothing, Shown } from '../parts/states.tsx';
import { placeOf, type Place } from '../route.ts';
import { useIsOperator } from '../session.tsx';
import './auto-record.css';
import { RuleForm } from './auto-record/rule-form.tsx';
import { Author, RuleHistory } from './auto-record/rule-history.tsx';

type Item = RuleListView['items'][number];

/** The apps with their rules, or the rule of one where the place names it. */
export function AutoRecordPage({ place }: { readonly place: Place }) {
  const [, app] = place.parts;
  return app === undefined ? <AppList /> : <AutoRecordOfApp app={Number(app)} />;
}

function AppList() {
  const { t } = useLanguage();
  const { time } = useFormat();
  const asked = useAsked<RuleListView>('/auto-record');
  const link = ({ app }: Item) => <a href={placeOf('auto-record', String(app))}>{app}</a>;
  return (
    <>
      <PageTitle text={t('auto-record.title')} />
      <p className="quiet">{t('auto-record.hint')}</p>
      <Shown asked={asked}>
        {({ items }) => (
          <DataTable
            caption={t('auto-record.title')}
            rows={items}
            keyOf={({ app }) => app}
            columns={[
              { title: t('recordings.app'), cell: link },
              { title: t('rule.what'), cell: (item) => <Modes {...item} /> },
              { title: t('rule.since'), cell: ({ current }) => time(current?.effectiveMs ?? null) },
              {
                title: t('rule.author'),
                cell: ({ current }) => (current ? <Author {...current} /> : t('common.none')),
              },
            ]}
          />
        )}
      </Shown>
    </>
  );
}

function Modes({ current }: Item) {
  const { t } = useLanguage();
  const on = (['single', 'mixed'] as const).filter((mode) => current?.rule?.[mode]?.enabled);
  return on.length === 0 ? t('rule.none') : on.map((mode) => t(`mode.${mode}`)).join(' + ');
}

/** The rule of an app: what it is, what it does to the rooms of now, and what it has been. */
function AutoRecordOfApp({ app }: { readonly app: number }) {
  const { t } = useLanguage();
  const asked = useAsked<RuleListView>('/auto-record');
  return (
    <>
      <a href={placeOf('auto-record')}>{t('auto-record.back')}</a>
      <Shown asked={asked}>
        {({ items, defaults }) => {
          const item = items.find((one) => one.app === app);
          if (!item) return <Nothing text={t('auto-record.noApp')} />;
          return <AppRule key={item.current?.revision ?? 0} item={item} defaults={defaults} onChanged={asked.reload} />;
        }}
      </Shown>
    </>
  );
}

interface AppRuleProps {
  readonly item: Item;
  readonly defaults: RuleListView['defaults'];
  readonly onChanged: () => void;
}

function AppRule({ item: { app, current }, defaults, onChanged }: AppRuleProps) {
  const { t } = useLanguage();
  const isOperator = useIsOperator();
  return (
    <>
      <PageTitle text={t('auto-record.of', { app })}>
        {isOperator && current && <EndRule app={app} onChanged={onChanged} />}
      </PageTitle>
      {!isOperator && <p className="quiet">{t('common.viewerHint')}</p>}
      <InForce current={current} />
      <LiveRooms app={app} />
      <RuleForm app={app} rule={current?.rule ?? null} defaults={defaults} onChanged={onChanged} />
      <RuleHistory app={app} />
    </>
  );
}

function InForce({ current }: Pick<Item, 'current'>) {
  const { t } = useLanguage();
  const { time } = useFormat();
  if (!current) return <p>{t('rule.noneYet')}</p>;
  return (
    <p>
      {t('rule.inForce', { revision: current.revision, time: time(current.effectiveMs) })} <Author {...current} />
    </p>
  );
}

function EndRule({ app, onChanged }: { readonly app: number; readonly onChanged: () => void }) {
  const { t } = useLanguage();
  const { isBusy, run } = useDoing(onChanged);
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button theme="danger" variant="outline" disabled={isBusy} onClick={() => setAsking(true)}>
        {t('rule.end')}
      </Button>
      {isAsking && (
        <Confirm
          text={t('rule.endAsk')}
          action={t('rule.end')}
          onConfirm={() => run({ method: 'DELETE', path: `/apps/${app}/auto-record`, done: t('rule.endDone') })}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

function LiveRooms({ app }: { readonly app: number }) {
  const { t } = useLanguage();
  const { time } = useFormat();
  const asked = useRoomStandings(app);
  return (
    <section aria-label={t('standing.rooms')}>
      <h2>{t('standing.rooms')}</h2>
      <Shown asked={asked}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="quiet">{t('standing.none')}</p>
          ) : (
            <DataTable
              caption={t('standing.rooms')}
              rows={items}
              keyOf={({ room }) => `${room.kind} ${room.id}`}
              columns={[
                { title: t('recordings.room'), cell: ({ room }) => room.id, isLong: true },
                { title: t('standing.created'), cell: ({ createdMs }) => time(createdMs) },
                { title: t('standing.label'), cell: ({ modes }) => <ModeStandings modes={modes} /> },
              ]}
            />
          )
        }
      </Shown>
    </section>
  );
}
