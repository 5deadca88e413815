import { useState, type FormEvent } from 'react';
import { Button } from 'tdesign-react/es/button';
import type { AppSummaryView } from '../../src/admin/app-view.ts';
import { useAsked } from '../asking.ts';
import { useFormat } from '../format.ts';
import { useLanguage } from '../language.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { NumberField } from '../parts/setting-fields.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { useSetting } from '../parts/setting-form.tsx';
import { ErrorNote, Nothing, Shown } from '../parts/states.tsx';
import { placeOf, type Place } from '../route.ts';
import { useIsOperator } from '../session.tsx';
import { AppPage } from './app.tsx';
import { KeysOnce, type ShownKeys } from './app-keys.tsx';

/** Apps, or one of them. */
export function AppsPage({ place: { parts } }: { readonly place: Place }) {
  const [, sdkAppId] = parts;
  return sdkAppId === undefined ? <AppList /> : <AppPage sdkAppId={sdkAppId} />;
}

function AppList() {
  const { t } = useLanguage();
  const { size, number } = useFormat();
  const asked = useAsked<{ readonly items: readonly AppSummaryView[] }>('/apps');
  const [isMaking, setMaking] = useState(false);
  const isOperator = useIsOperator();
  const columns = [
    { title: t('apps.app'), cell: ({ app }: AppSummaryView) => <a href={placeOf('apps', String(app))}>{app}</a> },
    {
      title: t('apps.callback'),
      cell: ({ hasCallback }: AppSummaryView) => t(hasCallback ? 'apps.isSet' : 'apps.isNotSet'),
    },
    { title: t('apps.storage'), cell: ({ storage }: AppSummaryView) => t(`apps.storage.${storage}`) },
    {
      title: t('apps.autoRecord'),
      cell: ({ recordsByRule }: AppSummaryView) => t(recordsByRule ? 'apps.isOn' : 'apps.isOff'),
    },
    { title: t('apps.liveTasks'), cell: ({ liveTasks }: AppSummaryView) => number(liveTasks) },
    { title: t('apps.inLibrary'), cell: ({ libraryBytes }: AppSummaryView) => size(libraryBytes) },
  ];
  return (
    <>
      <PageTitle text={t('apps.title')}>
        {isOperator && (
          <Button theme="primary" onClick={() => setMaking(true)}>
            {t('apps.make')}
          </Button>
        )}
      </PageTitle>
      {!isOperator && <p className="quiet">{t('common.viewerHint')}</p>}
      <Shown asked={asked}>
        {({ items }) =>
          items.length === 0 ? (
            <Nothing text={t('apps.empty')} hint={t('apps.emptyHint')} />
          ) : (
            <DataTable caption={t('apps.title')} rows={items} keyOf={({ app }) => app} columns={columns} />
          )
        }
      </Shown>
      {isMaking && <MakeDialog onClose={() => setMaking(false)} onMade={asked.reload} />}
    </>
  );
}

interface MadeApp {
  readonly app: number;
  readonly secretKey: string;
  readonly account: { readonly secretId: string; readonly secretKey: string };
}

/** Asks for the number of a new app and shows its keys. */
function MakeDialog({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: () => void }) {
  const { t } = useLanguage();
  const [wished, setWished] = useState('');
  const [keys, setKeys] = useState<ShownKeys | undefined>(undefined);
  const form = useSetting<MadeApp>('POST', '/apps', ({ app, secretKey, account }) => {
    setKeys([
      [t('apps.app'), String(app)],
      [t('apps.appSecret'), secretKey],
      [t('apps.secretId'), account.secretId],
      [t('apps.secretKey'), account.secretKey],
    ]);
    onMade();
  });
  if (keys) return <KeysOnce title={t('apps.made')} keys={keys} onClose={onClose} />;
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    form.send(wished === '' ? {} : { app: Number(wished) });
  };
  return (
    <Dialog title={t('apps.make')} onClose={onClose}>
      <form className="narrow" onSubmit={onSubmit}>
        <NumberField
          label={t('apps.wishedApp')}
          hint={t('apps.wishedAppRule')}
          value={wished}
          onChange={setWished}
          isWrong={form.isWrong('app')}
        />
        {form.fault !== undefined && <ErrorNote text={form.isTaken ? t('apps.taken') : form.fault} />}
        <div className="buttons">
          <Button variant="outline" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" theme="primary" disabled={form.isBusy}>
            {t('apps.make')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
