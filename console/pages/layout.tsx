import { lazy, Suspense } from 'react';
import { useLanguage } from '../language.tsx';
import '../layout/designer.css';
import { PageTitle } from '../parts/page-title.tsx';
import { Waiting } from '../parts/states.tsx';

/** The API's own checks come with it, which no other page needs. */
const Designer = lazy(async () => ({ default: (await import('../layout/designer.tsx')).Designer }));

/** Layouts of mixed recordings. */
export function LayoutPage() {
  const { t } = useLanguage();
  return (
    <>
      <PageTitle text={t('layout.title')} />
      <p className="quiet">{t('layout.intro')}</p>
      <Suspense fallback={<Waiting />}>
        <Designer />
      </Suspense>
    </>
  );
}
