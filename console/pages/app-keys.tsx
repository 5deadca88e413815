import { useState, type FormEvent } from 'react';
import { Alert } from 'tdesign-react/es/alert';
import { Button } from 'tdesign-react/es/button';
import type { ApiAccountView, AppView } from '../../src/admin/app-view.ts';
import { useFormat } from '../format.ts';
import { useLanguage } from '../language.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Confirm, Dialog } from '../parts/dialog.tsx';
import { useDoing } from '../parts/doing.ts';
import { NumberField, numberOf } from '../parts/setting-fields.tsx';
import { useSetting } from '../parts/setting-form.tsx';
import { ErrorNote } from '../parts/states.tsx';
import { useIsOperator } from '../session.tsx';
import { LastChange, type SectionProps } from './app-section.tsx';

/** Names and values that are shown once. */
export type ShownKeys = readonly (readonly [name: string, value: string])[];

/** A window with keys that nobody will see again. */
export function KeysOnce({
  title,
  keys,
  note,
  onClose,
}: {
  readonly title: string;
  readonly keys: ShownKeys;
  readonly note?: string;
  readonly onClose: () => void;
}) {
  const { t } = useLanguage();
  const [isCopied, setCopied] = useState(false);
  const copy = (): void => {
    const text = keys.map(([name, value]) => `${name}: ${value}`).join('\n');
    void navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => undefined,
    );
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <Alert theme="warning" message={t('apps.once')} />
      <dl className="facts once">
        {keys.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="long">
              <code>{value}</code>
            </dd>
          </div>
        ))}
      </dl>
      {note !== undefined && <p className="quiet">{note}</p>}
      <div className="buttons">
        {'clipboard' in navigator && (
          <Button variant="outline" onClick={copy}>
            {t(isCopied ? 'apps.copied' : 'apps.copy')}
          </Button>
        )}
        <Button theme="primary" onClick={onClose}>
          {t('apps.kept')}
        </Button>
      </div>
    </Dialog>
  );
}

/** The key of UserSigs, and the accounts that sign calls. */
export function KeySections({ view, onChanged }: SectionProps) {
  const { t } = useLanguage();
  const isOperator = useIsOperator();
  const [isRotating, setRotating] = useState(false);
  return (
    <>
      <section aria-label={t('apps.userSigKey')}>
        <h2>{t('apps.userSigKey')}</h2>
        <p>{t('apps.userSigKeyHint')}</p>
        <EarlierKeys of={view.key} />
        <LastChange of={view.key} />
        {isOperator && (
          <Button variant="outline" onClick={() => setRotating(true)}>
            {t('apps.rotate')}
          </Button>
        )}
        {isRotating && (
          <RotateDialog
            title={t('apps.rotateApp')}
            path={`/apps/${view.app}/key`}
            name={t('apps.appSecret')}
            onRotated={onChanged}
            onClose={() => setRotating(false)}
          />
        )}
      </section>
      <Accounts view={view} onChanged={onChanged} />
    </>
  );
}

function EarlierKeys({ of: { earlierUntilMs } }: { readonly of: AppView['key'] }) {
  const { t } = useLanguage();
  const { time } = useFormat();
  return earlierUntilMs === null ? null : <p>{t('apps.earlierUntil', { time: time(earlierUntilMs) })}</p>;
}

function Accounts({ view, onChanged }: SectionProps) {
  const { t } = useLanguage();
  const isOperator = useIsOperator();
  const { time } = useFormat();
  const { run } = useDoing(onChanged);
  const [rotating, setRotating] = useState<ApiAccountView | undefined>(undefined);
  const [removing, setRemoving] = useState<ApiAccountView | undefined>(undefined);
  const [made, setMade] = useState<ShownKeys | undefined>(undefined);
  const make = useSetting<{ secretId: string; secretKey: string }>('POST', '/api-accounts', (account) => {
    setMade([
      [t('apps.secretId'), account.secretId],
      [t('apps.secretKey'), account.secretKey],
    ]);
    onChanged();
  });
  const until = ({ key: { earlierUntilMs } }: ApiAccountView) =>
    earlierUntilMs === null ? t('common.none') : time(earlierUntilMs);
  const actions = (account: ApiAccountView) => (
    <span className="buttons">
      <Button
        size="small"
        variant="outline"
        aria-label={t('apps.rotateOf', { id: account.secretId })}
        onClick={() => setRotating(account)}
      >
        {t('apps.rotate')}
      </Button>
      {!account.isConfigured && (
        <Button
          size="small"
          theme="danger"
          variant="outline"
          aria-label={t('apps.removeOf', { id: account.secretId })}
          onClick={() => setRemoving(account)}
        >
          {t('apps.removeAccount')}
        </Button>
      )}
    </span>
  );
  return (
    <section aria-label={t('apps.accounts')}>
      <h2>{t('apps.accounts')}</h2>
      <p>{t('apps.accountsHint')}</p>
      {view.apiAccounts.length === 0 ? (
        <p className="quiet">{t('apps.noAccounts')}</p>
      ) : (
        <DataTable
          caption={t('apps.accounts')}
          rows={view.apiAccounts}
          keyOf={({ secretId }) => secretId}
          columns={[
            { title: t('apps.secretId'), cell: ({ secretId }) => <code>{secretId}</code>, isLong: true },
            { title: t('apps.keySet'), cell: ({ key }) => time(key.changedMs) },
            { title: t('apps.earlierKey'), cell: until },
            ...(isOperator ? [{ title: t('common.actions'), cell: actions }] : []),
          ]}
        />
      )}
      {make.fault !== undefined && <ErrorNote text={make.fault} />}
      {isOperator && (
        <p>
          <Button variant="outline" disabled={make.isBusy} onClick={() => make.send({ apps: [view.app] })}>
            {t('apps.makeAccount')}
          </Button>
        </p>
      )}
      {made && <KeysOnce title={t('apps.accountMade')} keys={made} onClose={() => setMade(undefined)} />}
      {rotating && (
        <RotateDialog
          title={t('apps.rotateOf', { id: rotating.secretId })}
          path={`/api-accounts/${encodeURIComponent(rotating.secretId)}/key`}
          name={t('apps.secretKey')}
          onRotated={onChanged}
          onClose={() => setRotating(undefined)}
        />
      )}
      {removing && (
        <Confirm
          text={t('apps.removeAccountAsk', { id: removing.secretId })}
          action={t('apps.removeAccount')}
          onConfirm={() =>
            run({
              method: 'DELETE',
              path: `/api-accounts/${encodeURIComponent(removing.secretId)}`,
              done: t('apps.accountRemoved'),
            })
          }
          onClose={() => setRemoving(undefined)}
        />
      )}
    </section>
  );
}

interface RotateProps {
  readonly title: string;
  readonly path: string;
  /** What the key is called. */
  readonly name: string;
  readonly onRotated: () => void;
  readonly onClose: () => void;
}

function RotateDialog({ title, path, name, onRotated, onClose }: RotateProps) {
  const { t } = useLanguage();
  const { time } = useFormat();
  const [hours, setHours] = useState('24');
  const [made, setMade] = useState<{ secretKey: string; earlierUntilMs: number | null } | undefined>(undefined);
  const form = useSetting<NonNullable<typeof made>>('POST', path, (key) => {
    setMade(key);
    onRotated();
  });
  if (made) {
    const { earlierUntilMs } = made;
    const note =
      earlierUntilMs === null ? t('apps.earlierEnded') : t('apps.earlierUntil', { time: time(earlierUntilMs) });
    return <KeysOnce title={t('apps.rotated')} keys={[[name, made.secretKey]]} note={note} onClose={onClose} />;
  }
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    form.send({ graceHours: numberOf(hours) });
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="narrow" onSubmit={onSubmit} noValidate>
        <NumberField
          label={t('apps.grace')}
          hint={t('apps.graceRule')}
          value={hours}
          onChange={setHours}
          isWrong={form.isWrong('graceHours')}
        />
        {form.fault !== undefined && <ErrorNote text={form.fault} />}
        <div className="buttons">
          <Button variant="outline" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" theme="primary" disabled={form.isBusy}>
            {t('apps.rotate')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
