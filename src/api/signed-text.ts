import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { headerValue } from './request.ts';

/** What both signature versions have in common. */

/** Seconds by which a request's timestamp may differ from the server's time (contract §1.2). */
export const maxClockSkewSeconds = 300;

/** Whether a timestamp in Unix seconds is close enough to the server's time in milliseconds. */
export const isTimely = (timestampSeconds: number, nowMs: number): boolean =>
  Math.abs(Math.floor(nowMs / 1000) - timestampSeconds) <= maxClockSkewSeconds;

/**
 * The texts that a client may have signed as its host: as received, and without the port, as the Node SDK signs v3
 * (contract §1.6 a). It signs v1 with the port it was told, and its HTTP library leaves out the default one.
 */
export function signedHosts(headers: IncomingHttpHeaders): ReadonlySet<string> {
  const host = headerValue(headers, 'host') ?? '';
  return new Set([host, host.replace(/:\d+$/, ''), ...(/:\d+$/.test(host) ? [] : [`${host}:80`, `${host}:443`])]);
}

/** Compares in a time that tells nothing about where the texts differ. */
export function sameText(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}
