import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { request } from 'undici';
import { createAccounts, keepAccountsPruned, type Accounts } from '../accounts/accounts.ts';
import { registerAdminApi } from '../admin/register.ts';
import { registerRecordingApi } from '../api/register.ts';
import { mayConnect, mayConnectPublicly } from '../address-guard.ts';
import { openAppRegistry, type AppRegistry } from '../apps/app-registry.ts';
import type { AppEntry } from '../apps/entries.ts';
import { RoomsNews } from '../apps/rooms-news.ts';
import { StorageTester } from '../apps/storage-test.ts';
import { AutoRecorder } from '../auto-record/auto-recorder.ts';
import { AutoRecordRules } from '../auto-record/rules.ts';
import { startCallbackDelivery, type CallbackDelivery } from '../callbacks/delivery.ts';
import { ReplayDesk } from '../callbacks/replay-desk.ts';
import { CallbackTester } from '../callbacks/test-send.ts';
import { keepCallbacksPruned } from '../callbacks/retention.ts';
import type { CancelTimer } from '../clock.ts';
import { registerConsole } from '../console/routes.ts';
import type { Config } from '../config/schema.ts';
import { openEvidenceRoom, type EvidenceRoom } from '../evidence/evidence-room.ts';
import { VerifyDesk } from '../evidence/verify-desk.ts';
import { hlsArchives } from '../library/hls-archive.ts';
import { libraryRoot } from '../library/location.ts';
import { boundExpiry } from '../library/keep-bound.ts';
import { startMediaLibrary, type RunningLibrary } from '../library/library.ts';
import { PlayLinks } from '../library/play-links.ts';
import { rememberProtectedApps, type PlayProtection } from '../library/protected-apps.ts';
import { registerLibrary } from '../library/routes.ts';
import { remoteLiveRooms } from '../presence/live-rooms.ts';
import { RoomFollower } from '../presence/follower.ts';
import { createPresenceQueries } from '../presence/queries.ts';
import { keepRoomsPruned } from '../presence/retention.ts';
import { RemoteRooms } from '../presence/room-control.ts';
import type { Logger } from '../process/log.ts';
import { SpoolPreview } from '../preview/spool-preview.ts';
import type { RoleContext, RunningRole } from '../process/role.ts';
import { openStore, type Store } from '../store/store.ts';
import { createTaskService, type TaskControl } from '../tasks/control.ts';
import { createTaskQueries, type TaskQueries } from '../tasks/queries.ts';
import { createUsageQueries } from '../usage/recorded-time.ts';
import { verifyUserSig } from '../usersig/verify.ts';
import { WatchTickets } from '../watch-tickets.ts';
import { registerWorkerApi, type WorkerTasks } from '../worker-api/routes.ts';
import { closeInStages, type Closables } from './closing.ts';
import { registerDemoPage } from './demo-routes.ts';
import { registerOperations, type StatsTree } from './operations.ts';
import { publicHttp } from './public-http.ts';
import { RecorderPresence } from './recorder-presence.ts';
import { registerRoomsProxy, type RoomsAddress } from './rooms-proxy.ts';

interface Parts extends RoleContext {
  readonly apps: AppRegistry;
  readonly roomsNews: RoomsNews;
  readonly callbackTester: CallbackTester;
  readonly store: Store;
  readonly tasks: TaskControl;
  readonly queries: TaskQueries;
  readonly callbacks: CallbackDelivery;
  readonly library: RunningLibrary;
  readonly evidence: EvidenceRoom;
  readonly verifications: VerifyDesk;
  /** Folder of the finished files. */
  readonly libraryRoot: string;
  readonly rooms: RoomsAddress;
  readonly roomControl: RemoteRooms;
  readonly follower: RoomFollower;
  readonly rules: AutoRecordRules;
  readonly autoRecorder: AutoRecorder;
  readonly pruning: readonly CancelTimer[];
  readonly recorders: RecorderPresence;
  readonly links: PlayLinks;
  readonly accounts: Accounts;
}

/** The `server` role: recording API, tasks and leases, callbacks, library, pages; the only one that opens the store. */
export async function startServerRole(context: RoleContext): Promise<RunningRole> {
  const parts = await openParts(context);
  const { host, port } = context.installation.config.http;
  const http = publicHttp(context.installation.config.http, context.log);
  await registerRoutes(http, parts);
  await http.listen({ host, port });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => closeInStages(closingStages(http, parts), context.log);
  return { close: () => (closing ??= close()) };
}

/** First no request comes any more, then what works on the store ends, and the store is last. */
const closingStages = (http: Closables[string], parts: Parts): Closables[] => {
  const { follower, autoRecorder, roomControl, callbacks, library, evidence, verifications, store, pruning } = parts;
  const { roomsNews, callbackTester } = parts;
  const stopPruning = { close: () => pruning.forEach((stop) => stop()) };
  const news = { follower, autoRecorder, roomControl, roomsNews };
  const workers = { ...news, callbackTester, callbacks, library, verifications };
  return [{ http }, { pruning: stopPruning, ...workers }, { evidence }, { store }];
};

async function openParts(context: RoleContext): Promise<Parts> {
  const { installation, clock, log } = context;
  const { config, publicUrl, secrets } = installation;
  const root = libraryRoot(config.data_dir);
  mkdirSync(root, { recursive: true });
  const store = await openStore({ path: join(config.data_dir, 'store.sqlite'), clock });
  const apps = await openAppRegistry(store, config, (subject) =>
    log.info({ subject }, 'its key in the configuration was replaced by the admin API and does not hold'),
  );
  const recorders = new RecorderPresence(clock);
  const protectedApps = await keepProtectedApps(store, apps, log);
  const links = new PlayLinks({ publicUrl: () => publicUrl, apps, protectedApps, clock });
  const tasks = await createTaskService({
    store,
    apps,
    clock,
    log,
    links,
    fileNames: config.file_names,
    refusal: (mode) => recorders.refusal(mode),
    leaseMs: config.recorders.lease_seconds * 1000,
    giveUpMs: config.jobs.give_up_hours * 3_600_000,
    libraryKeepMs: daysMs(config.library.keep_days),
    spoolKeepMs: daysMs(config.spool.keep_days),
    takeoverUserSig: config.recorders.takeover_user_sig,
  });
  const accounts = createAccounts({ store, clock });
  const rules = await adoptRules(config, store);
  const keepMs = daysMs(config.library.keep_days);
  if (keepMs !== undefined) await boundExpiry(store, keepMs, log);
  const permits = config.callbacks.allow_private ? mayConnect : mayConnectPublicly;
  const rooms = { origin: `http://${config.rooms.host}:${config.rooms.port}`, token: secrets.token };
  const roomsNews = new RoomsNews({ rooms, apps: () => apps.apps().map(({ app }) => app), clock, log });
  apps.onChange(() => roomsNews.tell());
  roomsNews.tell();
  return {
    ...context,
    apps,
    accounts,
    store,
    tasks,
    queries: createTaskQueries({ store, links }),
    callbacks: startCallbackDelivery({
      store,
      apps,
      clock,
      log,
      compat: config.compat,
      permits,
    }),
    library: startMediaLibrary({ store, root, clock, log, links }),
    evidence: await openEvidenceRoom({ dataDir: config.data_dir, store, clock, log }),
    verifications: new VerifyDesk({ dataDir: config.data_dir, clock }),
    libraryRoot: root,
    recorders,
    links,
    rooms,
    roomControl: new RemoteRooms(rooms),
    roomsNews,
    callbackTester: new CallbackTester(clock, config.compat, permits),
    follower: new RoomFollower({ rooms, store, apps, clock, log, onBoot: () => roomsNews.tell() }),
    rules,
    autoRecorder: new AutoRecorder({ store, rules, tasks, clock, log }),
    pruning: [
      keepRoomsPruned({ store, clock, log }),
      keepCallbacksPruned({ store, clock, log, ...config.callbacks }),
      keepAccountsPruned(accounts, clock, log),
    ],
  };
}

const daysMs = (days: number | undefined): number | undefined => days && days * 86_400_000;

/** The apps that were last seen with signed addresses, now and after every change. */
async function keepProtectedApps(store: Store, apps: AppRegistry, log: Logger): Promise<ReadonlySet<number>> {
  const now = (): Promise<ReadonlySet<number>> => rememberProtectedApps(store, apps.apps().map(protectionOf));
  const known = new Set(await now());
  const renew = async (): Promise<void> => {
    const found = await now();
    known.clear();
    for (const id of found) known.add(id);
  };
  apps.onChange(() => void renew().catch((error: unknown) => log.error({ err: error }, 'signed apps cannot be kept')));
  return known;
}

const protectionOf = ({ app: { sdkAppId, play } }: AppEntry): PlayProtection => ({
  sdkAppId,
  isSigned: play !== undefined,
});

/** Before anything is told of rooms: a rule counts for those that begin after it. */
async function adoptRules(config: Config, store: Store): Promise<AutoRecordRules> {
  const rules = new AutoRecordRules(store);
  for (const { sdk_app_id: app, auto_record: configured } of config.apps) await rules.adopt(app, configured[0]);
  return rules;
}

async function registerRoutes(http: FastifyInstance, parts: Parts): Promise<void> {
  const { apps, tasks, clock, log, store, installation, rooms, roomControl, library, libraryRoot: root, links } = parts;
  const { config, secrets } = installation;
  const roomServices = { control: roomControl, presence: createPresenceQueries(store) };
  const { api, compat } = config;
  const usage = createUsageQueries(store);
  const services = { apps, tasks, verifyUserSig, rooms: roomServices, usage, library };
  await registerRecordingApi(http, { ...services, clock, log, regions: api.regions, compat });
  await registerWorkerApi(http, { tasks: workerTasks(parts), token: secrets.token, clock });
  await registerLibrary(http, { store, root, clock, links });
  await registerAdmin(http, parts);
  registerRoomsProxy(http, rooms);
  registerOperations(http, operations(parts));
  if (installation.demoPage) await registerDemoPage(http, parts);
}

async function registerAdmin(http: FastifyInstance, parts: Parts): Promise<void> {
  const { store, log, installation, accounts } = parts;
  const token = installation.config.admin.token ?? installation.secrets.adminToken;
  if (token === undefined) return log.warn('there is no admin API: the data directory has no token for it');
  const { adminPasswordHash } = installation.secrets;
  if (adminPasswordHash !== undefined) await accounts.administrators.seed(adminPasswordHash);
  await registerAdminApi(http, {
    ...parts,
    replays: new ReplayDesk(store),
    archives: hlsArchives(parts.libraryRoot),
    steps: parts.tasks.steps,
    tickets: new WatchTickets(parts.rooms.token, parts.clock),
    preview: new SpoolPreview(join(installation.config.data_dir, 'spool')),
    liveRooms: remoteLiveRooms(parts.rooms),
    registry: parts.apps,
    storageTester: new StorageTester({
      dataDir: installation.config.data_dir,
      leastFreeMb: installation.config.recorders.least_free_mb,
      privateBuckets: installation.config.buckets.allow_private,
      clock: parts.clock,
    }),
    get appIds() {
      return parts.apps.apps().map(({ app }) => app.sdkAppId);
    },
    layoutCompat: installation.config.compat,
    publicUrl: installation.publicUrl,
    token,
  });
  await registerConsole(http, { cache: join(installation.config.data_dir, 'run', 'console'), log });
}

function workerTasks({ tasks, store, recorders }: Parts): WorkerTasks {
  return {
    store,
    sync: recorders.watching((request) => tasks.sync(request)),
    gone: (request) => {
      recorders.forget(request.recorderIds);
      return tasks.gone(request);
    },
    reportTask: (taskId, report) => tasks.reportTask(taskId, report),
    reportJob: (jobId, report) => tasks.reportJob(jobId, report),
    sweepable: (request) => tasks.sweepable(request),
  };
}

function operations(parts: Parts) {
  const { store, tasks, callbacks, queries, rooms, recorders, follower, autoRecorder, library, evidence } = parts;
  return {
    checks: [
      { name: 'store', passes: async () => (await queries.backlog(), true) },
      { name: 'rooms', passes: async () => (await request(`${rooms.origin}/healthz`)).statusCode === 200 },
      { name: 'recorders', passes: async () => recorders.stats()['connected'] !== 0 },
    ],
    stats: {
      store: () => ({ ...store.stats() }),
      tasks: () => ({ ...tasks.stats() }),
      backlog: async () => ({ ...(await queries.backlog()) }),
      callbacks: async () => ({ ...callbacks.stats(), ...(await callbacks.backlog()) }),
      library: () => ({ ...library.stats() }),
      evidence: () => ({ ...evidence.stats() }),
      recorders: () => recorders.stats(),
      rooms: () => roomsStats(rooms),
      roomJournal: () => ({ ...follower.stats() }),
      autoRecord: () => ({ ...autoRecorder.stats() }),
    },
  };
}

async function roomsStats({ origin, token }: RoomsAddress): Promise<StatsTree> {
  const answer = await request(`${origin}/rooms/v1/stats`, { headers: { authorization: `Bearer ${token}` } });
  if (answer.statusCode !== 200) throw new Error(`the rooms role answered ${answer.statusCode}`);
  return (await answer.body.json()) as StatsTree;
}
