import { z } from 'zod';
import { autoRecordRuleSchema, HIDDEN_SECRET, type AutoRecordRule } from '../auto-record/rule.ts';
import { ruleFault } from '../auto-record/rule-fault.ts';
import type { StoredRule } from '../auto-record/rules.ts';
import { HiddenSecretError, withoutSecrets } from '../auto-record/secrets.ts';
import { auditView, findAudit, viewAudit } from './audit.ts';
import { authorOf, noApp, requireApp, unfit } from './app-access.ts';
import { app, appText, ms } from './fields.ts';
import { pageOf, pageQuery, toPage } from './paging.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';
import type { AdminServices } from './services.ts';

const byApp = z.strictObject({ app: appText });

const ruleView = z
  .object({
    revision: z.int().describe('Rises with every change of any rule.'),
    effectiveMs: ms.describe(
      'Rooms that were created from then on are recorded by it. In milliseconds since the epoch.',
    ),
    origin: z.enum(['configuration', 'api']).describe('Where it was set.'),
    actor: z.string().describe('Who set it, as in the audit; empty where that is not known.'),
    rule: autoRecordRuleSchema.nullable().describe('Secrets are hidden; null where recording by rule ended.'),
  })
  .meta({ id: 'AutoRecordRule' });

/** A rule in an answer, and what is sent to set one. */
export type RuleView = z.output<typeof ruleView>;

const viewRule = ({ revision, effectiveMs, origin, actor, rule }: StoredRule): z.input<typeof ruleView> => ({
  revision,
  effectiveMs,
  origin,
  actor,
  rule: rule ? withoutSecrets(rule) : null,
});

const ruleList = z.object({
  items: z.array(z.object({ app, current: ruleView.nullable().describe('Null for no rule.') })).describe('The apps.'),
  defaults: autoRecordRuleSchema.describe('What holds where a rule says nothing.'),
});

/** The rules of all apps, in an answer. */
export type RuleListView = z.output<typeof ruleList>;

const list = defineRoute({
  method: 'GET',
  path: '/auto-record',
  summary: 'Lists the apps with the rules by which their rooms record themselves.',
  answer: {
    status: 200,
    description: 'Every app.',
    schema: ruleList,
  },
  async handle(_input, { appIds, rules }) {
    const current = await Promise.all(appIds.map((one) => rules.current(one)));
    return {
      items: appIds.map((one, index) => ({ app: one, current: current[index] ? viewRule(current[index]) : null })),
      defaults: autoRecordRuleSchema.parse({ single: {}, mixed: { enabled: false } }),
    };
  },
});

const show = defineRoute({
  method: 'GET',
  path: '/apps/{app}/auto-record',
  summary: "Shows the rule by which an app's rooms record themselves.",
  params: byApp,
  answer: { status: 200, description: 'The rule in force.', schema: ruleView },
  problems: { 404: 'There is no such app, or it records nothing by rule.' },
  async handle({ params: { app } }, services) {
    requireApp(services, app);
    const rule = await services.rules.current(app);
    if (!rule) throw new AdminProblem(404, 'The app records nothing by rule.');
    return viewRule(rule);
  },
});

const set = defineRoute({
  method: 'PUT',
  path: '/apps/{app}/auto-record',
  summary: "Sets the rule by which an app's rooms record themselves.",
  description: `It counts for rooms that are created from now on; those that live go by the rule that they began with, in which what this one switches off begins no more. What runs goes on. A secret written as \`${HIDDEN_SECRET}\` stays as it is. Keys are those of \`apps.N.auto_record\` in the configuration.`,
  params: byApp,
  body: autoRecordRuleSchema,
  // Keys of buckets and of callbacks.
  hasSecrets: true,
  answer: { status: 200, description: 'The rule in force.', schema: ruleView },
  problems: { 404: noApp },
  async handle({ params: { app }, body }, services, call) {
    const fault = ruleFault(body, requireApp(services, app).storage.kind);
    if (fault) throw unfit(fault);
    return viewRule(await setRule(services, app, body, authorOf(call)));
  },
});

async function setRule(
  { rules }: AdminServices,
  app: number,
  rule: AutoRecordRule,
  author: ReturnType<typeof authorOf>,
): Promise<StoredRule> {
  try {
    return await rules.set(app, rule, author);
  } catch (error) {
    if (!(error instanceof HiddenSecretError)) throw error;
    throw unfit({ path: error.path, reason: 'is written as hidden, and there is no secret that could stay' });
  }
}

const remove = defineRoute({
  method: 'DELETE',
  path: '/apps/{app}/auto-record',
  summary: 'Ends recording by rule.',
  description: 'Nothing begins any more, in rooms that live neither. What runs goes on to its end.',
  params: byApp,
  answer: { status: 204, description: 'The app records nothing by rule.' },
  problems: { 404: noApp },
  async handle({ params: { app } }, services, call) {
    requireApp(services, app);
    await services.rules.remove(app, authorOf(call));
  },
});

const revisions = defineRoute({
  method: 'GET',
  path: '/apps/{app}/auto-record/revisions',
  summary: "Lists what an app's rule has been, the newest first.",
  params: byApp,
  query: z.strictObject(pageQuery),
  answer: { status: 200, description: 'A page of revisions.', schema: pageOf(ruleView) },
  problems: { 404: noApp },
  async handle({ params: { app }, query: { cursor, limit } }, services) {
    requireApp(services, app);
    const all = (await services.rules.revisions(app)).toReversed();
    const rows = all.filter(({ revision }) => cursor === undefined || revision < cursor[0]).slice(0, limit + 1);
    return toPage(rows, limit, ({ revision }) => [revision, ''], viewRule);
  },
});

const audit = defineRoute({
  method: 'GET',
  path: '/audit',
  summary: 'Lists who changed what, the newest first.',
  query: z.strictObject(pageQuery),
  answer: { status: 200, description: 'A page of changes.', schema: pageOf(auditView) },
  async handle({ query: { cursor, limit } }, { store }) {
    const rows = await findAudit(store, limit, cursor?.[0]);
    return toPage(rows, limit, ({ id }) => [id, ''], viewAudit);
  },
});

/** Rules of auto recording, and the audit of their changes. */
export const autoRecordRoutes: readonly AdminRoute[] = [list, show, set, remove, revisions, audit];
