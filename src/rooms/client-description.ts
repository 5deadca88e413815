import type { FastifyRequest } from 'fastify';
import type { RoomClient } from '../presence/messages.ts';

/** Longest address kept; IPv6 with a zone is shorter. */
const MAX_ADDRESS = 64;

/**
 * Describes who made a WHIP or WHEP request. The server role passes on the address it saw; whoever reaches the internal
 * port past it can only lie about that.
 */
export function describeClient(request: FastifyRequest, software: 'WHIP' | 'WHEP'): RoomClient {
  const agent = request.headers['user-agent'] ?? '';
  const passed = request.headers['x-forwarded-for'];
  const address = (typeof passed === 'string' ? passed : request.ip).slice(0, MAX_ADDRESS);
  return { terminal: terminalOf(agent), userType: agent.startsWith('Mozilla/') ? 1 : 3, software, address };
}

/** A recording's bot, which comes from one of our own processes. */
export const botClient = (address: string): RoomClient => ({
  terminal: 4,
  userType: 3,
  software: 'recorder',
  address,
});

/** The system that a User-Agent names; Android names Linux too, and iPads may call themselves Macs. */
function terminalOf(agent: string): RoomClient['terminal'] {
  if (/android/i.test(agent)) return 2;
  if (/iphone|ipad|ipod/i.test(agent)) return 3;
  if (/windows/i.test(agent)) return 1;
  return /linux|x11/i.test(agent) ? 4 : 100;
}
