import { trtc } from 'tencentcloud-sdk-nodejs/tencentcloud/services/trtc/index.js';
import {
  foreignAppId,
  sdkAppId,
  secretId,
  secretKey,
  sendTo,
  type Answer,
  type WireRequest,
} from '../api/recording-api.ts';
import { TestServer } from '../kit/server.ts';

/** The official SDK's client. */
export type SdkClient = InstanceType<typeof trtc.v20190722.Client>;

/** Calls Create with fields as they are: cases send what the SDK's types forbid. */
export const createRecording = (client: SdkClient, request: object): ReturnType<SdkClient['CreateCloudRecording']> =>
  client.CreateCloudRecording(request as unknown as Parameters<SdkClient['CreateCloudRecording']>[0]);

/** An app whose limits are the contract's, with an account of its own. */
export const plainAppId = 1_400_000_002;
/** That account. */
export const plainAccount = { secretId: 'AKIDplain', secretKey: 'key of the plain account' };

const app = (id: number, more: object = {}) => ({ sdk_app_id: id, secret_key: `key of ${id}`, ...more });

/** A server as `npm start` runs it, with the account and apps that contract §9 speaks of. */
export function startApiServer(more: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  // Hundreds of calls are made within seconds; the limits themselves are tested with the plain app.
  const wide = { limits: { concurrent_tasks: 10_000, queries_per_second: 10_000 } };
  return TestServer.start((callback) => ({
    ROOMTAPE_APPS: JSON.stringify([
      app(sdkAppId, { ...wide, callback }),
      app(foreignAppId),
      app(plainAppId, { callback }),
    ]),
    ROOMTAPE_ACCOUNTS: JSON.stringify([
      { secret_id: secretId, secret_key: secretKey, apps: [sdkAppId] },
      { secret_id: plainAccount.secretId, secret_key: plainAccount.secretKey, apps: [plainAppId] },
    ]),
    ...more,
  }));
}

/** How a client of the official SDK calls. */
export interface SdkTransport {
  readonly signMethod?: 'TC3-HMAC-SHA256' | 'HmacSHA1' | 'HmacSHA256';
  readonly reqMethod?: 'GET' | 'POST';
  readonly credential?: { readonly secretId: string; readonly secretKey: string };
}

/** A client of the official Node SDK with nothing changed but the endpoint. */
export function sdkClient(endpoint: string, transport: SdkTransport = {}): SdkClient {
  const { signMethod = 'TC3-HMAC-SHA256', reqMethod = 'POST', credential = { secretId, secretKey } } = transport;
  const httpProfile = { endpoint, protocol: 'http://', reqMethod, reqTimeout: 20 } as const;
  return new trtc.v20190722.Client({ credential, region: 'ap-guangzhou', profile: { signMethod, httpProfile } });
}

/** Host and port of a server. */
export const hostOf = (server: TestServer): string => new URL(server.process.url).host;

/** Sends a request exactly as given. */
export const sendRaw = (server: TestServer, request: WireRequest): Promise<Answer> =>
  sendTo(Number(new URL(server.process.url).port), request);

/** What a call of the SDK came to: `ok`, or the code it threw. */
export async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'ok';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
