import { createRequire } from 'node:module';

/** The two calls of the recording API that the demo makes, and the question in between. */
export interface RecordingClient {
  create(mode: 'single' | 'mixed', bot: { userId: string; userSig: string }): Promise<string>;
  status(taskId: string): Promise<string>;
  stop(taskId: string): Promise<void>;
}

/** Where and as whom to call. */
export interface RecordingClientOptions {
  /** Host and port, as the SDK's `endpoint`. */
  readonly endpoint: string;
  readonly secretId: string;
  readonly secretKey: string;
  readonly sdkAppId: number;
  readonly roomId: string;
}

interface SdkClient {
  CreateCloudRecording(request: unknown): Promise<{ TaskId: string }>;
  DescribeCloudRecording(request: unknown): Promise<{ Status: string }>;
  DeleteCloudRecording(request: unknown): Promise<unknown>;
}

/** The stock Tencent Cloud SDK with nothing changed but the endpoint. */
export function recordingClient(options: RecordingClientOptions): RecordingClient {
  const { sdkAppId, roomId } = options;
  const sdk = openSdk(options);
  return {
    create: async (mode, bot) => (await sdk.CreateCloudRecording(createRequest(mode, sdkAppId, roomId, bot))).TaskId,
    status: async (taskId) => (await sdk.DescribeCloudRecording({ SdkAppId: sdkAppId, TaskId: taskId })).Status,
    stop: async (taskId) => void (await sdk.DeleteCloudRecording({ SdkAppId: sdkAppId, TaskId: taskId })),
  };
}

function createRequest(
  mode: 'single' | 'mixed',
  sdkAppId: number,
  roomId: string,
  bot: { userId: string; userSig: string },
) {
  const single = { RecordParams: { RecordMode: 1, MaxIdleTime: 30 } };
  const mixed = {
    RecordParams: { RecordMode: 2, MaxIdleTime: 30 },
    MixTranscodeParams: {
      VideoParams: { Width: 1280, Height: 720, Fps: 15, BitRate: 1_500_000, Gop: 5 },
      AudioParams: { SampleRate: 1, Channel: 2, BitRate: 96_000 },
    },
    MixLayoutParams: { MixLayoutMode: 3 },
  };
  return {
    SdkAppId: sdkAppId,
    RoomId: roomId,
    RoomIdType: 1,
    UserId: bot.userId,
    UserSig: bot.userSig,
    StorageParams: { CloudVod: { TencentVod: { ExpireTime: 0 } } },
    ...(mode === 'single' ? single : mixed),
  };
}

function openSdk(options: RecordingClientOptions): SdkClient {
  // The SDK is CommonJS; its types would pull every product of the vendor into the type check.
  const load = createRequire(import.meta.url);
  const { trtc } = load('tencentcloud-sdk-nodejs/tencentcloud/services/trtc') as {
    trtc: { v20190722: { Client: new (config: unknown) => SdkClient } };
  };
  return new trtc.v20190722.Client({
    credential: { secretId: options.secretId, secretKey: options.secretKey },
    region: 'ap-guangzhou',
    profile: { httpProfile: { endpoint: options.endpoint, protocol: 'http://', reqMethod: 'POST', reqTimeout: 20 } },
  });
}
