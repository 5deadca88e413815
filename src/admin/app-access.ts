import type { SettingAuthor } from '../apps/setting-rows.ts';
import type { AppEntry } from '../apps/entries.ts';
import type { RuleFault } from '../auto-record/rule-fault.ts';
import type { App } from '../config/apps.ts';
import type { AdminCall } from './call.ts';
import { AdminProblem } from './problem.ts';
import type { AdminServices } from './services.ts';

/** Why there is nothing to show of an app. */
export const noApp = 'This server has no such app.';

/** The app of that number. @throws AdminProblem 404 */
export function requireApp({ apps }: Pick<AdminServices, 'apps'>, sdkAppId: number): App {
  const app = apps.app(sdkAppId);
  if (!app) throw new AdminProblem(404, noApp);
  return app;
}

/** The app of that number with where its settings come from. @throws AdminProblem 404 */
export function requireEntry({ registry }: Pick<AdminServices, 'registry'>, sdkAppId: number): AppEntry {
  const entry = registry.entry(sdkAppId);
  if (!entry) throw new AdminProblem(404, noApp);
  return entry;
}

/** The administrator who is signed in, or who holds the token, which is one for all. */
export const authorOf = ({ caller }: AdminCall): SettingAuthor & { readonly origin: 'api' } => ({
  actor: caller?.session ? caller.name : 'admin token',
  origin: 'api',
});

/** A value of the body that does not fit what else there is. */
export const unfit = ({ path, reason }: RuleFault): AdminProblem =>
  new AdminProblem(400, `The request does not fit: body ${path}: ${reason}`, {
    errors: [{ in: 'body', at: path, message: reason }],
  });
