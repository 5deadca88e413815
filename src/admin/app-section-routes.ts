import { isIP } from 'node:net';
import { z } from 'zod';
import { mayConnect } from '../address-guard.ts';
import { appSections, type AppSections, type SectionName } from '../apps/sections.ts';
import { HIDDEN_SECRET } from '../auto-record/rule.ts';
import { ruleFault } from '../auto-record/rule-fault.ts';
import { HiddenSecretError } from '../auto-record/secrets.ts';
import { callback, playKey } from '../config/app-schema.ts';
import { authorOf, noApp, requireEntry, unfit } from './app-access.ts';
import { byApp } from './app-routes.ts';
import { appView, viewSection } from './app-view.ts';
import type { AdminCall } from './call.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';
import type { AdminServices } from './services.ts';

/** Where a secret may also be written as hidden, which a configuration may not. */
const hidden = 'must be 1–32 letters and digits';
/** A callback as it is set by the admin API. */
export const callbackBody = callback.extend({
  key: z
    .string()
    .regex(/^([A-Za-z0-9]{1,32}|\*{8})$/, hidden)
    .optional()
    .describe(callback.shape.key.description ?? ''),
});
const playbackBody = z.strictObject({
  play_key: z
    .string()
    .regex(/^([A-Za-z0-9]{8,64}|\*{8})$/, 'must be 8–64 letters and digits')
    .optional()
    .describe(playKey.description ?? ''),
  play_link_hours: appSections.playback.unwrap().shape.play_link_hours,
});

interface SectionSpec<Name extends SectionName> {
  readonly name: Name;
  readonly summary: string;
  readonly body: z.ZodType<AppSections[Name]>;
  readonly hasSecrets?: true;
  /** What else must be right. @throws AdminProblem */
  readonly check?: (section: AppSections[Name], app: number, services: AdminServices) => Promise<void>;
}

const keeps = `It holds within a second, without a restart, until it is changed here or in the configuration. A secret written as \`${HIDDEN_SECRET}\` stays as it is. Keys are those of \`apps.N\` in the configuration.`;

function sectionRoute<Name extends SectionName>(spec: SectionSpec<Name>): AdminRoute {
  const { name, summary, body, hasSecrets, check } = spec;
  return defineRoute({
    method: 'PUT',
    path: `/apps/{app}/${name}`,
    summary,
    description: keeps,
    params: byApp,
    body,
    ...(hasSecrets ? { hasSecrets } : {}),
    answer: { status: 200, description: 'What holds now.', schema: appView.shape[name] as z.ZodType },
    problems: { 404: noApp },
    async handle({ params: { app }, body: section }, services, call) {
      requireEntry(services, app);
      await check?.(section, app, services);
      await setSection(services, app, name, section, call);
      return viewSection(requireEntry(services, app), name, true);
    },
  });
}

async function setSection<Name extends SectionName>(
  { registry }: AdminServices,
  app: number,
  name: Name,
  section: AppSections[Name],
  call: AdminCall,
): Promise<void> {
  try {
    await registry.set(app, name, section, authorOf(call));
  } catch (error) {
    if (!(error instanceof HiddenSecretError)) throw error;
    throw unfit({ path: error.path, reason: 'is written as hidden, and there is no secret that could stay' });
  }
}

/** An address that is written as one is judged here; names are judged when they are connected to. */
function checkEndpoint({ tencent_vod: vod }: AppSections['storage']): void {
  const host = vod?.endpoint.replace(/:\d+$/, '') ?? '';
  if (isIP(host) !== 0 && !mayConnect(host))
    throw unfit({ path: 'tencent_vod.endpoint', reason: 'is an address that may not be connected to' });
}

async function checkRule(section: AppSections['storage'], app: number, { rules }: AdminServices): Promise<void> {
  const rule = (await rules.current(app))?.rule;
  const fault = rule && ruleFault(rule, section.tencent_vod ? 'tencent-vod' : 'library');
  if (!fault) return;
  throw new AdminProblem(
    409,
    `The app's rule of auto recording does not fit this storage: ${fault.path} ${fault.reason}`,
  );
}

const removeCallback = defineRoute({
  method: 'DELETE',
  path: '/apps/{app}/callback',
  summary: 'Ends the callbacks of an app.',
  description: 'What waits to be sent is not sent any more.',
  params: byApp,
  answer: { status: 204, description: 'Nothing is told any more.' },
  problems: { 404: noApp },
  async handle({ params: { app } }, services, call) {
    requireEntry(services, app);
    await setSection(services, app, 'callback', null, call);
  },
});

/** Settings of an app, section by section. */
export const appSectionRoutes: readonly AdminRoute[] = [
  sectionRoute({ name: 'callback', summary: 'Sets where events of an app go.', body: callbackBody, hasSecrets: true }),
  removeCallback,
  sectionRoute({ name: 'limits', summary: 'Sets what an app may at most.', body: appSections.limits.unwrap() }),
  sectionRoute({
    name: 'storage',
    summary: 'Sets where the files of an app go.',
    body: appSections.storage.unwrap(),
    hasSecrets: true,
    async check(section, app, services) {
      checkEndpoint(section);
      await checkRule(section, app, services);
    },
  }),
  sectionRoute({
    name: 'playback',
    summary: 'Sets whether addresses of files are signed, and how long they hold.',
    body: playbackBody,
    hasSecrets: true,
  }),
  sectionRoute({ name: 'entry', summary: 'Sets what entering a room needs.', body: appSections.entry.unwrap() }),
  sectionRoute({
    name: 'naming',
    summary: 'Sets how files are named, of recordings that begin from now on.',
    body: appSections.naming.unwrap(),
  }),
];
