import { createHash, createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import fastifyServer from 'fastify';
import { FakeClock, type Clock } from '../../src/clock.ts';
import type { Account, App, AppDirectory } from '../../src/config/apps.ts';
import { defaultCompat, type Compat } from '../../src/config/compat.ts';
import { registerRecordingApi, type RecordingApiOptions } from '../../src/api/register.ts';
import type { MediaLibrary } from '../../src/library/library.ts';
import type {
  AppRefusal,
  CapacityRefusal,
  CreateAnswer,
  NewTask,
  TaskService,
  TaskStatus,
  StorageFile,
  TaskDescription,
} from '../../src/tasks/service.ts';
import type { PlanChange, RecordingPlan } from '../../src/worker-api/messages.ts';
import { signUserSig, verifyUserSig } from '../../src/usersig/verify.ts';

/** Account and key of contract §1.8, TV3. */
export const secretId = 'AKIDEXAMPLE0000000000000000000000000';
export const secretKey = 'SecretKeyExample0000000000000000';
export const sdkAppId = 1_400_000_000;
export const foreignAppId = 1_400_000_009;

const app = (id: number): App => ({
  sdkAppId: id,
  secretKey: `key of ${id}`,
  callback: undefined,
  storage: { kind: 'library' },
  limits: { concurrentTasks: 100, queriesPerSecond: 20, streamsPerTask: 25 },
});
const account: Account = { secretId, secretKey, apps: [sdkAppId] };
const apps = new Map([sdkAppId, foreignAppId].map((id) => [id, app(id)]));

export const directory: AppDirectory = {
  account: (id) => (id === secretId ? account : undefined),
  app: (id) => apps.get(id),
};

/** A UserSig made in November 2023 that stays valid for `expireS` seconds, ten years by default. */
export const userSig = (userId: string, expireS = 315_360_000): string =>
  signUserSig({ userId, sdkAppId, secretKey: `key of ${sdkAppId}`, nowMs: 1_700_000_000_000, expireS });

/** Tasks in memory: what was created is Idle until stopped. */
export class MemoryTasks implements TaskService {
  readonly created: NewTask[] = [];
  readonly #status = new Map<string, TaskStatus>();
  limit = Number.POSITIVE_INFINITY;
  refusal: CapacityRefusal | AppRefusal | undefined;
  fault: Error | undefined;
  readonly changes: PlanChange[] = [];
  /** What every task has in its bucket. */
  files: readonly StorageFile[] = [];

  async create(task: NewTask): Promise<CreateAnswer> {
    if (this.fault) throw this.fault;
    if (this.created.length >= this.limit) return 'restricted';
    if (this.refusal) return this.refusal;
    this.created.push(task);
    const taskId = `-task+${this.created.length}..`;
    this.#status.set(`${task.room.sdkAppId}/${taskId}`, 'Idle');
    return { taskId };
  }

  async describe(sdkAppId: number, taskId: string): Promise<TaskDescription | undefined> {
    if (this.fault) throw this.fault;
    const status = this.#status.get(`${sdkAppId}/${taskId}`);
    return status && { status, files: this.files };
  }

  async modify(
    sdkAppId: number,
    taskId: string,
    change: (plan: RecordingPlan) => PlanChange,
  ): Promise<{ revision: number } | undefined> {
    if (!this.#status.has(`${sdkAppId}/${taskId}`)) return undefined;
    const { plan } = this.created.at(-1)!;
    this.changes.push(change(plan));
    return { revision: this.changes.length };
  }

  async stop(sdkAppId: number, taskId: string): Promise<boolean> {
    return this.#status.delete(`${sdkAppId}/${taskId}`);
  }
}

/** Rooms that nobody is in. */
const emptyRooms: RecordingApiOptions['rooms'] = {
  control: { dismiss: async () => false, remove: async () => false },
  presence: {
    sessions: async () => ({ total: 0, sessions: [] }),
    visits: async () => ({ total: 0, visits: [] }),
  },
};

/** A library without files. */
const emptyLibrary: MediaLibrary = {
  files: async () => [],
  search: async () => ({ total: 0, files: [] }),
  remove: async () => false,
  hasSubApp: async () => false,
};

export type Json = Record<string, unknown>;

export interface Answer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly text: string;
  readonly response: Json;
  readonly code: string | undefined;
  readonly message: string;
}

export interface WireRequest {
  readonly method?: string;
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

export interface ApiUnderTest {
  readonly port: number;
  readonly host: string;
  readonly tasks: MemoryTasks;
  readonly log: { level: string; fields: object; message: string }[];
  /** Sends a request exactly as given. */
  send(request: WireRequest): Promise<Answer>;
  /** Sends a correctly signed POST. Each call has a second of its own unless the clock is real. */
  call(action: string, parameters: unknown): Promise<Answer>;
}

/** A listening API on a free port, closed when the test file ends. */
export async function startApi(
  options: {
    clock?: Clock;
    regions?: readonly string[];
    rooms?: RecordingApiOptions['rooms'];
    usage?: RecordingApiOptions['usage'];
    library?: MediaLibrary;
    apps?: AppDirectory;
    compat?: Partial<Compat>;
  } = {},
): Promise<ApiUnderTest> {
  const clock = options.clock ?? new FakeClock();
  const tasks = new MemoryTasks();
  const log: ApiUnderTest['log'] = [];
  const keep = (level: string) => (fields: object, message: string) => void log.push({ level, fields, message });
  // As the server role sets it: a signed GET may carry 32 KB of query.
  const server = fastifyServer({ http: { maxHeaderSize: 64 * 1024 } });
  server.post('/other', (request, reply) => reply.send({ parsed: request.body }));
  await registerRecordingApi(server, {
    apps: options.apps ?? directory,
    tasks,
    verifyUserSig,
    rooms: options.rooms ?? emptyRooms,
    usage: options.usage ?? { recorded: async () => [] },
    library: options.library ?? emptyLibrary,
    clock,
    log: { debug: keep('debug'), info: keep('info'), error: keep('error') },
    ...(options.regions ? { regions: options.regions } : {}),
    ...(options.compat ? { compat: { ...defaultCompat, ...options.compat } } : {}),
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  after(() => server.close());
  const { port } = server.server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  const send = (request: WireRequest) => sendTo(port, request);
  const call = (action: string, parameters: unknown) => {
    if (clock instanceof FakeClock) clock.advance(1000);
    return send(signedCall(host, action, JSON.stringify(parameters), clock));
  };
  return { port, host, tasks, log, send, call };
}

/** One action as the Python and Go SDKs send it: host with port, service trtc. */
export function signedCall(host: string, action: string, body: string | Buffer, clock: Clock): WireRequest {
  const timestamp = Math.floor(clock.wallMs() / 1000);
  const headers = { 'content-type': 'application/json', host };
  return {
    body,
    headers: {
      ...headers,
      'x-tc-action': action,
      'x-tc-version': '2019-07-22',
      'x-tc-timestamp': String(timestamp),
      authorization: sign({ headers, body, timestamp }),
    },
  };
}

export interface SignInput {
  readonly method?: string;
  readonly query?: string;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
  readonly timestamp: number;
  readonly service?: string;
  readonly id?: string;
  readonly key?: string;
}

/** A signer written from contract §1.2 alone, apart from the code under test. `headers` are the signed ones. */
export function sign(input: SignInput): string {
  const { method = 'POST', query = '', headers, body, timestamp, service = 'trtc', id = secretId } = input;
  const names = Object.keys(headers).join(';');
  const block = Object.entries(headers)
    .map(([name, value]) => `${name}:${value}\n`)
    .join('');
  const canonical = `${method}\n/\n${query}\n${block}\n${names}\n${hash(body)}`;
  const date = new Date(timestamp * 1000).toISOString().slice(0, 10);
  const text = `TC3-HMAC-SHA256\n${timestamp}\n${date}/${service}/tc3_request\n${hash(canonical)}`;
  const keys = [date, service, 'tc3_request', text];
  const signature = keys.reduce<string | Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    `TC3${input.key ?? secretKey}`,
  );
  return `TC3-HMAC-SHA256 Credential=${id}/${date}/${service}/tc3_request, SignedHeaders=${names}, Signature=${signature.toString('hex')}`;
}

const hash = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Sends a request exactly as given to a port of loopback. */
export function sendTo(
  port: number,
  { method = 'POST', query = '', headers = {}, body = '' }: WireRequest,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const path = query ? `/?${query}` : '/';
    const outgoing = httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve(toAnswer(incoming.statusCode ?? 0, incoming.headers['content-type'], text));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(method === 'GET' || method === 'HEAD' ? undefined : body);
  });
}

function toAnswer(status: number, contentType: string | undefined, text: string): Answer {
  const { Response: response = {} } = (text ? JSON.parse(text) : {}) as { Response?: Json };
  const error = response['Error'] as { Code: string; Message: string } | undefined;
  return { status, contentType, text, response, code: error?.Code, message: error?.Message ?? '' };
}

/** BASE of contract §9 with changes laid over it; a change of `undefined` drops the member, objects are merged. */
export function base(changes: Json = {}): Json {
  return merge(
    {
      SdkAppId: sdkAppId,
      RoomId: '10001',
      RoomIdType: 1,
      UserId: 'recorder_10001',
      UserSig: userSig('recorder_10001'),
      RecordParams: { RecordMode: 2 },
      StorageParams: { CloudVod: { TencentVod: { ExpireTime: 0 } } },
    },
    changes,
  );
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function merge(onto: Json, changes: Json): Json {
  const result = { ...onto };
  for (const [name, change] of Object.entries(changes)) {
    const old = result[name];
    if (change === undefined) delete result[name];
    else result[name] = isObject(old) && isObject(change) ? merge(old, change) : change;
  }
  return result;
}
