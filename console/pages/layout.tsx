import { lazy, Suspense } from 'react';
import type { LayoutCompatView } from '../../src/admin/layout-routes.ts';
import { useAsked } from '../asking.ts';
import { useLanguage } from '../language.tsx';
import '../layout/designer.css';
import { PageTitle } from '../parts/page-title.tsx';
import { Shown, Waiting } from '../parts/states.tsx';

/** The API's own checks come with it, which no other page needs. */
const Designer = lazy(async () => ({ default: (await import('../layout/designer.tsx')).Designer }));

/** Layouts of mixed recordings. */
export function LayoutPage() {
  const { t } = useLanguage();
  const asked = useAsked<LayoutCompatView>('/layout-compat');
  return (
    <>
      <PageTitle text={t('layout.title')} />
      <p className="quiet">{t('layout.intro')}</p>
      <Shown asked={asked}>
        {(compat) => (
          <Suspense fallback={<Waiting />}>
            <Designer compat={compat} />
          </Suspense>
        )}
      </Shown>
    </>
  );
}
