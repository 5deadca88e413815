import { accountRoutes } from './account-routes.ts';
import { apiAccountRoutes } from './api-account-routes.ts';
import { appRoutes } from './app-routes.ts';
import { appSectionRoutes } from './app-section-routes.ts';
import { appTestRoutes } from './app-test-routes.ts';
import { autoRecordRoutes } from './auto-record-routes.ts';
import { autoRecordRoomRoutes } from './auto-record-room-routes.ts';
import { callbackRoutes } from './callback-routes.ts';
import { evidenceRoutes } from './evidence-routes.ts';
import { layoutRoutes } from './layout-routes.ts';
import { libraryRoutes } from './library-routes.ts';
import { overviewRoutes } from './overview-routes.ts';
import { previewRoutes } from './preview-routes.ts';
import { roomRoutes } from './room-routes.ts';
import type { AdminRoute } from './route.ts';
import { sessionRoutes } from './session-routes.ts';
import { taskRoutes } from './task-routes.ts';
import { verifyRoutes } from './verify-routes.ts';
import { timelineRoutes } from './timeline-routes.ts';

/** Every route of the admin API, in the order of its reference. */
export const adminRoutes: readonly AdminRoute[] = [
  ...sessionRoutes,
  ...accountRoutes,
  ...overviewRoutes,
  ...taskRoutes,
  ...timelineRoutes,
  ...previewRoutes,
  ...evidenceRoutes,
  ...verifyRoutes,
  ...callbackRoutes,
  ...appRoutes,
  ...appSectionRoutes,
  ...appTestRoutes,
  ...apiAccountRoutes,
  ...autoRecordRoutes,
  ...autoRecordRoomRoutes,
  ...roomRoutes,
  ...libraryRoutes,
  ...layoutRoutes,
];
