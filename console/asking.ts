import { useCallback, useEffect, useRef, useState } from 'react';
import { ask, ApiError } from './api.ts';
import type { Translate } from './language.tsx';

/** What is known of an answer: the last one stays while a newer one is asked for. */
export interface Asked<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/** Asks the admin API for what a page shows, again every `pollMs` where that is given. */
export function useAsked<T>(path: string, pollMs?: number): Asked<T> {
  const [state, setState] = useState<{ path: string; data?: T; error?: unknown }>({ path });
  const [turn, setTurn] = useState(0);
  const isPoll = useRef(false);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  useEffect(() => {
    const abort = new AbortController();
    const poll = isPoll.current;
    isPoll.current = false;
    ask<T>(path, { signal: abort.signal, poll }).then(
      (data) => setState({ path, data }),
      (error: unknown) => {
        if (!abort.signal.aborted) setState((before) => ({ ...(before.path === path ? before : {}), path, error }));
      },
    );
    return () => abort.abort();
  }, [path, turn]);
  useEffect(() => {
    if (pollMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (document.hidden) return;
      isPoll.current = true;
      reload();
    }, pollMs);
    return () => clearInterval(timer);
  }, [pollMs, reload]);
  const isCurrent = state.path === path;
  const error = isCurrent ? state.error : undefined;
  return {
    data: isCurrent ? state.data : undefined,
    error,
    isLoading: !isCurrent || (state.data === undefined && error === undefined),
    reload,
  };
}

const told = [400, 401, 403, 404, 409, 422, 429, 503, 507] as const;

/** What to say to people about a failed request. */
export function errorText(error: unknown, t: Translate): string {
  const status = error instanceof ApiError ? error.status : 500;
  if (status === 0) return t('error.network');
  const known = told.find((one) => one === status);
  return known === undefined ? t('error.500', { status }) : t(`error.${known}`);
}
