/** The baseline of bench/api.ts: a bare fastify route that parses the same JSON body and answers a fixed envelope. */
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';

const http = fastify();
http.post('/', (request, reply) => {
  const { SdkAppId = 0 } = request.body as { SdkAppId?: number };
  return reply.send({ Response: { TaskId: String(SdkAppId), RequestId: 'b9ffe8ba-7f3b-4d5a-9f0a-2f6f3c1f7d10' } });
});
await http.listen({ host: '127.0.0.1', port: 0 });
process.send?.({ port: (http.server.address() as AddressInfo).port });
process.on('disconnect', () => void http.close());
