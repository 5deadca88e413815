import { z } from 'zod';
import { taskId } from './fields.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';

const signedManifest = z.looseObject({
  manifest: z.looseObject({}).describe('What is known of the task; docs/guides/evidence.md says more.'),
  signature: z.looseObject({
    algorithm: z.literal('Ed25519'),
    keyId: z.string(),
    publicKey: z.string(),
    value: z.string().describe('Over the manifest in canonical JSON (RFC 8785), base64.'),
  }),
});

const without = { 404: 'The task has no manifest: it is unknown, or it has not ended.' } as const;

const manifest = defineRoute({
  method: 'GET',
  path: '/tasks/{taskId}/manifest',
  summary: 'Gives the signed manifest of a task that has ended.',
  description: 'It is written anew when something changes later, such as a file that is removed.',
  params: z.strictObject({ taskId }),
  answer: { status: 200, description: 'The manifest.', schema: signedManifest },
  problems: without,
  async handle({ params }, { evidence }) {
    const text = await evidence.manifest(params.taskId);
    if (text === undefined) throw new AdminProblem(404, without[404]);
    return JSON.parse(text) as z.input<typeof signedManifest>;
  },
});

const key = defineRoute({
  method: 'GET',
  path: '/evidence/key',
  summary: 'Gives the public key that manifests of this installation are signed with.',
  answer: {
    status: 200,
    description: 'The key.',
    schema: z.object({
      keyId: z.string().describe('SHA-256 of the key (SubjectPublicKeyInfo, DER) in hex digits.'),
      publicKey: z.string().describe('PEM.'),
    }),
  },
  handle: async (_input, { evidence }) => evidence.key,
});

/** Manifests of tasks, and the key that they are signed with. */
export const evidenceRoutes: readonly AdminRoute[] = [manifest, key];
