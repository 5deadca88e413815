import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { RoomsContext } from './context.ts';
import { dataChannelTransports } from './datachannel-transport.ts';
import { FeedServer, type FeedServerStats } from './feed-server.ts';
import { defaultIntake, Intake, type IntakeLimits, type IntakeStats } from './intake.ts';
import { registerInternalRoutes } from './internal-routes.ts';
import { ToldApps, type RoomApps } from './room-apps.ts';
import { RoomRegistry, type RegistryStats } from './room-registry.ts';
import { createRoomsServer } from './rooms-server.ts';
import { registerSdpEndpoint } from './sdp-endpoint.ts';
import { SessionTable } from './session-table.ts';
import { WatchTickets } from '../watch-tickets.ts';
import type { TransportFactory } from './transport.ts';
import { whepOpener } from './whep.ts';
import { whipOpener } from './whip.ts';

/**
 * Silence after which an anchor is gone, in milliseconds. Longer than a change of network or a page reload takes (2 to 6
 * seconds), shorter than ICE consent (30 seconds, RFC 7675), so that a task's MaxIdleTime is not stretched by much.
 */
export const DEFAULT_ANCHOR_TIMEOUT_MS = 10_000;

/** Time for ICE and DTLS of a new session, in milliseconds; a client behind a slow link needs a few seconds. */
const CONNECT_TIMEOUT_MS = 20_000;

/** A user who watches both pictures of all 25 anchors of a room and publishes both of its own has 52. */
const DEFAULT_SESSIONS_OF_USER = 64;

/** What the rooms role needs. */
export interface RoomsOptions {
  /** Address of the internal HTTP port. */
  readonly host: string;
  /** Port of the same; 0 takes any. */
  readonly port: number;
  /** The installation's bearer token, for recorders and the server. */
  readonly token: string;
  /** What holds until the server tells what was changed. */
  readonly apps: RoomApps;
  readonly clock: Clock;
  readonly log: Logger;
  /** Silence in milliseconds after which an anchor is gone; {@link DEFAULT_ANCHOR_TIMEOUT_MS} by default. */
  readonly anchorTimeoutMs?: number;
  /** Local address of media sockets; all by default. */
  readonly iceBindAddress?: string;
  /** Further addresses to announce to clients, as behind a NAT with forwarded ports. */
  readonly iceAdvertise?: readonly string[];
  /** First and last UDP port of media sockets; any by default. */
  readonly icePortRange?: readonly [first: number, last: number];
  /** Publishing and watching sessions together. */
  readonly maxSessions: number;
  /** The same of one user of an app; {@link DEFAULT_SESSIONS_OF_USER} by default. */
  readonly maxSessionsOfUser?: number;
  /** What one session may send; {@link defaultIntake} by default. */
  readonly intake?: IntakeLimits;
  /** Opens media transports; libdatachannel by default. */
  readonly transports?: TransportFactory;
}

/** Counters and gauges of the rooms role. */
export interface RoomsStats extends RegistryStats {
  /** Publishing and watching sessions. */
  readonly sessions: number;
  readonly feeds: FeedServerStats;
  /** What was dropped of sessions that sent more than they may. */
  readonly overLimit: IntakeStats;
}

/** The running rooms role. */
export interface RunningRooms {
  /** The internal HTTP port. */
  readonly port: number;
  /** Ends every session and feed and stops listening. Idempotent. */
  close(): Promise<void>;
  stats(): RoomsStats;
}

/** Starts the rooms role. Rejects when its port cannot be listened on. */
export async function startRooms(options: RoomsOptions): Promise<RunningRooms> {
  const { clock } = options;
  const apps = new ToldApps(options.apps);
  const defaults = {
    anchorTimeoutMs: options.anchorTimeoutMs ?? DEFAULT_ANCHOR_TIMEOUT_MS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    log: options.log,
  };
  const sessions = new SessionTable({
    all: options.maxSessions,
    ofUser: options.maxSessionsOfUser ?? DEFAULT_SESSIONS_OF_USER,
    ofApp: (sdkAppId) => apps.app(sdkAppId)?.limits.sessions,
  });
  const intake = new Intake(options.intake ?? defaultIntake);
  const registry = new RoomRegistry(clock, defaults, () => feeds.flush());
  const feeds = new FeedServer(clock, options.token, registry);
  const stats = (): RoomsStats => ({
    ...registry.stats(),
    sessions: sessions.size,
    feeds: feeds.stats(),
    overLimit: intake.stats(),
  });
  const context = {
    registry,
    sessions,
    intake,
    apps,
    tickets: new WatchTickets(options.token, clock),
    clock,
    transports: transportsOf(options),
    log: options.log,
  };
  const server = createRoomsServer(options.log);
  registerSdpEndpoint(server, 'whip', sessions, whipOpener(context));
  registerSdpEndpoint(server, 'whep', sessions, whepOpener(context, CONNECT_TIMEOUT_MS));
  registerInternalRoutes(server, context satisfies RoomsContext, options.token, stats);
  feeds.attach(server.server);
  await server.listen({ host: options.host, port: options.port });
  const close = async (): Promise<void> => {
    registry.close();
    feeds.close();
    await server.close();
  };
  return { port: (server.server.address() as AddressInfo).port, close, stats };
}

function transportsOf(options: RoomsOptions): TransportFactory {
  if (options.transports) return options.transports;
  return dataChannelTransports({
    clock: options.clock,
    bindAddress: options.iceBindAddress,
    advertise: options.iceAdvertise,
    portRange: options.icePortRange,
  });
}
