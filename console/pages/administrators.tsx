import { useContext, useState, type FormEvent } from 'react';
import { Button } from 'tdesign-react/es/button';
import { Tag } from 'tdesign-react/es/tag';
import type { AccountView } from '../../src/admin/account-routes.ts';
import { ApiError, ask } from '../api.ts';
import { errorText, useAsked } from '../asking.ts';
import { useFormat } from '../format.ts';
import { useLanguage, type Translate } from '../language.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Confirm, Dialog } from '../parts/dialog.tsx';
import { useDoing } from '../parts/doing.ts';
import { ChoiceField, TextField } from '../parts/fields.tsx';
import { useNotice } from '../parts/notice.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { ErrorNote, Shown } from '../parts/states.tsx';
import { SessionContext } from '../session.tsx';
import './administrators.css';

type Role = AccountView['role'];

const pathOf = (name: string): string => `/accounts/${encodeURIComponent(name)}`;
const rolesOf = (t: Translate) =>
  (['viewer', 'operator'] as const).map((role) => ({ value: role, text: t(`role.${role}`) }));

/** A password that the server made; told once. */
interface Made {
  readonly name: string;
  readonly password: string;
}

/** Who may use the console: operators add, change, disable and remove them. */
export function AdministratorsPage() {
  const { t } = useLanguage();
  const asked = useAsked<{ readonly items: readonly AccountView[] }>('/accounts');
  const [isAdding, setAdding] = useState(false);
  const [made, setMade] = useState<Made | undefined>(undefined);
  const onMade = (next: Made): void => {
    setMade(next);
    asked.reload();
  };
  return (
    <>
      <PageTitle text={t('administrators.title')}>
        <Button theme="primary" onClick={() => setAdding(true)}>
          {t('administrators.add')}
        </Button>
      </PageTitle>
      <p className="quiet">{t('administrators.roles')}</p>
      <Shown asked={asked}>
        {({ items }) => <AccountTable accounts={items} onChanged={asked.reload} onMade={onMade} />}
      </Shown>
      {isAdding && <AddDialog onClose={() => setAdding(false)} onMade={onMade} />}
      {made && <PasswordDialog made={made} onClose={() => setMade(undefined)} />}
    </>
  );
}

interface TableProps {
  readonly accounts: readonly AccountView[];
  readonly onChanged: () => void;
  readonly onMade: (made: Made) => void;
}

function AccountTable({ accounts, onChanged, onMade }: TableProps) {
  const { t } = useLanguage();
  const { time, number } = useFormat();
  return (
    <DataTable
      caption={t('administrators.title')}
      rows={accounts}
      keyOf={({ name }) => name}
      columns={[
        { title: t('administrators.name'), cell: (account) => <Name {...account} />, isLong: true },
        { title: t('administrators.role'), cell: ({ role }) => t(`role.${role}`) },
        { title: t('administrators.sessions'), cell: ({ sessions }) => number(sessions) },
        { title: t('administrators.seen'), cell: ({ seenMs }) => time(seenMs) },
        { title: t('administrators.password'), cell: ({ passwordMs }) => time(passwordMs) },
        {
          title: t('common.actions'),
          cell: (account) => <Actions account={account} onChanged={onChanged} onMade={onMade} />,
        },
      ]}
    />
  );
}

function Name({ name, disabledMs }: AccountView) {
  const { t } = useLanguage();
  const own = useContext(SessionContext)?.name === name;
  return (
    <span className="line">
      {name}
      {own && <Tag variant="light-outline">{t('administrators.you')}</Tag>}
      {disabledMs !== null && (
        <Tag theme="warning" variant="light-outline">
          {t('administrators.disabled')}
        </Tag>
      )}
    </span>
  );
}

/** What is asked before it is done. */
type Asking = 'password' | 'remove' | 'sessions' | 'disable' | undefined;

interface ActionsProps extends Pick<TableProps, 'onChanged' | 'onMade'> {
  readonly account: AccountView;
}

/** One's own account is changed by nobody here: who locks oneself out could not come back. */
function Actions({ account: { name, role, disabledMs, sessions }, onChanged, onMade }: ActionsProps) {
  const { t } = useLanguage();
  const tell = useNotice();
  const { isBusy, run } = useDoing(onChanged);
  const [asking, setAsking] = useState<Asking>(undefined);
  if (useContext(SessionContext)?.name === name) return <a href="#/account">{t('administrators.own')}</a>;
  const path = pathOf(name);
  const set = (change: { readonly role: Role; readonly disabled: boolean }): void =>
    run({ method: 'PUT', path, body: change, done: t('administrators.changed', { name }) });
  const reset = (): void => {
    ask<Made>(`${path}/password`, { method: 'POST' }).then(onMade, (error: unknown) =>
      tell({ theme: 'error', text: errorText(error, t) }),
    );
  };
  const isDisabled = disabledMs !== null;
  const other: Role = role === 'operator' ? 'viewer' : 'operator';
  const deeds = {
    password: reset,
    remove: () => run({ method: 'DELETE', path, done: t('administrators.removed', { name }) }),
    sessions: () =>
      run({ method: 'DELETE', path: `${path}/sessions`, done: t('administrators.sessionsEnded', { name }) }),
    disable: () => set({ role, disabled: true }),
  };
  const buttons = [
    { key: 'role', text: t(`administrators.make.${other}`), act: () => set({ role: other, disabled: isDisabled }) },
    { key: 'password', text: t('administrators.ask.password'), act: () => setAsking('password') },
    ...(sessions > 0
      ? [{ key: 'sessions', text: t('administrators.ask.sessions'), act: () => setAsking('sessions') }]
      : []),
    isDisabled
      ? { key: 'enable', text: t('administrators.enable'), act: () => set({ role, disabled: false }) }
      : { key: 'disable', text: t('administrators.ask.disable'), act: () => setAsking('disable') },
    { key: 'remove', text: t('administrators.ask.remove'), act: () => setAsking('remove'), isBad: true },
  ];
  return (
    <span className="buttons">
      {buttons.map(({ key, text, act, isBad }) => (
        <Button
          key={key}
          size="small"
          variant="outline"
          theme={isBad ? 'danger' : 'default'}
          disabled={isBusy}
          aria-label={t('administrators.actionOf', { action: text, name })}
          onClick={act}
        >
          {text}
        </Button>
      ))}
      {asking && (
        <Confirm
          text={t(`administrators.sure.${asking}`, { name })}
          action={t(`administrators.ask.${asking}`)}
          onConfirm={deeds[asking]}
          onClose={() => setAsking(undefined)}
        />
      )}
    </span>
  );
}

function AddDialog({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (made: Made) => void }) {
  const { t } = useLanguage();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [fault, setFault] = useState<string | undefined>(undefined);
  const add = async (): Promise<void> => {
    try {
      const made = await ask<Made>('/accounts', { method: 'POST', body: { name: name.trim().toLowerCase(), role } });
      onClose();
      onMade(made);
    } catch (error) {
      setFault(refusalText(error, t));
    }
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    void add();
  };
  return (
    <Dialog title={t('administrators.add')} onClose={onClose}>
      <form className="narrow" onSubmit={onSubmit}>
        <TextField
          label={t('administrators.name')}
          hint={t('administrators.nameRule')}
          value={name}
          onChange={setName}
        />
        <ChoiceField
          label={t('administrators.role')}
          value={role}
          onChange={(next) => setRole(next === 'operator' ? 'operator' : 'viewer')}
          options={rolesOf(t)}
        />
        {fault !== undefined && <ErrorNote text={fault} />}
        <div className="buttons">
          <Button variant="outline" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" theme="primary">
            {t('administrators.add')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function refusalText(error: unknown, t: Translate): string {
  if (!(error instanceof ApiError)) return errorText(error, t);
  if (error.status === 400) return t('administrators.badName');
  return error.status === 409 ? t('administrators.taken') : errorText(error, t);
}

function PasswordDialog({ made: { name, password }, onClose }: { readonly made: Made; readonly onClose: () => void }) {
  const { t } = useLanguage();
  return (
    <Dialog title={t('administrators.made', { name })} onClose={onClose}>
      <p>{t('administrators.madeHint')}</p>
      <code className="made-password">{password}</code>
    </Dialog>
  );
}
