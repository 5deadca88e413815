import { z } from 'zod';
import { accountName } from '../accounts/administrators.ts';
import type { Session } from '../accounts/sessions.ts';
import { chosenPassword, role } from './account-fields.ts';
import type { AdminCall } from './call.ts';
import { lockedProblem } from './gate.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';
import { cookieFor, noCookie } from './session-cookie.ts';

const sessionView = z
  .object({
    name: z.string(),
    role,
    csrf: z.string().nullable().describe('Writes of the session repeat it in x-roomtape-csrf; null for the token.'),
  })
  .meta({ id: 'Session' });

/** Who is signed in, in an answer. */
export type SessionView = z.input<typeof sessionView>;

const viewOf = ({ account, role: held, csrf }: Session): z.input<typeof sessionView> => ({
  name: account,
  role: held,
  csrf,
});

const signIn = defineRoute({
  method: 'POST',
  path: '/session',
  access: 'open',
  hasSecrets: true,
  summary: 'Signs an administrator in.',
  description:
    'Sets a cookie that ends with the browser, after two hours without use, or after a day. Wrong passwords lock the account and the address for a time that grows to a minute.',
  body: z.strictObject({ name: z.string().min(1).max(64), password: z.string().min(1).max(256) }),
  answer: { status: 200, description: 'Signed in.', schema: sessionView },
  problems: { 401: 'There is no such name with that password.', 503: 'Too many are signing in at once.' },
  async handle({ body }, { accounts }, call) {
    const { name, password } = body;
    const outcome = await accounts.signIn.attempt({ name, password, address: call.address });
    if (outcome !== 'wrong' && 'lockedSeconds' in outcome) throw lockedProblem(outcome.lockedSeconds);
    // Who is unknown may be a password in the wrong field: the log gets names that exist.
    const known = await accounts.administrators.find(accountName(name));
    call.signAs(known?.name ?? '');
    if (outcome === 'wrong') throw new AdminProblem(401, 'There is no such name with that password.');
    call.setHeader('set-cookie', cookieFor(outcome.id, call.isSecure));
    return viewOf(outcome.session);
  },
});

const show = defineRoute({
  method: 'GET',
  path: '/session',
  summary: 'Says who asks.',
  answer: { status: 200, description: 'The administrator.', schema: sessionView },
  handle: async (_input, _services, { caller }) =>
    caller?.session ? viewOf(caller.session) : { name: caller!.name, role: caller!.role, csrf: null },
});

const signOut = defineRoute({
  method: 'DELETE',
  path: '/session',
  access: 'viewer',
  summary: 'Signs out: the session has ended.',
  answer: { status: 204, description: 'Ended.' },
  async handle(_input, { accounts }, call) {
    await accounts.sessions.end(sessionOf(call).key);
    call.setHeader('set-cookie', noCookie(call.isSecure));
  },
});

const changePassword = defineRoute({
  method: 'PUT',
  path: '/session/password',
  access: 'viewer',
  hasSecrets: true,
  summary: "Changes one's own password; one's other sessions end.",
  body: z.strictObject({ current: z.string().min(1).max(256), next: chosenPassword }),
  answer: { status: 204, description: 'Changed.' },
  problems: { 422: 'The current password is not that one.' },
  async handle({ body: { current, next } }, { accounts }, call) {
    const { account: name, key } = sessionOf(call);
    const judged = await accounts.signIn.confirm({ name, password: current, address: call.address });
    if (judged === 'wrong') throw new AdminProblem(422, 'The current password is not that one.');
    if (judged !== 'right') throw lockedProblem(judged.lockedSeconds);
    await accounts.administrators.setPassword(name, await accounts.passwords.hash(next), key);
  },
});

function sessionOf({ caller }: AdminCall): Session {
  if (caller?.session) return caller.session;
  throw new AdminProblem(403, 'The token has no session and no password of its own.');
}

/** Signing in and out. */
export const sessionRoutes: readonly AdminRoute[] = [signIn, show, signOut, changePassword];
