import { createContext, useContext } from 'react';
import type { SessionView } from '../src/admin/session-routes.ts';

/** Who is signed in here. */
export const SessionContext = createContext<SessionView | undefined>(undefined);

/** Whether whoever is signed in may change things. */
export const useIsOperator = (): boolean => useContext(SessionContext)?.role === 'operator';
