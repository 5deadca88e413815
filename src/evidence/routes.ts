import type { FastifyInstance } from 'fastify';
import type { EvidenceRoom } from './evidence-room.ts';

/**
 * `GET …/tasks/{taskId}/manifest` and `GET …/evidence/key` under a prefix that its caller guards: 404 while the task has
 * no manifest.
 */
export function registerEvidence(scope: FastifyInstance, evidence: Pick<EvidenceRoom, 'manifest' | 'key'>): void {
  scope.get('/evidence/key', async () => evidence.key);
  // A wildcard, because the length of a named parameter is limited to less than an escaped TaskId may have.
  scope.get<{ Params: { '*': string } }>('/tasks/*', async ({ params }, reply) => {
    const taskId = /^([^/]+)\/manifest$/.exec(params['*'])?.[1];
    const text = taskId === undefined ? undefined : await evidence.manifest(taskId);
    if (text === undefined) return reply.code(404).send({ error: 'The task has no manifest: it is unknown, or runs.' });
    return reply.type('application/json').send(text);
  });
}
