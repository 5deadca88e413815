import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { buildConnector } from 'undici';

/** Cloud metadata services outside the link-local ranges: Alibaba, AWS, Google, Azure, Oracle. */
const metadataAddresses: ReadonlySet<string> = new Set([
  '100.100.100.200',
  'fd00:ec2::254',
  'fd20:ce::254',
  '168.63.129.16',
  '192.0.0.192',
]);

/** Ranges that no web server lives in, or that may hide another address inside. */
const refusedRanges: ReadonlySet<string> = new Set([
  'linkLocal',
  'multicast',
  'broadcast',
  'rfc6052',
  'rfc6145',
  '6to4',
  'teredo',
]);

/** Whether connections to this IP address are allowed. */
export type AddressRule = (address: string) => boolean;

/**
 * Whether a callback may connect to this IP address. Private networks and loopback are allowed, because receivers of
 * self-hosters live there; link-local and metadata addresses never are.
 */
export function mayConnect(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return !refusedRanges.has(parsed.range()) && !metadataAddresses.has(parsed.toString());
}

/** Like {@link mayConnect}, but on the public internet only: whoever names the address is no insider of our network. */
export const mayConnectPublicly: AddressRule = (address) =>
  mayConnect(address) && ipaddr.process(address).range() === 'unicast';

/** A connection was not made because of the address rule. */
export class AddressRefusedError extends Error {
  /** Names the host. */
  constructor(host: string) {
    super(`connections to ${host} are not allowed`);
    this.name = 'AddressRefusedError';
  }
}

type LookupAnswer = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** Resolves a name for a connection, as the `lookup` of node's sockets. */
export type Lookup = (host: string, options: LookupOptions, answer: LookupAnswer) => void;

/** Resolves like the system does and leaves out what the rule refuses: checked at connect time, so rebinding is in vain. */
export const guardedLookup =
  (permits: AddressRule): Lookup =>
  (host, options, answer) => {
    dnsLookup(host, { ...options, all: true }, (error, found) => {
      if (error) return answer(error, []);
      const allowed = found.filter(({ address }) => permits(address));
      const first = allowed[0];
      if (!first) return answer(new AddressRefusedError(host), []);
      return options.all ? answer(null, allowed) : answer(null, first.address, first.family);
    });
  };

/** An undici connector that refuses addresses which the rule forbids, whether written in the URL or found by name. */
export function guardedConnector(connectTimeoutMs: number, permits: AddressRule): buildConnector.connector {
  const connect = buildConnector({ timeout: connectTimeoutMs, lookup: guardedLookup(permits) });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !permits(host)) callback(new AddressRefusedError(host), null);
    else connect(options, callback);
  };
}
