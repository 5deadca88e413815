import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { request } from 'undici';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { AppDirectory } from '../config/apps.ts';
import type { Installation } from '../process/installation.ts';
import type { RoomKey } from '../room-key.ts';
import type { TaskQueries, TaskView } from '../tasks/queries.ts';
import type { TaskService } from '../tasks/service.ts';
import { signUserSig } from '../usersig/verify.ts';
import type { RecordingPlan } from '../worker-api/messages.ts';
import type { RoomsAddress } from './rooms-proxy.ts';

/** What the demo page needs of the server. */
export interface DemoPageOptions {
  readonly installation: Installation;
  readonly apps: AppDirectory;
  readonly tasks: TaskService;
  readonly queries: TaskQueries;
  readonly rooms: RoomsAddress;
  readonly clock: Clock;
}

const ASSETS: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'demo.css': 'text/css; charset=utf-8',
  'demo.js': 'text/javascript; charset=utf-8',
  'texts.js': 'text/javascript; charset=utf-8',
  'whip.js': 'text/javascript; charset=utf-8',
};
const TICKET_SECONDS = 3600;
const LISTED_TASKS = 10;

const roomId = z.string().trim().min(1).max(64);
const ticketBody = z.strictObject({
  room: roomId,
  user: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, 'Use letters, digits, _ and -'),
});
const recordingBody = z.strictObject({ room: roomId, mode: z.enum(['single', 'mixed']) });
const recordingQuery = z.object({ room: roomId });

/**
 * The page at `/demo/` and its small API, for the first app of the installation. Errors are problem documents (RFC 9457).
 * Only for a server that its own machine's users reach: whoever opens the page may publish and record.
 */
export async function registerDemoPage(http: FastifyInstance, options: DemoPageOptions): Promise<void> {
  await http.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => problem(reply, error));
    registerAssets(scope);
    registerDemoApi(scope, options);
  });
}

function registerAssets(scope: FastifyInstance): void {
  scope.get('/demo', (_request, reply) => reply.redirect('/demo/'));
  scope.get<{ Params: { '*': string } }>('/demo/*', async ({ params }, reply) => {
    const name = params['*'] || 'index.html';
    const type = ASSETS[name];
    if (!type) return reply.callNotFound();
    return reply.type(type).send(await readFile(new URL(`demo-page/${name}`, import.meta.url)));
  });
}

function registerDemoApi(scope: FastifyInstance, options: DemoPageOptions): void {
  const { installation, tasks, queries, clock, rooms } = options;
  const app = installation.config.apps[0]!;
  scope.post('/demo/api/tickets', ({ body }) => {
    const { room, user } = ticketBody.parse(body);
    const { sdk_app_id: sdkAppId, secret_key: secretKey } = app;
    const userSig = signUserSig({
      userId: user,
      sdkAppId,
      secretKey,
      nowMs: clock.wallMs(),
      expireS: TICKET_SECONDS,
    });
    return { userSig, whipUrl: `/whip/${sdkAppId}/${encodeURIComponent(room)}/${encodeURIComponent(user)}` };
  });
  scope.get<{ Params: { room: string } }>('/demo/api/rooms/:room', ({ params }) =>
    anchorsOf(rooms, roomKey(app.sdk_app_id, params.room)),
  );
  scope.get('/demo/api/recordings', async ({ query }) => {
    const room = roomKey(app.sdk_app_id, recordingQuery.parse(query).room);
    const listed = await queries.listTasks({ sdkAppId: app.sdk_app_id });
    const own = listed.filter((task) => task.room.roomId === room.roomId && task.room.kind === room.kind);
    return { tasks: own.slice(0, LISTED_TASKS).map(taskSummary) };
  });
  scope.post('/demo/api/recordings', async ({ body }) => {
    const { room, mode } = recordingBody.parse(body);
    return startRecording(tasks, roomKey(app.sdk_app_id, room), mode, clock.wallMs());
  });
  scope.delete<{ Params: { '*': string } }>('/demo/api/recordings/*', async ({ params }, reply) =>
    (await tasks.stop(app.sdk_app_id, params['*']))
      ? { stopped: true }
      : reply.code(404).send({ title: 'No such recording' }),
  );
}

/** A room is numeric when its id is all digits, as in WHIP paths (design §4). */
function roomKey(sdkAppId: number, id: string): RoomKey {
  return { sdkAppId, kind: /^[1-9]\d{0,9}$/.test(id) ? 'number' : 'string', roomId: id };
}

async function startRecording(tasks: TaskService, room: RoomKey, mode: 'single' | 'mixed', now: number) {
  const vod = { subAppId: room.sdkAppId, expireSeconds: 0, userDefineRecordId: undefined };
  const created = await tasks.create({
    room,
    botUserId: `demo_${mode}_${now}`,
    plan: demoPlan(mode),
    vod,
    resourceExpiredHours: 72,
  });
  if (created === 'restricted') throw Object.assign(new Error('Too many recordings are running'), { statusCode: 429 });
  return created;
}

function demoPlan(mode: 'single' | 'mixed'): RecordingPlan {
  return {
    mode,
    maxIdleSeconds: 60,
    streams: 'audio-video',
    media: ['main', 'aux'],
    video: { width: 1280, height: 720, fps: 15, bitrate: 1_500_000, gopSeconds: 5 },
    audio: { sampleRate: 48_000, channels: 2, bitrate: 96_000 },
    layout: { mode: 'grid' },
  };
}

function taskSummary(task: TaskView) {
  const files = task.files.filter((file) => file.state === 'done');
  return {
    taskId: task.taskId,
    mode: task.plan.mode,
    status: task.state === 'ended' ? 'ended' : task.stopping ? 'Exited' : task.status,
    files: files.map((file) => ({
      userId: file.userId,
      mediaId: file.mediaId,
      name: file.name,
      durationMs: file.durationMs ?? 0,
      url: new URL(file.videoUrl!).pathname,
    })),
  };
}

interface ListedRoom {
  readonly room: RoomKey;
  readonly anchors: readonly { userId: string; tracks: readonly { mediaId: string; media: string }[] }[];
}

async function anchorsOf({ origin, token }: RoomsAddress, room: RoomKey) {
  const answer = await request(`${origin}/rooms/v1/rooms`, { headers: { authorization: `Bearer ${token}` } });
  const { rooms } = (await answer.body.json()) as { rooms: readonly ListedRoom[] };
  const here = rooms.find(
    (one) => one.room.roomId === room.roomId && one.room.kind === room.kind && one.room.sdkAppId === room.sdkAppId,
  );
  const anchors = here?.anchors ?? [];
  return {
    anchors: anchors.map(({ userId, tracks }) => ({
      userId,
      tracks: tracks.map((one) => `${one.mediaId} ${one.media}`),
    })),
  };
}

function problem(reply: FastifyReply, error: unknown): FastifyReply {
  if (error instanceof z.ZodError) return sendProblem(reply, 400, error.issues[0]!.message);
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  reply.log.warn({ err: error }, 'demo page request failed');
  return sendProblem(
    reply,
    status,
    status < 500 ? (error as Error).message : 'The server could not do that; its log says why',
  );
}

function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', status, title: detail, detail }));
}
