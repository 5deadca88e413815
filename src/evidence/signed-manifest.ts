import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';
import type { Manifest, SignedManifest } from './manifest.ts';
import type { SigningKey } from './signing-key.ts';

/** SHA-256 of a manifest as it is signed, hex digits. */
export const manifestHash = (manifest: Manifest): string =>
  createHash('sha256').update(canonicalJson(manifest)).digest('hex');

/** Signs a manifest. */
export const signManifest = (manifest: Manifest, key: SigningKey): SignedManifest => ({
  manifest,
  signature: {
    algorithm: 'Ed25519',
    keyId: key.keyId,
    publicKey: key.publicPem,
    value: key.sign(canonicalJson(manifest)),
  },
});

const count = z.int().min(0);

/** What a reader relies on; the signature covers the rest. */
const shape = z.looseObject({
  manifest: z.looseObject({
    format: z.literal('roomtape-evidence'),
    version: z.literal(1),
    taskId: z.string(),
    edition: z.int(),
    writtenMs: count,
    ledger: z.looseObject({ number: z.int(), previousManifest: z.string().nullable(), previousChain: z.string() }),
    timeline: z.array(z.looseObject({ kind: z.string(), atMs: count, epoch: count })),
    parameters: z.array(z.looseObject({ revision: count, atMs: count })),
    gaps: z.array(z.looseObject({ fromMs: count, toMs: count, reason: z.string() })),
    chains: z.array(
      z.looseObject({
        fileKey: z.string(),
        epoch: count,
        checks: z.array(z.looseObject({ faults: z.array(z.any()) })),
      }),
    ),
    files: z.array(
      z.looseObject({
        fileId: z.string().regex(/^\d{1,19}$/),
        name: z.string(),
        container: z.enum(['mp4', 'hls', 'aac']),
        state: z.string(),
        startMs: count,
        place: z.looseObject({ kind: z.string(), path: z.string().optional() }).optional(),
        digests: z
          .looseObject({ tracks: z.array(z.any()).optional(), segments: z.array(z.any()).optional() })
          .optional(),
      }),
    ),
    events: z.array(z.looseObject({ type: z.int() })),
  }),
  signature: z
    .looseObject({ algorithm: z.string(), keyId: z.string(), publicKey: z.string(), value: z.string() })
    .optional(),
});

/** A manifest as read: nobody has checked its signature, if it has one. */
export type ReadManifest = Pick<SignedManifest, 'manifest'> & Partial<SignedManifest>;

/** Reads a manifest's text. @throws Error saying what is wrong with it. */
export function parseManifest(text: string): ReadManifest {
  const parsed = shape.safeParse(JSON.parse(text));
  if (!parsed.success) throw new TypeError(`it is no manifest: ${z.prettifyError(parsed.error).split('\n')[0]}`);
  return parsed.data as unknown as ReadManifest;
}
