import { useState } from 'react';
import { ask } from '../api.ts';
import { errorText } from '../asking.ts';
import { useLanguage } from '../language.tsx';
import { useNotice } from './notice.tsx';

interface Deed {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** What to say when it is done. */
  readonly done: string;
}

/** Does something by the admin API and says how it went. */
export function useDoing(after: () => void): {
  readonly isBusy: boolean;
  readonly run: (deed: Deed) => void;
} {
  const { t } = useLanguage();
  const tell = useNotice();
  const [isBusy, setBusy] = useState(false);
  const doIt = async ({ method, path, body, done }: Deed): Promise<void> => {
    setBusy(true);
    try {
      await ask(path, { method, body });
      tell({ theme: 'success', text: done });
      after();
    } catch (error) {
      tell({ theme: 'error', text: errorText(error, t) });
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, run: (deed) => void doIt(deed) };
}
