import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import fastify from 'fastify';
import { openAppRegistry, type AppRegistry } from '../../src/apps/app-registry.ts';
import { StorageTester } from '../../src/apps/storage-test.ts';
import { createAccounts, type Accounts } from '../../src/accounts/accounts.ts';
import { openEvidenceRoom, type EvidenceRoom } from '../../src/evidence/evidence-room.ts';
import { registerAdminApi } from '../../src/admin/register.ts';
import { AutoRecordRules } from '../../src/auto-record/rules.ts';
import { callbackBacklog } from '../../src/callbacks/backlog.ts';
import { CallbackTester } from '../../src/callbacks/test-send.ts';
import { configSchema } from '../../src/config/schema.ts';
import { ReplayDesk } from '../../src/callbacks/replay-desk.ts';
import { VerifyDesk } from '../../src/evidence/verify-desk.ts';
import { hlsArchives } from '../../src/library/hls-archive.ts';
import { startMediaLibrary } from '../../src/library/library.ts';
import { libraryRoot as libraryRootOf } from '../../src/library/location.ts';
import type { LiveRoom, LiveRooms } from '../../src/presence/live-rooms.ts';
import type { RoomControl } from '../../src/presence/room-control.ts';
import { roomKeyText, type RoomKey } from '../../src/room-key.ts';
import { SpoolPreview } from '../../src/preview/spool-preview.ts';
import { WatchTickets } from '../../src/watch-tickets.ts';
import { RecorderPresence } from '../../src/server/recorder-presence.ts';
import { createTaskQueries } from '../../src/tasks/queries.ts';
import { bench, plainLinks, sdkAppId, silentLog, tempFolder, type Bench } from '../tasks/fixture.ts';

export const adminToken = 'a-token-of-the-admin-api';

/** An answer of the admin API, its body read. */
export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly headers: Headers;
  // A test says what it expects; a wrong guess fails there.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** What a request has besides its path. */
export interface Ask {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly text?: string;
}

export interface AdminBench extends Bench {
  readonly accounts: Accounts;
  /** Where it listens. */
  readonly origin: string;
  /** What the rooms role would say, and what it was told. */
  readonly rooms: FakeRooms;
  readonly ask: (path: string, ask?: Ask) => Promise<Answer>;
  readonly evidence: EvidenceRoom;
  /** Of the evidence. */
  readonly dataDir: string;
  readonly libraryRoot: string;
  readonly registry: AppRegistry;
  /** Folder of the spool. */
  readonly spool: string;
}

/** Live rooms without a rooms role. */
export class FakeRooms implements LiveRooms, RoomControl {
  live: LiveRoom[] = [];
  readonly told: unknown[][] = [];

  async list(sdkAppId?: number) {
    return this.live.filter(({ room }) => sdkAppId === undefined || room.sdkAppId === sdkAppId);
  }

  async dismiss(room: RoomKey) {
    this.told.push(['dismiss', room]);
    return this.#has(room);
  }

  async remove(room: RoomKey, userIds: readonly string[]) {
    this.told.push(['remove', room, userIds]);
    return this.#has(room);
  }

  #has(room: RoomKey): boolean {
    return this.live.some((one) => roomKeyText(one.room) === roomKeyText(room));
  }
}

/** What the configuration has: one app and an account of it. */
export const configuredApps = configSchema.parse({
  apps: [{ sdk_app_id: sdkAppId, secret_key: 'secret key of the app' }],
  accounts: [{ secret_id: 'AKIDconfigured', secret_key: 'secret key of the account', apps: [sdkAppId] }],
});

/** The admin API over a real socket, on a store of its own. */
export async function adminBench(t: TestContext): Promise<AdminBench> {
  const b = await bench(t);
  const http = fastify({ routerOptions: { maxParamLength: 512 } });
  const queries = createTaskQueries({ store: b.store, links: plainLinks('http://media.example:8080') });
  const rooms = new FakeRooms();
  const spool = await tempFolder(t);
  const accounts = createAccounts(b);
  const links = plainLinks('http://media.example:8080');
  const dataDir = await tempFolder(t);
  const libraryRoot = libraryRootOf(dataDir);
  mkdirSync(libraryRoot);
  const library = startMediaLibrary({ ...b, root: libraryRoot, log: silentLog, links });
  t.after(() => library.close());
  const evidence = await openEvidenceRoom({ ...b, dataDir, log: silentLog });
  t.after(() => evidence.close());
  const verifications = new VerifyDesk({ dataDir, clock: b.clock });
  t.after(() => verifications.close());
  const registry = await openAppRegistry(b.store, configuredApps);
  const callbackTester = new CallbackTester(b.clock);
  t.after(() => callbackTester.close());
  await registerAdminApi(http, {
    ...b,
    registry,
    callbackTester,
    storageTester: new StorageTester({ dataDir, leastFreeMb: 1, privateBuckets: true, clock: b.clock }),
    queries,
    accounts,
    library,
    evidence,
    verifications,
    archives: hlsArchives(libraryRoot),
    rules: new AutoRecordRules(b.store),
    autoRecorder: { refusal: () => undefined },
    layoutCompat: { share_pictures: 24, absent_big_user: 'promote' },
    apps: registry,
    replays: new ReplayDesk(b.store),
    steps: b.tasks.steps,
    tickets: new WatchTickets('token of the installation', b.clock),
    preview: new SpoolPreview(spool),
    callbacks: { backlog: () => callbackBacklog(b.store, b.clock.wallMs()) },
    recorders: new RecorderPresence(b.clock),
    liveRooms: rooms,
    roomControl: rooms,
    appIds: [sdkAppId],
    publicUrl: 'https://rooms.example',
    token: adminToken,
    log: silentLog,
  });
  await http.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => http.close());
  const origin = `http://127.0.0.1:${(http.server.address() as AddressInfo).port}`;
  return {
    ...b,
    accounts,
    rooms,
    origin,
    evidence,
    dataDir,
    libraryRoot,
    registry,
    spool,
    ask: (path, ask = {}) => askAt(`${origin}/admin/v1${path}`, { token: adminToken, ...ask }),
  };
}

/** Asks with plain fetch. */
export async function askAt(
  url: string,
  { method = 'GET', token, body, text, headers: more = {} }: Ask,
): Promise<Answer> {
  const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
    ...more,
  };
  const answer = await fetch(url, { method, headers, ...(sent === undefined ? {} : { body: sent }) });
  const read = await answer.text();
  const { status } = answer;
  return {
    status,
    type: answer.headers.get('content-type'),
    headers: answer.headers,
    body: read && (JSON.parse(read) as unknown),
  };
}
