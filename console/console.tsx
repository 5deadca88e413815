import { useEffect, useState } from 'react';
import { Button } from 'tdesign-react/es/button';
import type { SessionView } from '../src/admin/session-routes.ts';
import { ask, currentSession, whenSignedOut } from './api.ts';
import { errorText } from './asking.ts';
import { useLanguage } from './language.tsx';
import { PAGES } from './pages.tsx';
import { ErrorNote, Waiting } from './parts/states.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { placeOf, usePlace } from './route.ts';
import { SessionContext, useIsOperator } from './session.tsx';
import { useTheme } from './theme.ts';

type Known = { readonly session: SessionView | undefined } | { readonly error: unknown } | undefined;

/** The whole console: the door, and behind it the pages. */
export function Console() {
  const [known, setKnown] = useState<Known>(undefined);
  const { t } = useLanguage();
  const look = (): void => {
    setKnown(undefined);
    currentSession().then(
      (session) => setKnown({ session }),
      (error: unknown) => setKnown({ error }),
    );
  };
  useEffect(() => {
    whenSignedOut(() => setKnown({ session: undefined }));
    look();
  }, []);
  const signOut = async (): Promise<void> => {
    await ask('/session', { method: 'DELETE' }).catch(() => undefined);
    setKnown({ session: undefined });
  };
  const session = known && 'session' in known ? known.session : undefined;
  return (
    <SessionContext.Provider value={session}>
      <Header session={session} onSignOut={() => void signOut()} />
      {known === undefined && <Waiting />}
      {known && 'error' in known && <ErrorNote text={errorText(known.error, t)} onRetry={look} />}
      {known && 'session' in known && !session && <SignInPage onSignedIn={(begun) => setKnown({ session: begun })} />}
      {session && <Pages />}
    </SessionContext.Provider>
  );
}

function Header({ session, onSignOut }: { readonly session: SessionView | undefined; readonly onSignOut: () => void }) {
  const { t, language, change } = useLanguage();
  const { theme, toggle } = useTheme();
  return (
    <header className="top">
      <span className="brand">{t('app.title')}</span>
      <span className="top-right">
        {session && (
          <span className="who">{t('app.signedIn', { name: session.name, role: t(`role.${session.role}`) })}</span>
        )}
        <Button
          variant="text"
          size="small"
          lang={language === 'en' ? 'zh-CN' : 'en'}
          onClick={() => change(language === 'en' ? 'zh' : 'en')}
        >
          {t('app.language')}
        </Button>
        <Button variant="text" size="small" onClick={toggle}>
          {t(theme === 'light' ? 'app.toDark' : 'app.toLight')}
        </Button>
        {session && (
          <Button variant="outline" size="small" onClick={onSignOut}>
            {t('app.signOut')}
          </Button>
        )}
      </span>
    </header>
  );
}

function Pages() {
  const { t } = useLanguage();
  const place = usePlace();
  const name = place.parts[0] ?? '';
  const isOperator = useIsOperator();
  const pages = PAGES.filter(({ isForOperators }) => isOperator || !isForOperators);
  const current = pages.find((page) => page.name === name) ?? pages[0]!;
  const key = place.parts.join('/');
  useEffect(() => {
    document.querySelector<HTMLElement>('main h1')?.focus();
  }, [key]);
  return (
    <div className="frame">
      <nav className="side" aria-label={t('nav.label')}>
        {pages.map((page) => (
          <a key={page.name} href={placeOf(page.name)} aria-current={page === current ? 'page' : undefined}>
            {t(page.title)}
          </a>
        ))}
      </nav>
      <main>
        <current.Page key={key} place={place} />
      </main>
    </div>
  );
}
