import { isIP } from 'node:net';

/** One UDP host address where a peer can be reached. */
interface HostAddress {
  readonly address: string;
  readonly port: number;
}

/** The address of a UDP candidate line; undefined for TCP, host names (mDNS included) and anything malformed. */
function readCandidate(candidate: string): HostAddress | undefined {
  const [, component, transport, , address = '', port = ''] = candidate.split(' ');
  if (component !== '1' || transport?.toLowerCase() !== 'udp' || isIP(address) === 0) return undefined;
  return /^\d{1,5}$/.test(port) ? { address, port: Number(port) } : undefined;
}

/**
 * Whether a peer's candidate may be handed to ICE: UDP with an IP literal. Host names are left out since resolving them
 * would let a peer make us ask any name server; a browser's mDNS names are found as peer-reflexive anyway.
 */
export function isUsableCandidate(candidate: string): boolean {
  return /^candidate:[\x21-\x7e]{1,32} 1 [\x20-\x7e]{1,300}$/.test(candidate) && readCandidate(candidate) !== undefined;
}

/** Type preference of host candidates and component 1 (RFC 8445 §5.1.2), with room for 16 local preferences. */
const hostPriority = (rank: number): number => 126 * 2 ** 24 + (65535 - rank) * 256 + 255;

/**
 * What the answer announces: extra addresses first (the public one of a NAT with forwarded ports), then what was gathered,
 * IPv4 before IPv6, then the loopback when the socket hears it. FFmpeg's muxer tries the first line alone.
 */
export function announcedCandidates(
  gathered: readonly string[],
  extra: readonly string[],
  loopback: boolean,
): string[] {
  const found = gathered.map(readCandidate).filter((candidate) => candidate !== undefined);
  const port = found[0]?.port;
  if (port === undefined) return [];
  const own = found.map((candidate) => candidate.address).toSorted((a, b) => isIP(a) - isIP(b));
  const addresses = new Set([...extra, ...own, ...(loopback ? ['127.0.0.1'] : [])]);
  return [...addresses].map(
    (address, rank) => `candidate:${rank + 1} 1 udp ${hostPriority(rank)} ${address} ${port} typ host`,
  );
}
