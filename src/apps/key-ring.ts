import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { wallMs, type WallMs } from '../units.ts';

/** The keys of an app or an API account: one by which is signed, and earlier ones that are still taken. */
export const keyRingSchema = z.object({
  current: z.string(),
  retiring: z.array(z.object({ key: z.string(), untilMs: z.int().transform(wallMs) })),
});
/** Such keys as read. */
export type KeyRing = z.output<typeof keyRingSchema>;

/** Earlier keys that are kept at most, the latest ones. */
const mostRetiring = 3;

/**
 * A ring with a new key. Those before it are taken for `graceMs` more, or shorter where less was left to them; with 0 none
 * is taken any more.
 */
export function rotated(ring: KeyRing, key: string, nowMs: WallMs, graceMs: number): KeyRing {
  const end = wallMs(nowMs + graceMs);
  const all = [{ key: ring.current, untilMs: end }, ...ring.retiring];
  const retiring = all.map((one) => ({ ...one, untilMs: wallMs(Math.min(one.untilMs, end)) }));
  return { current: key, retiring: retiring.filter(({ untilMs }) => untilMs > nowMs).slice(0, mostRetiring) };
}

/** A ring of one key. */
export const ringOf = (key: string): KeyRing => ({ current: key, retiring: [] });

/** By what it is known again that the configuration has the same key as before. */
export const keyDigest = (key: string): string => createHash('sha256').update(key).digest('hex');

/** A new secret key of an app, 256 random bits as the official consoles write them. */
export const newAppKey = (): string => randomBytes(32).toString('hex');

/** A new SecretId. */
export const newSecretId = (): string => `AKID${randomBytes(16).toString('hex')}`;

/** A new SecretKey. */
export const newSecretKey = (): string => randomBytes(16).toString('hex');
