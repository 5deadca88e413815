import type { ReactNode } from 'react';
import { Alert } from 'tdesign-react/es/alert';
import { Button } from 'tdesign-react/es/button';
import { errorText, type Asked } from '../asking.ts';
import { useLanguage } from '../language.tsx';

/** Something is on its way. */
export function Waiting() {
  const { t } = useLanguage();
  return (
    <div className="waiting" role="status">
      <span className="spinner" aria-hidden="true" />
      {t('common.loading')}
    </div>
  );
}

/** Something went wrong, and a way to try again. */
export function ErrorNote({ text, onRetry }: { readonly text: string; readonly onRetry?: () => void }) {
  const { t } = useLanguage();
  return (
    <div className="error-note" role="alert">
      <Alert theme="error" message={text} />
      {onRetry && (
        <Button variant="outline" onClick={onRetry}>
          {t('common.retry')}
        </Button>
      )}
    </div>
  );
}

/** Nothing is there, and what to do about it. */
export function Nothing({ text, hint }: { readonly text: string; readonly hint?: string }) {
  return (
    <div className="nothing">
      <p>{text}</p>
      {hint && <p className="quiet">{hint}</p>}
    </div>
  );
}

/** What was asked for, or that it is on its way, or why it is not there. */
export function Shown<T>({ asked, children }: { readonly asked: Asked<T>; readonly children: (data: T) => ReactNode }) {
  const { t } = useLanguage();
  const { data, error, reload } = asked;
  return (
    <>
      {error !== undefined && <ErrorNote text={errorText(error, t)} onRetry={reload} />}
      {asked.isLoading && <Waiting />}
      {data !== undefined && children(data)}
    </>
  );
}
