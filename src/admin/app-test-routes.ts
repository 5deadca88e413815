import { z } from 'zod';
import { withKeptSecrets } from '../apps/section-secrets.ts';
import { appSections, type AppSections, type SectionName } from '../apps/sections.ts';
import { bucketOf, type RuleBucket } from '../auto-record/new-auto-task.ts';
import { HIDDEN_SECRET, ruleBucket } from '../auto-record/rule.ts';
import { bucketFault } from '../auto-record/rule-fault.ts';
import { HiddenSecretError } from '../auto-record/secrets.ts';
import { targetOfGroup, toStorage } from '../config/directory.ts';
import { noApp, requireEntry, unfit } from './app-access.ts';
import { byApp } from './app-routes.ts';
import { callbackBody } from './app-section-routes.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';
import type { AdminServices } from './services.ts';

const callbackTest = z
  .object({
    url: z.string().describe('Without user-info and values of the query.'),
    eventType: z.int(),
    status: z.int().optional().describe('HTTP status; absent when there was no answer.'),
    durationMs: z.int(),
    answer: z.string().describe('Beginning of the answer.'),
    error: z.string().optional().describe('Why it failed; absent when the receiver took it.'),
    finding: z
      .enum([
        'ok',
        'address-refused',
        'unknown-host',
        'no-connection',
        'tls',
        'timeout',
        'redirect',
        'unauthorized',
        'not-found',
        'receiver-failed',
        'status',
      ])
      .describe('What to look at.'),
  })
  .meta({ id: 'CallbackTest' });

const storageTest = z
  .object({
    finding: z
      .enum([
        'ok',
        'little-space',
        'write-only',
        'not-writable',
        'keys-only',
        'wrong-keys',
        'denied',
        'no-sub-app',
        'no-bucket',
        'address',
        'unreachable',
        'timeout',
        'checksum',
        'store',
      ])
      .describe(
        'What to look at. keys-only: the keys are right and may not list sub-applications; write-only: uploads work, and the object of the test stayed.',
      ),
    steps: z
      .array(
        z.object({
          step: z.enum(['space', 'write', 'read', 'delete', 'sign-in', 'sub-app']),
          isOk: z.boolean(),
          durationMs: z.int(),
        }),
      )
      .readonly()
      .describe('What was tried, in order.'),
    error: z.string().optional().describe('What the storage said.'),
    freeMb: z.number().optional().describe('Free space in MiB, of the library.'),
  })
  .meta({ id: 'StorageTest' });

/** A test of a callback, as it is answered. */
export type CallbackTestView = z.output<typeof callbackTest>;
/** A test of storage, as it is answered. */
export type StorageTestView = z.output<typeof storageTest>;

/** What a test is of: what the request brings, its hidden secrets being those that are kept, or what holds. */
function wanted<Name extends SectionName>(
  services: AdminServices,
  app: number,
  name: Name,
  given: AppSections[Name] | undefined,
): AppSections[Name] {
  const held = requireEntry(services, app).sections[name];
  return given === undefined ? held : kept(() => withKeptSecrets(name, given, held), `${name}.`);
}

function kept<T>(keep: () => T, prefix: string): T {
  try {
    return keep();
  } catch (error) {
    if (!(error instanceof HiddenSecretError)) throw error;
    throw unfit({
      path: `${prefix}${error.path}`,
      reason: 'is written as hidden, and there is no secret that could stay',
    });
  }
}

const testCallback = defineRoute({
  method: 'POST',
  path: '/apps/{app}/callback/test',
  summary: "Sends one event to an app's receiver that says it is a test.",
  description:
    'As real events are sent and signed, once. EventType is 99 of its group (399 for recordings, 199 for rooms, 299 for media), its room, user and task are called `roomtape.test`, and `Test` is true in its payload.',
  params: byApp,
  body: z.strictObject({
    group: z.enum(['recording', 'room', 'media']).default('recording'),
    callback: callbackBody.optional().describe('Where it goes. Default: where the events of the app go.'),
  }),
  hasSecrets: true,
  answer: { status: 200, description: 'What became of it.', schema: callbackTest },
  problems: { 404: noApp, 409: 'The app has no callback.' },
  async handle({ params: { app }, body: { group, callback } }, services) {
    const held = wanted(services, app, 'callback', callback);
    if (held === null) throw new AdminProblem(409, 'The app has no callback that could be tested.');
    return services.callbackTester.send(app, group, targetOfGroup(held, group));
  },
});

const testStorage = defineRoute({
  method: 'POST',
  path: '/apps/{app}/storage/test',
  summary: 'Tries the storage of an app.',
  description:
    'The library: a file is written and removed. Tencent VOD: the sub-applications of the account are asked for, which writes nothing.',
  params: byApp,
  body: z.strictObject({ storage: appSections.storage.unwrap().optional().describe('Default: what holds.') }),
  hasSecrets: true,
  answer: { status: 200, description: 'What was found.', schema: storageTest },
  problems: { 404: noApp },
  async handle({ params: { app }, body }, services) {
    const storage = toStorage(wanted(services, app, 'storage', body.storage));
    const { storageTester } = services;
    return storage.kind === 'library' ? storageTester.library() : storageTester.tencentVod(storage);
  },
});

const testBucket = defineRoute({
  method: 'POST',
  path: '/apps/{app}/bucket/test',
  summary: 'Tries a bucket: a small object is written, looked for and removed.',
  description: `By default the bucket of the app's rule of auto recording, whose secret is also meant by \`${HIDDEN_SECRET}\`.`,
  params: byApp,
  body: z.strictObject({ bucket: ruleBucket.optional() }),
  hasSecrets: true,
  answer: { status: 200, description: 'What was found.', schema: storageTest },
  problems: { 404: noApp, 409: 'The app has no rule with a bucket.' },
  async handle({ params: { app }, body }, services) {
    requireEntry(services, app);
    const held = (await services.rules.current(app))?.rule?.storage.bucket;
    const bucket = body.bucket ? withKeptKey(body.bucket, held) : held;
    if (!bucket) throw new AdminProblem(409, 'The app has no rule with a bucket that could be tested.');
    const fault = bucketFault(bucket);
    if (fault) throw unfit({ ...fault, path: `bucket.${fault.path}` });
    return services.storageTester.bucket(bucketOf(bucket));
  },
});

function withKeptKey(bucket: RuleBucket, held: RuleBucket | undefined): RuleBucket {
  if (bucket.secret_key !== HIDDEN_SECRET) return bucket;
  return kept(() => {
    if (!held) throw new HiddenSecretError('secret_key');
    return { ...bucket, secret_key: held.secret_key };
  }, 'bucket.');
}

/** Tries of what an app is set to. */
export const appTestRoutes: readonly AdminRoute[] = [testCallback, testStorage, testBucket];
