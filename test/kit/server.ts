import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommittedFile } from '../../src/demo/receiver.ts';
import { startRoomtape, type RoomtapeProcess } from '../../src/demo/roomtape-process.ts';
import { signUserSig } from '../../src/usersig/verify.ts';
import { CallbackReceiver, type CallbackEvent } from './callback-receiver.ts';

/** The app and account that every end-to-end test uses. */
export const SDK_APP_ID = 1_400_000_000;
const APP_SECRET = '5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e';
const SECRET_ID = 'AKIDEXAMPLE0000000000000000000000000';
const SECRET_KEY = 'SecretKeyExample0000000000000000';
const CALLBACK_KEY = 'recordkey';

/** What must not be said anywhere of the app and the account that every end-to-end test uses. */
export const testSecrets = { APP_SECRET, SECRET_KEY, CALLBACK_KEY } as const;

/** The official SDK's client, as far as the tests use it. */
export interface SdkClient {
  CreateCloudRecording(request: object): Promise<{ TaskId: string; RequestId: string }>;
  DescribeCloudRecording(request: object): Promise<{ TaskId: string; Status: string; StorageFileList: unknown[] }>;
  ModifyCloudRecording(request: object): Promise<{ TaskId: string; RequestId: string }>;
  DeleteCloudRecording(request: object): Promise<{ TaskId: string; RequestId: string }>;
}

/** Where callbacks go, as the configuration writes it. */
export interface CallbackSetting {
  readonly url: string;
  readonly key: string;
}

/** A room as the tests name it; `kind` follows the id unless told. */
export interface TestRoom {
  readonly roomId: string;
  readonly kind?: 'number' | 'string';
}

/** Where a server has its data, and where its log goes. */
export interface Place {
  readonly dataDir: string;
  readonly logFile: string;
}

function freshPlace(): Place {
  const dataDir = mkdtempSync(join(tmpdir(), 'roomtape-e2e-'));
  return { dataDir, logFile: join(dataDir, 'server.log') };
}

/** A whole server started as `npm start` would, with a callback receiver and the official SDK pointed at it. */
export class TestServer {
  #process: RoomtapeProcess;
  readonly #env: Readonly<Record<string, string>>;
  readonly receiver: CallbackReceiver;
  readonly client: SdkClient;
  readonly dataDir: string;
  /** What all processes logged. */
  readonly logFile: string;

  private constructor(
    process: RoomtapeProcess,
    receiver: CallbackReceiver,
    { dataDir, logFile }: Place,
    env: Readonly<Record<string, string>>,
  ) {
    this.#process = process;
    this.#env = env;
    this.receiver = receiver;
    this.dataDir = dataDir;
    this.logFile = logFile;
    this.client = sdkClient(new URL(process.url).host);
  }

  /**
   * Starts on a data directory, a fresh one unless told; `more` adds configuration overrides, which may need to know the
   * callback's target.
   */
  static async start(
    more: Readonly<Record<string, string>> | ((callback: CallbackSetting) => Readonly<Record<string, string>>) = {},
    place: Place = freshPlace(),
  ): Promise<TestServer> {
    const { dataDir, logFile } = place;
    const receiver = await CallbackReceiver.start({ key: CALLBACK_KEY });
    const callback = { url: receiver.url, key: CALLBACK_KEY };
    const own = {
      ROOMTAPE_APPS: JSON.stringify([{ sdk_app_id: SDK_APP_ID, secret_key: APP_SECRET, callback }]),
      ROOMTAPE_ACCOUNTS: JSON.stringify([{ secret_id: SECRET_ID, secret_key: SECRET_KEY, apps: [SDK_APP_ID] }]),
    };
    const all = { ...own, ...(typeof more === 'function' ? more(callback) : more) };
    const process = await startRoomtape({ dataDir, port: 0, env: all, logFile }).catch(async (error: unknown) => {
      // What still listens would keep a failed test from ending.
      await receiver.close();
      throw error;
    });
    return new TestServer(process, receiver, place, all);
  }

  /** The running server. */
  get process(): RoomtapeProcess {
    return this.#process;
  }

  /** Drains the server by SIGTERM and starts it again on the same data directory and port. */
  async restart(): Promise<void> {
    await this.#process.stop();
    await this.startAgain();
  }

  /** Starts the server, which has ended, on the same data directory and port. */
  async startAgain(): Promise<void> {
    const port = Number(new URL(this.#process.url).port);
    const { dataDir, logFile } = this;
    this.#process = await startRoomtape({ dataDir, port, env: this.#env, logFile });
  }

  /** A UserSig of the test app. */
  sign(userId: string): string {
    return signUserSig({ userId, sdkAppId: SDK_APP_ID, secretKey: APP_SECRET, nowMs: Date.now(), expireS: 3600 });
  }

  /** Where and as whom a user publishes. */
  whip(room: TestRoom, userId: string, media: 'main' | 'aux' = 'main'): { url: string; token: string } {
    const kind = room.kind ? `&room_type=${room.kind}` : '';
    const path = `/whip/${SDK_APP_ID}/${encodeURIComponent(room.roomId)}/${encodeURIComponent(userId)}`;
    return { url: `${this.process.url}${path}?media=${media}${kind}`, token: this.sign(userId) };
  }

  /** Starts a recording through the SDK; `more` is merged into the request. */
  async record(
    room: TestRoom,
    mode: 1 | 2,
    more: Readonly<Record<string, unknown>> = {},
    bot = `recorder_${mode}`,
  ): Promise<string> {
    const { RecordParams = {}, ...rest } = more;
    const created = await this.client.CreateCloudRecording({
      SdkAppId: SDK_APP_ID,
      RoomId: room.roomId,
      RoomIdType: room.kind === 'string' || !/^\d+$/.test(room.roomId) ? 0 : 1,
      UserId: bot,
      UserSig: this.sign(bot),
      RecordParams: { RecordMode: mode, MaxIdleTime: 30, ...(RecordParams as object) },
      StorageParams: { CloudVod: { TencentVod: { ExpireTime: 0 } } },
      ...rest,
    });
    return created.TaskId;
  }

  /** Starts a recording in another app of the account, whose secret is `key of <id>`. */
  async recordIn(sdkAppId: number, room: TestRoom, bot = 'recorder'): Promise<string> {
    const secretKey = `key of ${sdkAppId}`;
    const { TaskId } = await this.client.CreateCloudRecording({
      SdkAppId: sdkAppId,
      RoomId: room.roomId,
      UserId: bot,
      UserSig: signUserSig({ userId: bot, sdkAppId, secretKey, nowMs: Date.now(), expireS: 3600 }),
      RecordParams: { RecordMode: 1, MaxIdleTime: 600 },
      StorageParams: { CloudVod: { TencentVod: { ExpireTime: 0 } } },
    });
    return TaskId;
  }

  /** Describe's Status. */
  async status(taskId: string): Promise<string> {
    return (await this.client.DescribeCloudRecording({ SdkAppId: SDK_APP_ID, TaskId: taskId })).Status;
  }

  /** Resolves when Describe gives that status. */
  async untilStatus(taskId: string, status: string, timeoutMs = 15_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while ((await this.status(taskId)) !== status) {
      if (Date.now() > deadline) throw new Error(`the task was not ${status} within ${timeoutMs} ms`);
      await new Promise((resume) => setTimeout(resume, 200));
    }
  }

  /** Stops the task through the SDK and resolves with its events when 312 has come. */
  async stop(taskId: string, timeoutMs = 60_000): Promise<CallbackEvent[]> {
    await this.client.DeleteCloudRecording({ SdkAppId: SDK_APP_ID, TaskId: taskId });
    return this.ended(taskId, timeoutMs);
  }

  /** Resolves with the task's events when 312 has come. */
  async ended(taskId: string, timeoutMs = 60_000): Promise<CallbackEvent[]> {
    await this.receiver.waitForEvent(taskId, 312, timeoutMs);
    return this.receiver.events(taskId);
  }

  /** Downloads a finished file by its VideoUrl. */
  async download(file: CommittedFile): Promise<string> {
    const answer = await fetch(file.VideoUrl);
    if (answer.status !== 200) throw new Error(`${file.VideoUrl} answered ${answer.status}`);
    const { writeFile } = await import('node:fs/promises');
    const path = join(this.dataDir, file.CacheFile);
    await writeFile(path, Buffer.from(await answer.arrayBuffer()));
    return path;
  }

  /** Drains the server and removes its data. */
  async close(): Promise<void> {
    await this.process.stop();
    await this.receiver.close();
    if (!process.env['KEEP_E2E']) rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** The files that events 311 with Status 0 announced. */
export function committedFiles(events: readonly CallbackEvent[]): CommittedFile[] {
  const committed = events.filter((event) => event.EventType === 311 && event.EventInfo.Payload['Status'] === 0);
  return committed.map((event) => event.EventInfo.Payload['TencentVod'] as CommittedFile);
}

/** A client of the test account, which signs by its key of the configuration unless told. */
export function sdkClient(endpoint: string, secretKey: string = SECRET_KEY): SdkClient {
  const load = createRequire(import.meta.url);
  const sdk = load('tencentcloud-sdk-nodejs/tencentcloud/services/trtc') as {
    trtc: { v20190722: { Client: new (config: object) => SdkClient } };
  };
  const httpProfile = { endpoint, protocol: 'http://', reqMethod: 'POST', reqTimeout: 20 };
  const credential = { secretId: SECRET_ID, secretKey };
  return new sdk.trtc.v20190722.Client({ credential, region: 'ap-guangzhou', profile: { httpProfile } });
}
