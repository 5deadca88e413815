import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { buildConnector } from 'undici';

/** Cloud metadata services outside the link-local ranges. */
const metadataAddresses: ReadonlySet<string> = new Set(['100.100.100.200', 'fd00:ec2::254']);

/** Ranges that no receiver lives in, or that may hide another address inside. */
const refusedRanges: ReadonlySet<string> = new Set([
  'linkLocal',
  'multicast',
  'broadcast',
  'rfc6052',
  'rfc6145',
  '6to4',
  'teredo',
]);

/**
 * Whether a callback may connect to this IP address. Private networks and loopback are allowed, because receivers of
 * self-hosters live there; link-local and metadata addresses never are.
 */
export function mayConnect(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return !refusedRanges.has(parsed.range()) && !metadataAddresses.has(parsed.toString());
}

const refusal = (host: string): Error => new Error(`callbacks may not connect to ${host}`);

type LookupAnswer = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** Resolves like the system does and leaves out what {@link mayConnect} refuses: checked at connect time, so rebinding is in vain. */
const guardedLookup = (host: string, options: LookupOptions, answer: LookupAnswer): void => {
  dnsLookup(host, { ...options, all: true }, (error, found) => {
    if (error) return answer(error, []);
    const allowed = found.filter(({ address }) => mayConnect(address));
    const first = allowed[0];
    if (!first) return answer(refusal(host), []);
    return options.all ? answer(null, allowed) : answer(null, first.address, first.family);
  });
};

/** An undici connector that refuses forbidden addresses, whether written in the URL or found by name. */
export function guardedConnector(connectTimeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: connectTimeoutMs, lookup: guardedLookup });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !mayConnect(host)) callback(refusal(host), null);
    else connect(options, callback);
  };
}
