import { useState } from 'react';
import type { RuleView } from '../../../src/admin/auto-record-routes.ts';
import { queryOf } from '../../api.ts';
import { useAsked } from '../../asking.ts';
import { useFormat } from '../../format.ts';
import { useLanguage } from '../../language.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { CursorPager } from '../../parts/pager.tsx';
import { Nothing, Shown } from '../../parts/states.tsx';

const pageSize = 10;

interface RevisionPage {
  readonly items: readonly RuleView[];
  readonly next: string | null;
}

/** Who set an app's rule, as the audit names them. */
export function Author({ actor, origin }: Pick<RuleView, 'actor' | 'origin'>) {
  const { t } = useLanguage();
  if (origin === 'configuration') return t('rule.byConfiguration');
  return actor === 'admin token' ? t('audit.token') : actor || t('audit.unknown');
}

/** What an app's rule has been, the newest first. */
export function RuleHistory({ app }: { readonly app: number }) {
  const { t } = useLanguage();
  const { time } = useFormat();
  const [cursors, setCursors] = useState<readonly (string | undefined)[]>([undefined]);
  const query = queryOf({ limit: pageSize, cursor: cursors.at(-1) });
  const asked = useAsked<RevisionPage>(`/apps/${app}/auto-record/revisions${query}`);
  return (
    <section aria-label={t('rule.history')}>
      <h2>{t('rule.history')}</h2>
      <Shown asked={asked}>
        {({ items, next }) => (
          <>
            {items.length === 0 && <Nothing text={t('rule.noHistory')} />}
            {items.length > 0 && (
              <DataTable
                caption={t('rule.history')}
                rows={items}
                keyOf={({ revision }) => revision}
                columns={[
                  { title: t('rule.revision'), cell: ({ revision }) => revision },
                  { title: t('rule.since'), cell: ({ effectiveMs }) => time(effectiveMs) },
                  { title: t('rule.author'), cell: (revision) => <Author {...revision} />, isLong: true },
                  { title: t('rule.what'), cell: ({ rule }) => <What rule={rule} /> },
                ]}
              />
            )}
            <CursorPager cursors={cursors} next={next} onTurn={setCursors} />
          </>
        )}
      </Shown>
    </section>
  );
}

function What({ rule }: Pick<RuleView, 'rule'>) {
  const { t } = useLanguage();
  if (!rule) return t('rule.ended');
  const on = (['single', 'mixed'] as const).filter((mode) => rule[mode]?.enabled);
  return (
    <details>
      <summary>{on.length === 0 ? t('rule.ended') : on.map((mode) => t(`mode.${mode}`)).join(' + ')}</summary>
      <pre tabIndex={0}>{JSON.stringify(rule, null, 2)}</pre>
    </details>
  );
}
