import { z } from 'zod';
import type { AppEntry } from '../apps/entries.ts';
import { libraryBytes } from '../library/kept-files.ts';
import type { Store } from '../store/store.ts';
import { authorOf, noApp, requireEntry } from './app-access.ts';
import { appSummary, appView, viewApp, viewSummary, type AppFacts } from './app-view.ts';
import { app as appNumber, appText, ms } from './fields.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';
import type { AdminServices } from './services.ts';

/** Path of one app. */
export const byApp = z.strictObject({ app: appText });

/** How long a key that is replaced is still taken. */
export const graceHours = z
  .number()
  .min(0)
  .max(8760)
  .default(24)
  .describe('For how many hours the keys before it are still taken; 0: not any more, from this moment on.');

/** A key in the one answer that ever has it. */
export const newKeyView = z.object({
  secretKey: z.string().describe('Told this once.'),
  earlierUntilMs: ms.nullable().describe('Until when the keys before it are taken; null when none is any more.'),
});

/** A key pair in the one answer that ever has it. */
export const newAccountView = z.object({
  secretId: z.string().describe('Names the account.'),
  secretKey: z.string().describe('Told this once.'),
});

const list = defineRoute({
  method: 'GET',
  path: '/apps',
  summary: 'Lists the apps.',
  answer: { status: 200, description: 'All of them.', schema: z.object({ items: z.array(appSummary) }) },
  async handle(_input, services) {
    const views = services.registry.apps().map(async (entry) => viewSummary(entry, await factsOf(entry, services)));
    return { items: await Promise.all(views) };
  },
});

const show = defineRoute({
  method: 'GET',
  path: '/apps/{app}',
  summary: 'Shows an app with its settings.',
  description:
    'Settings are in the keys of the configuration. Secrets are hidden, and from viewers what stands in the query of addresses as well.',
  params: byApp,
  answer: { status: 200, description: 'The app.', schema: appView },
  problems: { 404: noApp },
  async handle({ params: { app } }, services, { caller }) {
    const entry = requireEntry(services, app);
    const to = { isOperator: caller?.role === 'operator', nowMs: services.clock.wallMs() };
    return viewApp(entry, await factsOf(entry, services), accountsOf(services, app), to);
  },
});

const accountsOf = ({ registry }: AdminServices, sdkAppId: number) =>
  registry.accounts().filter(({ account }) => account.apps.includes(sdkAppId));

async function factsOf({ app: { sdkAppId } }: AppEntry, services: AdminServices): Promise<AppFacts> {
  return {
    recordsByRule: (await services.rules.current(sdkAppId)) !== undefined,
    accounts: accountsOf(services, sdkAppId).length,
    liveTasks: await liveTasks(services.store, sdkAppId),
    libraryBytes: await libraryBytes(services.store, sdkAppId),
  };
}

async function liveTasks({ db }: Store, sdkAppId: number): Promise<number> {
  const { live } = await db
    .selectFrom('task')
    .select((eb) => eb.fn.countAll<number | string>().as('live'))
    .where('sdk_app_id', '=', sdkAppId)
    .where('state', '=', 'active')
    .executeTakeFirstOrThrow();
  return Number(live);
}

const create = defineRoute({
  method: 'POST',
  path: '/apps',
  summary: 'Makes an app, and an API account that may act for it.',
  description: 'With settings at their defaults. What a removed app of that number left in the library is found again.',
  body: z.strictObject({ app: appNumber.optional().describe('SdkAppId. Default: a free one.') }),
  answer: {
    status: 201,
    description: 'Made. Its keys are told this once.',
    schema: z.object({
      app: z.int().describe('SdkAppId.'),
      secretKey: z.string().describe('Signs UserSigs.'),
      account: newAccountView,
    }),
  },
  problems: { 409: 'There is an app of that number.' },
  async handle({ body }, { registry }, call) {
    const author = authorOf(call);
    const made = await registry.createApp(body.app, author);
    if (!made) throw new AdminProblem(409, 'There is an app of that number.');
    const account = await registry.createAccount([made.sdkAppId], author);
    return { app: made.sdkAppId, secretKey: made.secretKey, account };
  },
});

const remove = defineRoute({
  method: 'DELETE',
  path: '/apps/{app}',
  summary: 'Removes an app that the admin API made.',
  description: 'API accounts no longer act for it, and its rule ends. Its files stay in the library.',
  params: byApp,
  answer: { status: 204, description: 'Removed.' },
  problems: { 404: noApp, 409: 'The configuration lists it, or a recording of it runs or is being finished.' },
  async handle({ params: { app } }, services, call) {
    const { isConfigured } = requireEntry(services, app);
    if (isConfigured) throw new AdminProblem(409, 'The configuration lists this app; take it out there.');
    const author = authorOf(call);
    if (!(await services.registry.removeApp(app, author)))
      throw new AdminProblem(
        409,
        'Recordings of this app run or are being finished; stop them, and wait for their files.',
      );
    await services.rules.remove(app, author);
  },
});

const rotate = defineRoute({
  method: 'POST',
  path: '/apps/{app}/key',
  summary: 'Gives an app a new secret key for UserSigs.',
  description:
    'It holds at once; a key of the configuration is replaced by it until the configuration has another one. UserSigs of earlier keys are taken for the hours that are said here.',
  params: byApp,
  body: z.strictObject({ graceHours }),
  answer: { status: 200, description: 'The new key holds.', schema: newKeyView },
  problems: { 404: noApp },
  async handle({ params: { app }, body }, services, call) {
    requireEntry(services, app);
    const made = await services.registry.rotateAppKey(app, body.graceHours * 3_600_000, authorOf(call));
    return { secretKey: made.secretKey, earlierUntilMs: made.earlierUntilMs ?? null };
  },
});

/** Apps and their keys. */
export const appRoutes: readonly AdminRoute[] = [list, show, create, remove, rotate];
