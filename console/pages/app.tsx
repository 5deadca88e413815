import { useState } from 'react';
import { Button } from 'tdesign-react/es/button';
import type { AppView } from '../../src/admin/app-view.ts';
import { useAsked, type Asked } from '../asking.ts';
import { useLanguage } from '../language.tsx';
import { Confirm } from '../parts/dialog.tsx';
import { useDoing } from '../parts/doing.ts';
import { PageTitle } from '../parts/page-title.tsx';
import { Shown } from '../parts/states.tsx';
import { placeOf } from '../route.ts';
import { useIsOperator } from '../session.tsx';
import { CallbackSection } from './app-callback.tsx';
import { KeySections } from './app-keys.tsx';
import { LimitsSection, PlaybackSection, WaysSection } from './app-limits.tsx';
import { StorageSection } from './app-storage.tsx';
import './apps.css';

/** One app: its keys and all that can be set of it. */
export function AppPage({ sdkAppId }: { readonly sdkAppId: string }) {
  const { t } = useLanguage();
  const asked = useAsked<AppView>(`/apps/${encodeURIComponent(sdkAppId)}`);
  const isOperator = useIsOperator();
  return (
    <>
      <p>
        <a href={placeOf('apps')}>{t('apps.back')}</a>
      </p>
      <PageTitle text={t('apps.titleOf', { app: sdkAppId })}>
        {isOperator && asked.data?.isConfigured === false && <RemoveButton app={asked.data.app} />}
      </PageTitle>
      {!isOperator && <p className="quiet">{t('common.viewerHint')}</p>}
      <Shown asked={asked}>{(view) => <Sections view={view} asked={asked} />}</Shown>
    </>
  );
}

function Sections({ view, asked }: { readonly view: AppView; readonly asked: Asked<AppView> }) {
  const { t } = useLanguage();
  const props = { view, onChanged: asked.reload };
  return (
    <>
      <KeySections {...props} />
      <section aria-label={t('apps.autoRecord')}>
        <h2>{t('apps.autoRecord')}</h2>
        <p>{t(view.recordsByRule ? 'apps.ruleOn' : 'apps.ruleOff')}</p>
        <a href={placeOf('auto-record', String(view.app))}>{t('apps.toRule')}</a>
      </section>
      <CallbackSection {...props} />
      <StorageSection {...props} />
      <LimitsSection {...props} />
      <PlaybackSection {...props} />
      <WaysSection {...props} />
    </>
  );
}

function RemoveButton({ app }: { readonly app: number }) {
  const { t } = useLanguage();
  const [isAsking, setAsking] = useState(false);
  const { isBusy, run } = useDoing(() => {
    location.hash = placeOf('apps');
  });
  return (
    <>
      <Button theme="danger" variant="outline" disabled={isBusy} onClick={() => setAsking(true)}>
        {t('apps.remove')}
      </Button>
      {isAsking && (
        <Confirm
          text={t('apps.removeAsk', { app })}
          action={t('apps.remove')}
          onConfirm={() => run({ method: 'DELETE', path: `/apps/${app}`, done: t('apps.removed') })}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
