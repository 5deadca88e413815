import { z } from 'zod';
import { authorOf } from './app-access.ts';
import { graceHours, newAccountView, newKeyView } from './app-routes.ts';
import { apiAccountView, viewAccount } from './app-view.ts';
import { app } from './fields.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';
import type { AdminServices } from './services.ts';

const unknown = 'There is no such API account.';
const byId = z.strictObject({ secretId: z.string().min(1).max(128) });
const apps = z.array(app).max(1000).describe('Apps that it may act for.');

function requireAccount({ registry }: AdminServices, secretId: string) {
  const entry = registry.accountEntry(secretId);
  if (!entry) throw new AdminProblem(404, unknown);
  return entry;
}

function checkApps({ registry }: AdminServices, wanted: readonly number[]): void {
  const errors = wanted.flatMap((id, i) =>
    registry.app(id) ? [] : [{ in: 'body' as const, at: `apps.${i}`, message: 'is no app of this server' }],
  );
  if (errors.length > 0)
    throw new AdminProblem(400, `The request does not fit: body ${errors[0]!.at}: is no app of this server`, {
      errors,
    });
}

const list = defineRoute({
  method: 'GET',
  path: '/api-accounts',
  summary: 'Lists the accounts that sign calls of the recording API.',
  answer: { status: 200, description: 'All of them.', schema: z.object({ items: z.array(apiAccountView) }) },
  handle: async (_input, { registry, clock }) => ({
    items: registry.accounts().map((entry) => viewAccount(entry, clock.wallMs())),
  }),
});

const create = defineRoute({
  method: 'POST',
  path: '/api-accounts',
  summary: 'Makes an account that signs calls of the recording API.',
  body: z.strictObject({ apps }),
  answer: {
    status: 201,
    description: 'Made. Its SecretKey is told this once.',
    schema: newAccountView,
  },
  async handle({ body }, services, call) {
    checkApps(services, body.apps);
    return services.registry.createAccount(body.apps, authorOf(call));
  },
});

const setApps = defineRoute({
  method: 'PUT',
  path: '/api-accounts/{secretId}/apps',
  summary: 'Says for which apps an account may act.',
  params: byId,
  body: z.strictObject({ apps }),
  answer: { status: 200, description: 'The account.', schema: apiAccountView },
  problems: { 404: unknown },
  async handle({ params: { secretId }, body }, services, call) {
    requireAccount(services, secretId);
    checkApps(services, body.apps);
    await services.registry.setAccountApps(secretId, body.apps, authorOf(call));
    return viewAccount(requireAccount(services, secretId), services.clock.wallMs());
  },
});

const rotate = defineRoute({
  method: 'POST',
  path: '/api-accounts/{secretId}/key',
  summary: 'Gives an account a new SecretKey; its SecretId stays.',
  description:
    'It holds at once; a key of the configuration is replaced by it until the configuration has another one. Calls that are signed by earlier keys are taken for the hours that are said here.',
  params: byId,
  body: z.strictObject({ graceHours }),
  answer: { status: 200, description: 'The new key holds.', schema: newKeyView },
  problems: { 404: unknown },
  async handle({ params: { secretId }, body }, services, call) {
    requireAccount(services, secretId);
    const made = await services.registry.rotateAccountKey(secretId, body.graceHours * 3_600_000, authorOf(call));
    return { secretKey: made.secretKey, earlierUntilMs: made.earlierUntilMs ?? null };
  },
});

const remove = defineRoute({
  method: 'DELETE',
  path: '/api-accounts/{secretId}',
  summary: 'Removes an account that the admin API made; its calls are refused at once.',
  params: byId,
  answer: { status: 204, description: 'Removed.' },
  problems: { 404: unknown, 409: 'The configuration lists it.' },
  async handle({ params: { secretId } }, services, call) {
    const { isConfigured } = requireAccount(services, secretId);
    if (isConfigured) throw new AdminProblem(409, 'The configuration lists this account; take it out there.');
    await services.registry.removeAccount(secretId, authorOf(call));
  },
});

/** Accounts of the recording API. */
export const apiAccountRoutes: readonly AdminRoute[] = [list, create, setApps, rotate, remove];
