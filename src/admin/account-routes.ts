import { z } from 'zod';
import { makePassword } from '../accounts/passwords.ts';
import { role } from './account-fields.ts';
import { ms } from './fields.ts';
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
  .object({ name: z.string(), role, createdMs: ms, passwordMs: ms.describe('When its password was last set.') })
  .meta({ id: 'Account' });

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
  handle: async (_input, { accounts }) => ({ items: await accounts.administrators.list() }),
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

const remove = defineRoute({
  method: 'DELETE',
  path: '/accounts/{name}',
  summary: 'Removes an administrator, whose sessions end.',
  params: byName,
  answer: { status: 204, description: 'Removed.' },
  problems: { 404: unknown, 409: 'It is the last operator.' },
  async handle({ params: { name } }, { accounts }) {
    const outcome = await accounts.administrators.remove(name);
    if (outcome === 'unknown') throw new AdminProblem(404, unknown);
    if (outcome === 'last operator') throw new AdminProblem(409, 'This is the last operator; make another one first.');
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

const audit = defineRoute({
  method: 'GET',
  path: '/audit/requests',
  access: 'operator',
  summary: 'Lists sign-ins and writes of administrators, the newest first.',
  description: 'Entries are kept for 400 days.',
  query: z.strictObject(pageQuery),
  answer: { status: 200, description: 'A page of entries.', schema: pageOf(auditView) },
  async handle({ query: { cursor, limit } }, { accounts }) {
    const rows = await accounts.audit.list(limit, cursor?.[0]);
    return toPage(
      rows,
      limit,
      ({ id }) => [id, ''],
      ({ at_ms: atMs, ...rest }) => ({ ...rest, atMs }),
    );
  },
});

/** Administrators and what they did. */
export const accountRoutes: readonly AdminRoute[] = [list, add, remove, resetPassword, audit];
