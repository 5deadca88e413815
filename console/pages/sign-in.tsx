import { useState, type FormEvent } from 'react';
import { Button } from 'tdesign-react/es/button';
import type { SessionView } from '../../src/admin/session-routes.ts';
import { ApiError, signIn } from '../api.ts';
import { errorText } from '../asking.ts';
import { useLanguage, type Translate } from '../language.tsx';
import { TextField } from '../parts/fields.tsx';
import { ErrorNote } from '../parts/states.tsx';

/** The door. */
export function SignInPage({ onSignedIn }: { readonly onSignedIn: (session: SessionView) => void }) {
  const { t } = useLanguage();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>(undefined);
  const [isBusy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    setBusy(true);
    try {
      onSignedIn(await signIn(name, password));
    } catch (refused) {
      setError(refused);
      setPassword('');
      setBusy(false);
    }
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    setError(undefined);
    void submit();
  };
  return (
    <main className="door">
      <form onSubmit={onSubmit}>
        <h1>{t('signIn.title')}</h1>
        <TextField label={t('signIn.name')} value={name} onChange={setName} autocomplete="username" />
        <TextField
          label={t('signIn.password')}
          value={password}
          onChange={setPassword}
          type="password"
          autocomplete="current-password"
        />
        {error !== undefined && <ErrorNote text={refusalText(error, t)} />}
        <Button type="submit" theme="primary" block disabled={isBusy}>
          {t('signIn.submit')}
        </Button>
        <p className="quiet">{t('signIn.help')}</p>
      </form>
    </main>
  );
}

function refusalText(error: unknown, t: Translate): string {
  if (!(error instanceof ApiError)) return errorText(error, t);
  if (error.status === 401) return t('signIn.wrong');
  if (error.status === 429) return t('signIn.locked', { seconds: error.retryAfter });
  if (error.status === 503) return t('signIn.busy');
  return errorText(error, t);
}
