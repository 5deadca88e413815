import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { heldKeys, type Account, type App, type AppDirectory } from '../../config/apps.ts';
import { defaultCompat, type Compat } from '../../config/compat.ts';
import type { CreateAnswer, NewTask, StorageFile, TaskService } from '../../tasks/service.ts';
import { wallMs, type WallMs } from '../../units.ts';
import { byAnyKey } from '../../usersig/any-key.ts';
import type { PlanChange, RecordingPlan } from '../../worker-api/messages.ts';
import { apiVersions, defineAction, type Action } from '../action.ts';
import { apiError, type ApiError } from '../errors.ts';
import { optionalText, text, unsigned } from '../fields.ts';
import { ownedApp } from '../owned-app.ts';
import {
  checkCreate,
  checkLists,
  checkPlaces,
  checkWatermarks,
  createMissing,
  createSchema,
  type CreateRequest,
} from './create-request.ts';
import { entryRefusal } from './entry-refusal.ts';
import { layoutParamsSchema } from './layout-params.ts';
import { toLayoutPlan } from './layout-plan.ts';
import { toNewTask, toSubscription } from './new-task.ts';
import { subscribeSchema } from './record-params.ts';
import { refuseUnsupported, twoDestinations } from './unsupported.ts';

/** Judges a UserSig (contract §3); never throws on what a caller sent. */
export type VerifyUserSig = (args: {
  readonly sig: string;
  readonly userId: string;
  readonly sdkAppId: number;
  readonly secretKey: string;
  readonly nowMs: WallMs;
}) => { readonly ok: true; readonly expiresMs: number } | { readonly ok: false };

/** What the recording actions stand on. */
export interface RecordingServices {
  readonly apps: AppDirectory;
  readonly tasks: TaskService;
  readonly verifyUserSig: VerifyUserSig;
  readonly clock: Clock;
  /** The defaults of contract §0.2 when absent. */
  readonly compat?: Compat;
}

type Services = Required<RecordingServices>;

/** Recordings have a code of their own for a fault of ours (contract §2.10). */
const faultCode = 'InternalError.CRInternalError';

/** Parameters of Describe and Delete with their own MissingParameter code (contract §2.10). */
const taskMissing: ReadonlySet<string> = new Set(['RoomId', 'SdkAppId', 'TaskId', 'UserId']);

// Longer than any TaskId of this server or of the real one (contract §2.1); an unknown one is simply not found.
const taskId = text({ maxBytes: 1024 }).describe('As CreateCloudRecording answered it.');
const sdkAppIdField = unsigned().describe('App of the task.');
const taskAnswer = z.object({ TaskId: z.string().describe('Names the task.') });
const unknownTaskErrors = ['InvalidParameter.SdkAppId', 'ResourceNotFound', 'FailedOperation.TaskNotExist'] as const;

const storageFileAnswer = z.object({
  UserId: z.string().describe('Whose file it is; empty for a mix.'),
  FileName: z.string().describe('Its playlist.'),
  TrackType: z.enum(['audio', 'video', 'audio_video']).describe('What is in it.'),
  BeginTimeStamp: z.number().describe('When it began, in milliseconds.'),
});

/** The four recording actions over the given services (contract §2.1–2.9). */
export function recordingActions(options: RecordingServices): readonly Action[] {
  const services = { compat: defaultCompat, ...options };
  return [createAction(services), describeAction(services), modifyAction(services), deleteAction(services)];
}

const createAction = (services: Services): Action =>
  defineAction({
    name: 'CreateCloudRecording',
    version: apiVersions.trtc,
    faultCode,
    summary: 'Starts a recording of a room. The answer says that it was accepted; callback 301 says that it began.',
    schema: createSchema,
    answer: taskAnswer,
    errors: [
      'InvalidParameter.SdkAppId',
      'InvalidParameter.UserSig',
      'AuthFailure.UnauthorizedOperation',
      'FailedOperation.RestrictedConcurrency',
      'UnsupportedOperation',
    ],
    twoLevelMissing: createMissing,
    run: async (request, account) => {
      checkCreate(request);
      const app = ownedApp(services.apps, account, request.SdkAppId);
      checkSubApp(services.apps, account, request);
      refuseUnsupported(request, app.storage.kind, services.compat);
      return createTask(services, app, request, checkStart(services, app, request));
    },
  });

const describeAction = ({ apps, tasks, compat }: Services): Action =>
  defineAction({
    name: 'DescribeCloudRecording',
    version: apiVersions.trtc,
    faultCode,
    summary: 'Tells how a task does. One that has ended is not found; what it left was told by callbacks.',
    // RecorderKey names tasks that relay and record at once; there are none, and TaskId decides.
    schema: z.strictObject({
      SdkAppId: sdkAppIdField,
      TaskId: taskId,
      RecorderKey: optionalText({ maxBytes: 1024 }).describe('Not looked at.'),
    }),
    answer: taskAnswer.extend({
      Status: z.string().describe('`Idle`: nobody sends anything; `InProgress`; `Exited`: it is ending.'),
      StorageFileList: z
        .array(storageFileAnswer)
        .describe('Playlists in the bucket of a task with CloudStorage; empty for CloudVod.'),
    }),
    errors: unknownTaskErrors,
    twoLevelMissing: taskMissing,
    run: async ({ SdkAppId, TaskId }, account) => {
      const task = await tasks.describe(ownedApp(apps, account, SdkAppId).sdkAppId, TaskId);
      if (!task) throw unknownTask(compat);
      return { TaskId, Status: task.status, StorageFileList: task.files.map(storageFile) };
    },
  });

const storageFile = ({ userId, name, trackType, beginMs }: StorageFile): z.infer<typeof storageFileAnswer> => ({
  UserId: userId,
  FileName: name,
  TrackType: trackType,
  BeginTimeStamp: beginMs,
});

const modifyAction = ({ apps, tasks, compat }: Services): Action =>
  defineAction({
    name: 'ModifyCloudRecording',
    version: apiVersions.trtc,
    faultCode,
    summary:
      'Changes who is recorded and the layout while it records; files are not cut. What is left out goes back to its default: everybody, and a grid.',
    schema: modifySchema,
    answer: taskAnswer,
    errors: unknownTaskErrors,
    twoLevelMissing: taskMissing,
    run: async (request, account) => {
      checkLists(request.SubscribeStreamUserIds, '');
      const { sdkAppId } = ownedApp(apps, account, request.SdkAppId);
      const modified = await tasks.modify(sdkAppId, request.TaskId, (plan) => toPlanChange(request, plan, compat));
      if (!modified) throw unknownTask(compat);
      return { TaskId: request.TaskId };
    },
  });

const modifySchema = z.strictObject({
  SdkAppId: sdkAppIdField,
  TaskId: taskId,
  MixLayoutParams: layoutParamsSchema
    .optional()
    .describe('As in CreateCloudRecording; without effect on RecordMode 1.'),
  SubscribeStreamUserIds: subscribeSchema.optional().describe('As in RecordParams of CreateCloudRecording.'),
});

/** What is not in the request goes back to its default (contract §2.8); a single recording has no layout (Q12). */
function toPlanChange(request: z.infer<typeof modifySchema>, plan: RecordingPlan, compat: Compat): PlanChange {
  const layout = plan.mode === 'mixed' ? request.MixLayoutParams : undefined;
  if (layout) checkWatermarks(layout);
  if (layout) checkPlaces(layout, plan.video);
  return { layout: toLayoutPlan(layout, compat), subscription: toSubscription(request.SubscribeStreamUserIds) };
}

const deleteAction = ({ apps, tasks, compat }: Services): Action =>
  defineAction({
    name: 'DeleteCloudRecording',
    version: apiVersions.trtc,
    faultCode,
    summary:
      'Ends a recording. Its files are made and delivered after that; callback 312, or 305 and 310, ends the task.',
    schema: z.strictObject({ SdkAppId: sdkAppIdField, TaskId: taskId }),
    answer: taskAnswer,
    errors: unknownTaskErrors,
    twoLevelMissing: taskMissing,
    run: async ({ SdkAppId, TaskId }, account) => {
      const stopped = await tasks.stop(ownedApp(apps, account, SdkAppId).sdkAppId, TaskId);
      if (!stopped) throw unknownTask(compat);
      return { TaskId };
    },
  });

/** Describe, Modify and Delete of a task that is unknown or has ended (contract D-6). */
const unknownTask = ({ unknown_task: answer }: Compat): ApiError =>
  apiError(answer === 'task_not_exist' ? 'FailedOperation.TaskNotExist' : 'ResourceNotFound');

async function createTask(
  { tasks, compat }: Services,
  app: App,
  request: CreateRequest,
  start: Pick<NewTask, 'refusal' | 'sigUntilMs'>,
): Promise<z.infer<typeof taskAnswer>> {
  const created = await tasks.create({ ...toNewTask(request, compat), ...start });
  if (typeof created === 'string') throw tooManyTasks(created, app);
  return { TaskId: created.taskId };
}

const tooManyTasks = (why: Exclude<CreateAnswer, object>, { limits }: App): ApiError => {
  const reasons = {
    restricted: `the app has reached its limit of ${limits.concurrentTasks} at a time`,
    'library full': `the files of the app in the library have reached their limit of ${limits.libraryGb} GB`,
    'recorders busy': 'every recorder is as busy as it may be',
    'spools full': 'the disk of every recorder is nearly full, or its spool as large as it may be',
  };
  return apiError('FailedOperation.RestrictedConcurrency', { reason: reasons[why] });
};

/** A sub-application may have any number but that of somebody else's app: its files would land in that app's library. */
function checkSubApp(apps: AppDirectory, account: Account, { StorageParams }: CreateRequest): void {
  const subAppId = StorageParams.CloudVod?.TencentVod?.SubAppId;
  if (!subAppId || account.apps.includes(subAppId) || !apps.app(subAppId)) return;
  throw apiError('AuthFailure.UnauthorizedOperation', { parameter: 'StorageParams.CloudVod.TencentVod.SubAppId' });
}

/** Until when the bot may enter, or why a task that is accepted nevertheless never starts, which event 301 tells. */
function checkStart(services: Services, app: App, request: CreateRequest): Pick<NewTask, 'refusal' | 'sigUntilMs'> {
  const sigUntilMs = userSigEnd(services, app, request);
  const badSig = sigUntilMs === undefined ? 'the UserSig is not valid' : undefined;
  const refusal = twoDestinations(request) ?? badSig ?? entryRefusal(app, request, services.clock.wallMs());
  return refusal === undefined ? { sigUntilMs } : { refusal };
}

/** Undefined for one that is not valid, which is refused at once unless event 301 is to tell it (contract D-10). */
function userSigEnd(services: Services, app: App, request: CreateRequest): WallMs | undefined {
  const { verifyUserSig, clock, compat } = services;
  const { UserId: userId, UserSig: sig } = request;
  const { sdkAppId } = app;
  const nowMs = clock.wallMs();
  const checked = byAnyKey(heldKeys(app, nowMs), (secretKey) =>
    verifyUserSig({ sig, userId, sdkAppId, secretKey, nowMs }),
  );
  if (checked.ok) return wallMs(checked.expiresMs);
  if (compat.bad_user_sig === 'refuse') throw apiError('InvalidParameter.UserSig');
  return undefined;
}
