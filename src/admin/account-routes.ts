import { z } from 'zod';
import { makePassword } from '../accounts/passwords.ts';
import { role } from './account-fields.ts';
import { momentText, ms } from './fields.ts';
import { pageOf, pageQuery, toPage } from './paging.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';

const nameForm = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,31}$/, 'must be 1–32 of a–z, 0–9, dot, _ and -, the first a letter or digit')
  .refine((name) => name !== 'token', 'is what the bearer token is called');
const byName = z.strictObject({ name: nameForm });
const unknown = 'There is no such account.';

const accountView = z
  .object({
    name: z.string(),
    role,
    createdMs: ms,
    passwordMs: ms.describe('When its password was last set, in milliseconds since the epoch.'),
    disabledMs: ms.nullable().describe('Since when it may not sign in; null for one that may.'),
    sessions: z.int().describe('Sessions that hold.'),
    seenMs: ms.nullable().describe('Latest use of a session that holds, to within a minute; null without one.'),
  })
  .meta({ id: 'Account' });

/** An administrator in an answer. */
export type AccountView = z.output<typeof accountView>;

const withPassword = z.object({
  name: z.string().describe('Of the account.'),
  password: z.string().describe('Made by the server, and told this once.'),
});

const list = defineRoute({
  method: 'GET',
  path: '/accounts',
  access: 'operator',
  summary: 'Lists administrators.',
  answer: { status: 200, description: 'All of them.', schema: z.object({ items: z.array(accountView) }) },
  handle: async (_input, { accounts, clock }) => ({ items: await accounts.administrators.list(clock.wallMs()) }),
});

const add = defineRoute({
  method: 'POST',
  path: '/accounts',
  summary: 'Adds an administrator.',
  body: z.strictObject({ name: nameForm, role }),
  answer: { status: 201, description: 'Added.', schema: withPassword },
  problems: { 409: 'There is one of that name.' },
  async handle({ body: { name, role: held } }, { accounts }) {
    const password = makePassword();
    const added = await accounts.administrators.add(name, held, await accounts.passwords.hash(password));
    if (!added) throw new AdminProblem(409, 'There is an account of that name.');
    return { name, password };
  },
});

const change = defineRoute({
  method: 'PUT',
  path: '/accounts/{name}',
  summary: 'Sets what an administrator may do, and whether it may sign in.',
  description: 'The sessions of one that is disabled end. The last operator that may sign in stays one.',
  params: byName,
  body: z.strictObject({ role, disabled: z.boolean().describe('Whether it may not sign in.') }),
  answer: { status: 204, description: 'Changed.' },
  problems: { 404: unknown, 409: 'It is the last operator.' },
  async handle({ params: { name }, body }, { accounts }) {
    refuseUnless(await accounts.administrators.change(name, body));
  },
});

const endSessions = defineRoute({
  method: 'DELETE',
  path: '/accounts/{name}/sessions',
  summary: 'Ends the sessions of an administrator.',
  params: byName,
  answer: { status: 204, description: 'None holds any more.' },
  problems: { 404: unknown },
  async handle({ params: { name } }, { accounts }) {
    if (!(await accounts.administrators.endSessions(name))) throw new AdminProblem(404, unknown);
  },
});

function refuseUnless(outcome: 'changed' | 'removed' | 'unknown' | 'last operator'): void {
  if (outcome === 'unknown') throw new AdminProblem(404, unknown);
  if (outcome === 'last operator') throw new AdminProblem(409, 'This is the last operator; make another one first.');
}

const remove = defineRoute({
  method: 'DELETE',
  path: '/accounts/{name}',
  summary: 'Removes an administrator, whose sessions end.',
  params: byName,
  answer: { status: 204, description: 'Removed.' },
  problems: { 404: unknown, 409: 'It is the last operator.' },
  async handle({ params: { name } }, { accounts }) {
    refuseUnless(await accounts.administrators.remove(name));
  },
});

const resetPassword = defineRoute({
  method: 'POST',
  path: '/accounts/{name}/password',
  summary: 'Gives an administrator a new password; all its sessions end.',
  params: byName,
  answer: { status: 200, description: 'It has the new password.', schema: withPassword },
  problems: { 404: unknown },
  async handle({ params: { name } }, { accounts }) {
    const password = makePassword();
    const isKnown = await accounts.administrators.setPassword(name, await accounts.passwords.hash(password), undefined);
    if (!isKnown) throw new AdminProblem(404, unknown);
    return { name, password };
  },
});

const auditView = z
  .object({
    id: z.int(),
    atMs: ms,
    actor: z.string().describe('Name of the account, `token` for the bearer token, empty for who is unknown.'),
    address: z.string(),
    action: z.string().describe('Method and path of the route.'),
    detail: z.string().describe('The path as it was, and the body unless it had secrets; at most 1000 characters.'),
    result: z.int().describe('HTTP status of the answer.'),
  })
  .meta({ id: 'AuditedRequest' });

/** A request of an administrator, in an answer. */
export type AuditedRequestView = z.output<typeof auditView>;

const audit = defineRoute({
  method: 'GET',
  path: '/audit/requests',
  access: 'operator',
  summary: 'Lists sign-ins and writes of administrators, the newest first.',
  description: 'Entries are kept for 400 days.',
  query: z.strictObject({
    actor: z.string().max(64).optional().describe('Name of the account, or `token`.'),
    text: z.string().max(200).optional().describe('In the action or its detail, whatever the case.'),
    outcome: z.enum(['done', 'refused']).optional().describe('Whether it was done (a status below 400).'),
    from: momentText.optional().describe('Entries from then on.'),
    to: momentText.optional().describe('Entries before then.'),
    ...pageQuery,
  }),
  answer: { status: 200, description: 'A page of entries.', schema: pageOf(auditView) },
  async handle({ query: { cursor, limit, from: fromMs, to: toMs, ...rest } }, { accounts }) {
    const rows = await accounts.audit.list({ ...rest, fromMs, toMs }, limit, cursor?.[0]);
    return toPage(
      rows,
      limit,
      ({ id }) => [id, ''],
      ({ at_ms: atMs, ...rest }) => ({ ...rest, atMs }),
    );
  },
});

/** Administrators and what they did. */
export const accountRoutes: readonly AdminRoute[] = [list, add, change, remove, resetPassword, endSessions, audit];
