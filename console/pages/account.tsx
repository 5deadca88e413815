import { useState, type FormEvent } from 'react';
import { Button } from 'tdesign-react/es/button';
import { ApiError, ask } from '../api.ts';
import { errorText } from '../asking.ts';
import { useLanguage, type Translate } from '../language.tsx';
import { TextField } from '../parts/fields.tsx';
import { useNotice } from '../parts/notice.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { ErrorNote } from '../parts/states.tsx';

const shortest = 12;
const empty = { current: '', next: '', repeat: '' };

/** One's own password. */
export function AccountPage() {
  const { t } = useLanguage();
  const tell = useNotice();
  const [form, setForm] = useState(empty);
  const [fault, setFault] = useState<string | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const change = async (): Promise<void> => {
    setBusy(true);
    try {
      await ask('/session/password', { method: 'PUT', body: { current: form.current, next: form.next } });
      setForm(empty);
      tell({ theme: 'success', text: t('account.done') });
    } catch (error) {
      setFault(refusalText(error, t));
    }
    setBusy(false);
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    const wrong = faultOf(form, t);
    setFault(wrong);
    if (wrong === undefined) void change();
  };
  return (
    <>
      <PageTitle text={t('account.title')} />
      <form className="narrow" onSubmit={onSubmit}>
        <TextField
          label={t('account.current')}
          value={form.current}
          onChange={(current) => setForm({ ...form, current })}
          type="password"
          autocomplete="current-password"
        />
        <TextField
          label={t('account.next')}
          hint={t('account.rule')}
          value={form.next}
          onChange={(next) => setForm({ ...form, next })}
          type="password"
          autocomplete="new-password"
        />
        <TextField
          label={t('account.repeat')}
          value={form.repeat}
          onChange={(repeat) => setForm({ ...form, repeat })}
          type="password"
          autocomplete="new-password"
        />
        {fault !== undefined && <ErrorNote text={fault} />}
        <Button type="submit" theme="primary" disabled={isBusy}>
          {t('account.submit')}
        </Button>
      </form>
    </>
  );
}

function faultOf({ next, repeat }: typeof empty, t: Translate): string | undefined {
  if (next.length < shortest) return t('account.tooShort');
  return next === repeat ? undefined : t('account.differ');
}

function refusalText(error: unknown, t: Translate): string {
  if (!(error instanceof ApiError)) return errorText(error, t);
  if (error.status === 422) return t('account.wrong');
  return error.status === 429 ? t('signIn.locked', { seconds: error.retryAfter }) : errorText(error, t);
}
