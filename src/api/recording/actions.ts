import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import type { Account, App, AppDirectory } from '../../config/apps.ts';
import type { TaskService } from '../../tasks/service.ts';
import type { WallMs } from '../../units.ts';
import { defineAction, type Action } from '../action.ts';
import type { ResponseFields } from '../envelope.ts';
import { apiError } from '../errors.ts';
import { optionalText, text, unsigned } from '../fields.ts';
import { checkCreate, createMissing, createSchema, type CreateRequest } from './create-request.ts';
import { toNewTask } from './new-task.ts';
import { refuseUnsupported } from './unsupported.ts';

/** Judges a UserSig (contract §3); never throws on what a caller sent. */
export type VerifyUserSig = (args: {
  readonly sig: string;
  readonly userId: string;
  readonly sdkAppId: number;
  readonly secretKey: string;
  readonly nowMs: WallMs;
}) => { readonly ok: boolean };

/** What the recording actions stand on. */
export interface RecordingServices {
  readonly apps: AppDirectory;
  readonly tasks: TaskService;
  readonly verifyUserSig: VerifyUserSig;
  readonly clock: Clock;
}

/** API version of the recording actions (contract §1.1). */
export const recordingVersion = '2019-07-22';

/** Parameters of Describe and Delete with their own MissingParameter code (contract §2.10). */
const taskMissing: ReadonlySet<string> = new Set(['RoomId', 'SdkAppId', 'TaskId', 'UserId']);

// Longer than any TaskId of this server or of the real one (contract §2.1); an unknown one is simply not found.
const taskId = text({ maxBytes: 1024 });

/** CreateCloudRecording, DescribeCloudRecording and DeleteCloudRecording over the given services. */
export const recordingActions = (services: RecordingServices): readonly Action[] => [
  createAction(services),
  describeAction(services),
  deleteAction(services),
];

const createAction = (services: RecordingServices): Action =>
  defineAction({
    name: 'CreateCloudRecording',
    version: recordingVersion,
    schema: createSchema,
    twoLevelMissing: createMissing,
    run: async (request, account) => {
      checkCreate(request);
      const app = ownedApp(services.apps, account, request.SdkAppId);
      checkSubApp(services.apps, account, request);
      refuseUnsupported(request);
      checkUserSig(services, app, request);
      return createTask(services.tasks, app, request);
    },
  });

const describeAction = ({ apps, tasks }: RecordingServices): Action =>
  defineAction({
    name: 'DescribeCloudRecording',
    version: recordingVersion,
    // RecorderKey names tasks that relay and record at once; there are none, and TaskId decides.
    schema: z.strictObject({ SdkAppId: unsigned(), TaskId: taskId, RecorderKey: optionalText({ maxBytes: 1024 }) }),
    twoLevelMissing: taskMissing,
    run: async ({ SdkAppId, TaskId }, account) => {
      const status = await tasks.describe(ownedApp(apps, account, SdkAppId).sdkAppId, TaskId);
      if (!status) throw apiError('ResourceNotFound');
      return { TaskId, Status: status, StorageFileList: [] };
    },
  });

const deleteAction = ({ apps, tasks }: RecordingServices): Action =>
  defineAction({
    name: 'DeleteCloudRecording',
    version: recordingVersion,
    schema: z.strictObject({ SdkAppId: unsigned(), TaskId: taskId }),
    twoLevelMissing: taskMissing,
    run: async ({ SdkAppId, TaskId }, account) => {
      const stopped = await tasks.stop(ownedApp(apps, account, SdkAppId).sdkAppId, TaskId);
      if (!stopped) throw apiError('ResourceNotFound');
      return { TaskId };
    },
  });

async function createTask(tasks: TaskService, app: App, request: CreateRequest): Promise<ResponseFields> {
  const created = await tasks.create(toNewTask(request));
  if (created === 'restricted') {
    throw apiError('FailedOperation.RestrictedConcurrency', { limit: app.limits.concurrentTasks });
  }
  return { TaskId: created.taskId };
}

/** An app that the account may act for; a foreign one looks like one that does not exist (contract C43). */
function ownedApp(apps: AppDirectory, account: Account, sdkAppId: number): App {
  const app = account.apps.includes(sdkAppId) ? apps.app(sdkAppId) : undefined;
  if (!app) throw apiError('InvalidParameter.SdkAppId');
  return app;
}

/** A sub-application may have any number but that of somebody else's app: its files would land in that app's library. */
function checkSubApp(apps: AppDirectory, account: Account, { StorageParams }: CreateRequest): void {
  const subAppId = StorageParams.CloudVod?.TencentVod?.SubAppId;
  if (!subAppId || account.apps.includes(subAppId) || !apps.app(subAppId)) return;
  throw apiError('AuthFailure.UnauthorizedOperation', { parameter: 'StorageParams.CloudVod.TencentVod.SubAppId' });
}

/** Refused at once rather than by event 301 (contract D-10). */
function checkUserSig({ verifyUserSig, clock }: RecordingServices, app: App, request: CreateRequest): void {
  const { UserId: userId, UserSig: sig } = request;
  const { sdkAppId, secretKey } = app;
  if (verifyUserSig({ sig, userId, sdkAppId, secretKey, nowMs: clock.wallMs() }).ok) return;
  throw apiError('InvalidParameter.UserSig');
}
