import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

export interface Received {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
  readonly type: number;
  readonly taskId: string;
}

/** A local receiver; `answer` decides what each message gets. */
export async function receiver(
  t: TestContext,
  answer: (message: Received, response: ServerResponse) => void,
): Promise<{ url: string; got: Received[] }> {
  const got: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const parsed = JSON.parse(body) as { EventType: number; EventInfo: { TaskId: string } };
      const { EventType: type, EventInfo } = parsed;
      const message = { body, headers: request.headers, type, taskId: EventInfo.TaskId };
      got.push(message);
      answer(message, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?a=1`, got };
}

/** Waits until the condition holds; the deadline only turns a hang into a failure. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await pause(2);
  }
}

/** Gives everything that is under way the chance to happen, to show that nothing more does. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 200; i += 1) await turn();
}
