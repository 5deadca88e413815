import { appDirectory } from '../config/directory.ts';
import type { RoleContext, RunningRole } from '../process/role.ts';
import { startRooms } from './start.ts';

/** The `rooms` role: WHIP, WHEP and the room feed on its internal port. */
export async function startRoomsRole({ installation, clock, log }: RoleContext): Promise<RunningRole> {
  const { config, secrets } = installation;
  const { host, port, anchor_timeout_seconds, ice_bind_address, ice_advertise, ice_ports } = config.rooms;
  const { max_sessions, max_sessions_per_user, most_packets_per_second, most_bits_per_second } = config.rooms;
  const rooms = await startRooms({
    host,
    port,
    token: secrets.token,
    apps: appDirectory(config),
    clock,
    log,
    anchorTimeoutMs: anchor_timeout_seconds * 1000,
    ...(ice_bind_address === undefined ? {} : { iceBindAddress: ice_bind_address }),
    iceAdvertise: ice_advertise,
    ...(ice_ports === undefined ? {} : { icePortRange: ice_ports }),
    maxSessions: max_sessions,
    maxSessionsOfUser: max_sessions_per_user,
    intake: { packetsPerSecond: most_packets_per_second, bitsPerSecond: most_bits_per_second },
  });
  return { close: () => rooms.close() };
}
