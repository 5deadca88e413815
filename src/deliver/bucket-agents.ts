import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import { AddressRefusedError, guardedLookup, mayConnect, mayConnectPublicly } from '../address-guard.ts';

/** Connections to one bucket; more requests than this wait. */
const connections = 32;

/** Agents of node's HTTP client that connect only where a bucket may be. */
export interface BucketAgents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/**
 * Makes the agents for a host. Link-local and metadata addresses never hold a bucket; private networks, where
 * self-hosters have their own stores, only when `allowPrivate` says so. A host that is an address itself is judged here,
 * since no name is looked up for it. @throws AddressRefusedError
 */
export function bucketAgents(host: string, allowPrivate: boolean): BucketAgents {
  const permits = allowPrivate ? mayConnect : mayConnectPublicly;
  if (isIP(host) !== 0 && !permits(host)) throw new AddressRefusedError(host);
  const options = { keepAlive: true, maxSockets: connections, lookup: guardedLookup(permits) };
  return { httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent(options) };
}
