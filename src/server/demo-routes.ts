import { readFile } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { request } from 'undici';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { AppDirectory } from '../config/apps.ts';
import type { Installation } from '../process/installation.ts';
import { roomKeyText, type RoomKey } from '../room-key.ts';
import { readRoom } from '../rooms/address.ts';
import { Problem, PROBLEM_TYPE } from '../rooms/problem.ts';
import type { FileView, TaskQueries, TaskView } from '../tasks/queries.ts';
import type { TaskService } from '../tasks/service.ts';
import { signUserSig } from '../usersig/verify.ts';
import type { RecordingPlan } from '../worker-api/messages.ts';
import type { RoomsAddress } from './rooms-proxy.ts';
import { defaultPlan } from '../worker-api/default-plan.ts';

/** What the demo page needs of the server. */
export interface DemoPageOptions {
  readonly installation: Installation;
  readonly apps: AppDirectory;
  readonly tasks: TaskService;
  readonly queries: TaskQueries;
  readonly rooms: RoomsAddress;
  readonly clock: Clock;
}

const SCRIPTS = [
  'advice.js',
  'api.js',
  'demo.js',
  'devices.js',
  'language.js',
  'lists.js',
  'presence.js',
  'sdp-session.js',
  'texts.js',
  'watching.js',
];
const ASSETS: ReadonlyMap<string, string> = new Map([
  ['index.html', 'text/html; charset=utf-8'],
  ['demo.css', 'text/css; charset=utf-8'],
  ...SCRIPTS.map((name): [string, string] => [name, 'text/javascript; charset=utf-8']),
]);
const TICKET_SECONDS = 3600;
const LISTED_TASKS = 10;

const roomId = z.string().trim().min(1).max(64);
const ticketBody = z.strictObject({
  room: roomId,
  user: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, '1 to 32 letters, digits, _ and - are expected'),
});
const recordingBody = z.strictObject({ room: roomId, mode: z.enum(['single', 'mixed']) });
const roomQuery = z.object({ room: roomId });

/**
 * The page at `/demo/` and its small API, for the first app of the installation. Errors are problem documents (RFC 9457).
 * Only for a server that its own machine's users reach: whoever opens the page may publish and record.
 */
export async function registerDemoPage(http: FastifyInstance, options: DemoPageOptions): Promise<void> {
  await http.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => problem(reply, error));
    registerAssets(scope);
    registerRoomApi(scope, options);
    registerRecordingsApi(scope, options);
  });
}

function registerAssets(scope: FastifyInstance): void {
  scope.get('/demo', (_request, reply) => reply.redirect('/demo/'));
  scope.get<{ Params: { '*': string } }>('/demo/*', async ({ params }, reply) => {
    const name = params['*'] || 'index.html';
    const type = ASSETS.get(name);
    if (!type) throw new Problem(404, 'The demo page has no such part.');
    // An update of the server must not meet scripts of the version before.
    reply.type(type).header('cache-control', 'no-cache');
    return reply.send(await readFile(new URL(`demo-page/${name}`, import.meta.url)));
  });
}

function registerRoomApi(scope: FastifyInstance, { installation, apps, clock, rooms }: DemoPageOptions): void {
  const { sdk_app_id: sdkAppId } = installation.config.apps[0]!;
  scope.post('/demo/api/tickets', ({ body }) => {
    const { room, user } = ticketBody.parse(body);
    const where = `${sdkAppId}/${encodeURIComponent(roomOf(sdkAppId, room).roomId)}`;
    const { secretKey } = apps.app(sdkAppId)!;
    const userSig = signUserSig({ userId: user, sdkAppId, secretKey, nowMs: clock.wallMs(), expireS: TICKET_SECONDS });
    return { userSig, whipUrl: `/whip/${where}/${encodeURIComponent(user)}`, whepUrl: `/whep/${where}` };
  });
  scope.get('/demo/api/anchors', async ({ query }) => ({
    anchors: await anchorsOf(rooms, roomOf(sdkAppId, roomQuery.parse(query).room)),
  }));
}

function registerRecordingsApi(scope: FastifyInstance, { installation, tasks, queries, clock }: DemoPageOptions): void {
  const { sdk_app_id: sdkAppId } = installation.config.apps[0]!;
  scope.get('/demo/api/recordings', async ({ query }) => {
    const room = roomOf(sdkAppId, roomQuery.parse(query).room);
    const listed = await queries.listTasks({ room, limit: LISTED_TASKS });
    return { tasks: listed.map(taskSummary) };
  });
  scope.post('/demo/api/recordings', ({ body }) => {
    const { room, mode } = recordingBody.parse(body);
    return startRecording(tasks, roomOf(sdkAppId, room), mode, clock.wallMs());
  });
  scope.delete<{ Params: { '*': string } }>('/demo/api/recordings/*', async ({ params }) => {
    if (await tasks.stop(sdkAppId, params['*'])) return { stopped: true };
    throw new Problem(404, 'There is no such recording, or it was stopped before.');
  });
}

/** The same rule as in WHIP paths (design §4): digits alone name a numeric room. Throws Problem (400). */
const roomOf = (sdkAppId: number, id: string): RoomKey => readRoom(String(sdkAppId), id, undefined);

const refusals = {
  restricted: 'As many recordings are running as the app may have. Stop one.',
  'recorders busy': 'Every recorder is as busy as it may be. Stop a recording, or try again later.',
  'library full': 'The library has as much of the app as it may. Delete files.',
  'spools full': 'The disk is nearly full: no recording can begin until there is space.',
};

async function startRecording(tasks: TaskService, room: RoomKey, mode: 'single' | 'mixed', now: number) {
  const created = await tasks.create({
    room,
    botUserId: `demo_${mode}_${now}`,
    plan: demoPlan(mode),
    destination: { kind: 'vod', subAppId: room.sdkAppId, expireSeconds: 0, classId: 0 },
    userDefineRecordId: undefined,
    resourceExpiredHours: 72,
  });
  if (typeof created === 'string') throw new Problem(429, refusals[created]);
  return created;
}

function demoPlan(mode: 'single' | 'mixed'): RecordingPlan {
  return {
    ...defaultPlan,
    mode,
    maxIdleSeconds: 60,
    video: { width: 1280, height: 720, fps: 15, bitrate: 1_500_000, gopSeconds: 5 },
    audio: { sampleRate: 48_000, channels: 2, bitrate: 96_000 },
  };
}

function taskSummary(task: TaskView) {
  const done = task.files.filter((file) => file.state === 'done');
  return {
    taskId: task.taskId,
    mode: task.plan.mode,
    status: task.state === 'ended' ? 'ended' : task.stopping ? 'Exited' : task.status,
    createdMs: task.createdMs,
    startedMs: task.startedMs,
    // A stuck file is still tried; that it is not there yet has been told as a failure.
    failedFiles: task.files.filter(({ state }) => state === 'failed' || state === 'stuck').length,
    hasNone: task.files.length === 0,
    files: done.map((file) => {
      const { fileId, userId, mediaId, name, durationMs = 0 } = file;
      return { fileId, userId, mediaId, name, durationMs, url: linkOf(file) };
    }),
  };
}

/** The page is served from here, whatever name the public link of the library has. */
function linkOf({ videoUrl, isHere }: FileView): string | undefined {
  if (videoUrl === undefined || !isHere) return videoUrl;
  const { pathname, search } = new URL(videoUrl);
  return pathname + search;
}

interface ListedRoom {
  readonly room: RoomKey;
  readonly anchors: readonly { userId: string; tracks: readonly { mediaId: string; media: string }[] }[];
}

async function anchorsOf(rooms: RoomsAddress, room: RoomKey): Promise<ListedRoom['anchors']> {
  const listed = await listRooms(rooms, room.sdkAppId);
  const here = listed.find((one) => roomKeyText(one.room) === roomKeyText(room));
  const anchors = here?.anchors ?? [];
  return anchors.map(({ userId, tracks }) => ({
    userId,
    tracks: tracks.map(({ mediaId, media }) => ({ mediaId, media })),
  }));
}

async function listRooms({ origin, token }: RoomsAddress, sdkAppId: number): Promise<readonly ListedRoom[]> {
  try {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await request(`${origin}/rooms/v1/rooms?sdk_app_id=${sdkAppId}`, { headers });
    return ((await answer.body.json()) as { rooms: readonly ListedRoom[] }).rooms;
  } catch {
    throw new Problem(503, 'The rooms are starting; try again in a second.', { 'retry-after': '1' });
  }
}

function problem(reply: FastifyReply, error: unknown): FastifyReply {
  if (error instanceof Problem) return sendProblem(reply.headers(error.headers), error.status, error.message);
  if (error instanceof z.ZodError) return sendProblem(reply, 400, issueText(error));
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  if (status < 500) return sendProblem(reply, status, (error as Error).message);
  reply.log.error({ err: error }, 'demo page request failed');
  return sendProblem(reply, status, 'The server could not do that; its log says why.');
}

function issueText(error: z.ZodError): string {
  const { path, message } = error.issues[0]!;
  return [...path, message].join(': ');
}

function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  const title = STATUS_CODES[status] ?? 'Failed';
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify({ type: 'about:blank', title, status, detail }));
}
