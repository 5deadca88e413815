import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** What a path answers: bytes, or anything at all. */
export type Answer = Buffer | ((request: IncomingMessage, response: ServerResponse) => void);

/** A web server on loopback; counts what it was asked for. */
export async function serveImages(
  t: TestContext,
  answers: Readonly<Record<string, Answer>>,
): Promise<{ url: (path: string) => string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const answer = answers[path];
    if (!answer) response.writeHead(404).end('not here');
    else if (Buffer.isBuffer(answer)) response.end(answer);
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: (path) => `http://127.0.0.1:${port}${path}`, asked };
}
