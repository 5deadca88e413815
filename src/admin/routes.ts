import { callbackRoutes } from './callback-routes.ts';
import type { AdminRoute } from './route.ts';
import { taskRoutes } from './task-routes.ts';

/** Every route of the admin API, in the order of its reference. */
export const adminRoutes: readonly AdminRoute[] = [...taskRoutes, ...callbackRoutes];
